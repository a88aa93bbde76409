import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitFile } from '../support/forge/commit-file.ts';
import { git } from '../support/forge/small-forge.ts';
import { focusLine, look, openPage, startChromium, tabTo } from '../support/forge-pages/chromium.ts';
import { type PagesForge, RELEASE, RELEASE_TEXT, startPagesForge } from '../support/forge-pages/forge.ts';

/** Sets a flag if it runs anywhere, and loads from another host if it can. */
const HOSTILE = `"'><script>window.pwned=1</script><img src=http://evil.example/x onerror=window.pwned=1><svg onload=window.pwned=1>`;
const HOSTILE_FILE = 'fleet-manifests/<img src=x onerror=window.pwned=1>.yaml';
const LONG = 'kafka-'.repeat(60);

let browser: Browser;
let site: PagesForge;

beforeAll(async () => {
  browser = await startChromium();
  site = await startPagesForge(
    new Map([
      [RELEASE, RELEASE_TEXT],
      [HOSTILE_FILE, `name: ${HOSTILE}\n`],
      ['README.md', `# Fleet\n\n${HOSTILE}\n\n| a | b |\n|---|---|\n| ${LONG} | ${LONG} |\n`],
    ]),
  );
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const branch = (name: string, text: string, path = RELEASE): Promise<string> =>
  commitFile(site.forge, { by: 'alice', branch: name, path, text, message: `Change ${HOSTILE}` });

const openPull = async (head: string, title: string, body: string): Promise<{ readonly number: number; readonly sha: string }> => {
  const opened = await site.forge.call('alice', 'POST', '/repos/acme/fleet/pulls', { title, head, base: 'main', body });
  expect(opened.status).toBe(201);
  const pull = opened.body as unknown as { number: number; head: { sha: string } };
  return { number: pull.number, sha: pull.head.sha };
};

describe('a person with a keyboard only', () => {
  it('opens a pull request for a pushed branch, sees the check arrive, and merges', async () => {
    await commitFile(site.forge, {
      by: 'alice',
      branch: 'alice/urgent',
      path: RELEASE,
      text: `${RELEASE_TEXT}  urgency: hotfix\n`,
      message: 'Mark the release urgent',
    });
    const context = await browser.newContext();
    const { page, trouble } = await openPage(context, site.url);
    await page.goto(`${site.url}/acme/fleet`);

    // The first stop leads past the navigation.
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.locator(':focus').getAttribute('id')).toBe('main');

    await tabTo(page, page.getByRole('link', { name: 'Open a pull request' }));
    expect(await focusLine(page)).toBeGreaterThanOrEqual(2);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/compare/**');
    await tabTo(page, page.getByRole('button', { name: 'Open pull request' }));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/pull/*');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Mark the release urgent');
    expect(await page.locator('#checks').textContent()).toContain('No check on the newest commit');

    // Half a comment stands in the box while the check comes in.
    await tabTo(page, page.getByLabel('Comment as alice, in Markdown'));
    await page.keyboard.type('half a thought');
    const sha = await page.locator('input[name=sha]').getAttribute('value');
    const run = await site.asApp('POST', '/repos/acme/fleet/check-runs', {
      name: 'flotilla / plan',
      head_sha: sha,
      status: 'completed',
      conclusion: 'failure',
      output: {
        title: '1 error',
        summary: 'Not **valid**.',
        annotations: [
          {
            path: RELEASE,
            start_line: 8,
            end_line: 8,
            start_column: 3,
            end_column: 3,
            annotation_level: 'failure',
            message: 'no field urgency here',
            title: 'unknown-field',
          },
        ],
      },
    });
    await page.locator('#checks').getByText('no field urgency here').waitFor();
    expect(await page.locator('#checks .annotation').textContent()).toContain(`${RELEASE}:8:3`);
    expect(await page.getByLabel('Comment as alice, in Markdown').inputValue()).toBe('half a thought');

    // A check that passed is folded; Enter opens it.
    await site.asApp('PATCH', `/repos/acme/fleet/check-runs/${run['id']}`, {
      conclusion: 'success',
      output: { title: '1 cluster changes', summary: 'One cluster.' },
    });
    await page.reload();
    expect(await page.locator('#checks').getByText('One cluster.').isVisible()).toBe(false);
    await tabTo(page, page.locator('#checks summary'));
    await page.keyboard.press('Enter');
    expect(await page.locator('#checks').getByText('One cluster.').isVisible()).toBe(true);

    await tabTo(page, page.getByRole('radio', { name: 'Merge commit' }));
    await page.keyboard.press('ArrowDown');
    await tabTo(page, page.getByRole('button', { name: 'Merge pull request' }));
    expect(await focusLine(page)).toBeGreaterThanOrEqual(2);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Checks after the merge' }).waitFor();
    const tip = await git(`${site.forge.world.home}/git/acme/fleet.git`, 'log', '-1', '--format=%P|%s', 'main');
    expect(tip).toMatch(/^[0-9a-f]{40}\|Mark the release urgent \(#1\)\n$/);
    expect(trouble).toEqual([]);
    await context.close();
  });
});

/** Puts hostile and very long text wherever a user can put text. @returns the pages that show it. */
async function spreadHostileText(): Promise<readonly string[]> {
  await branch('alice/hostile', `# ${HOSTILE} ${LONG}\n`, HOSTILE_FILE);
  const body = `${HOSTILE}\n\n${LONG}\n\n\`\`\`\n${LONG} ${LONG}\n\`\`\``;
  const { number, sha } = await openPull('alice/hostile', `${HOSTILE} ${LONG.slice(0, 100)}`, body);
  const comment = { body: `<details open><summary>${HOSTILE}</summary>\n\n${HOSTILE}</details>` };
  expect((await site.forge.call('eve', 'POST', `/repos/acme/fleet/issues/${number}/comments`, comment)).status).toBe(201);
  const place = { path: HOSTILE_FILE, start_line: 1, end_line: 1, annotation_level: 'warning' };
  const annotations = [{ ...place, message: `${HOSTILE}${LONG}`, title: HOSTILE, raw_details: `${HOSTILE} ${LONG}` }];
  const run = await site.asApp('POST', '/repos/acme/fleet/check-runs', {
    name: `check ${HOSTILE}`,
    head_sha: sha,
    status: 'completed',
    conclusion: 'action_required',
    details_url: 'https://evil.example/',
    actions: [{ label: '<b>Approve</b>', description: '<img src=x>', identifier: 'a"><script>' }],
    output: { title: HOSTILE, summary: HOSTILE, text: HOSTILE, annotations },
  });
  const table = `| ${LONG} | ${LONG} |\n|---|---|\n| 1 | 2 |`;
  const issue = await site.asApp('POST', '/repos/acme/fleet/issues', { title: HOSTILE, body: `${HOSTILE}\n\n${table}` });
  const repository = [
    '',
    '/pulls',
    '/pulls?state=closed',
    '/issues',
    '/compare',
    `/pull/${number}`,
    `/issues/${issue['number']}`,
    `/runs/${run['id']}`,
    '/compare/main...alice/hostile',
  ];
  return ['/', '/_forge/deliveries', ...repository.map((path) => `/acme/fleet${path}`)];
}

describe('text of users', () => {
  let paths: readonly string[] = [];

  beforeAll(async () => {
    paths = await spreadHostileText();
  });

  it.each([
    ['a screen', 1280, 'light'],
    ['a screen in the dark', 1280, 'dark'],
    ['a phone', 390, 'light'],
    ['a phone in the dark', 390, 'dark'],
  ] as const)('runs nothing, loads nothing and widens nothing on %s', async (_name, width, colorScheme) => {
    const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
    const { page, trouble } = await openPage(context, site.url);
    for (const path of paths) {
      const answer = await page.goto(`${site.url}${path}`);
      const { brightness, ...seen } = await look(page);
      expect({ path, status: answer?.status(), ...seen }).toEqual({ path, status: 200, pwned: false, overflow: 0, loaded: 0 });
      expect(brightness < 128).toBe(colorScheme === 'dark');
    }
    expect(trouble).toEqual([]);
    await context.close();
  });

  it('cannot run even when it stands in the page, because of its policy', async () => {
    const context = await browser.newContext();
    const { page, trouble } = await openPage(context, site.url);
    await page.route('**/acme/fleet/pulls', async (route) => {
      const response = await route.fetch();
      const text = (await response.text()).replace('</main>', '<script>window.pwned=1</script><img src=x onerror=window.pwned=1></main>');
      await route.fulfill({ response, body: text });
    });
    await page.goto(`${site.url}/acme/fleet/pulls`);
    expect(await look(page)).toMatchObject({ loaded: 1, pwned: false });
    expect(trouble.join('\n')).toContain('Content Security Policy');
    await context.close();
  });
});

describe('without scripts', () => {
  it('everything can be read and done', async () => {
    await branch('bob/plain', `${RELEASE_TEXT}# plain\n`);
    const { number } = await openPull('bob/plain', 'Plain', '');
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${site.url}/acme/fleet/pull/${number}`);
    await page.getByLabel('Signed in as').selectOption('bob');
    await page.getByRole('button', { name: 'Switch' }).click();
    await page.getByLabel('Comment as bob, in Markdown').fill('fine');
    await page.getByRole('button', { name: 'Comment', exact: true }).click();
    expect(await page.locator('.comment').last().textContent()).toContain('fine');
    await page.getByRole('button', { name: 'Close pull request' }).click();
    expect(await page.locator('.page-state').textContent()).toContain('Closed');
    await context.close();
  });
});
