import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAppManifest } from '../../../src/app/app-manifest.ts';
import { main } from '../../../src/cli/main.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const PEM = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const MANIFEST = readAppManifest();
const CODE = 'a180b1a3d263c81bc6441d7b990bae27d4c10679';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** The part of GitHub that setup and doctor speak to. */
class GitHub {
  readonly asked: Asked[] = [];
  readonly app = {
    id: 4711,
    slug: 'flotilla-test',
    node_id: 'x',
    owner: { login: 'acme', id: 1, type: 'Organization' },
    name: 'Flotilla test',
    description: null,
    external_url: 'https://flotilla.example.com',
    html_url: 'https://github.example.com/apps/flotilla-test',
    created_at: '2026-11-21T06:00:00Z',
    updated_at: '2026-11-21T06:00:00Z',
    permissions: { ...MANIFEST.default_permissions } as Record<string, string>,
    events: [...MANIFEST.default_events],
  };
  hook: Record<string, string> = {
    url: 'https://flotilla.example.com/api/github/webhooks',
    content_type: 'json',
    insecure_ssl: '0',
    secret: '********',
  };
  installations: object[] = [];
  deliveries: object[] = [];
  clockAheadMs = 0;
  code = CODE;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(
      (request, response) =>
        void this.#answer(request).then(({ status, body }) => {
          const date = new Date(Date.now() + this.clockAheadMs).toUTCString();
          response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', date }).end(JSON.stringify(body));
        }),
    );
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body: unknown }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = (request.url ?? '').replace(/^\/api\/v3/, '').replace(/\?.*$/, '');
    const { method = '', headers } = request;
    this.asked.push({ method, path, authorization: headers.authorization, body: Buffer.concat(chunks).toString() });
    switch (`${method} ${path}`) {
      case `POST /app-manifests/${this.code}/conversions`:
        this.code = 'spent';
        return {
          status: 201,
          body: {
            ...this.app,
            client_id: 'Iv1.x',
            client_secret: 'c',
            webhook_secret: 'a secret with "letters" in it'.replaceAll('"', ''),
            pem: PEM,
          },
        };
      case 'GET /app':
        return { status: 200, body: this.app };
      case 'GET /app/hook/config':
        return { status: 200, body: this.hook };
      case 'GET /app/installations':
        return { status: 200, body: this.installations };
      case 'GET /app/hook/deliveries':
        return { status: 200, body: this.deliveries };
      case 'GET /data-planes/aws-eu-west-1/clusters':
        return { status: 200, body: { observations: [] } };
      case 'POST /repos/acme/fleet/rulesets':
        return headers.authorization === 'Bearer admin'
          ? { status: 201, body: { id: 99, name: 'Flotilla' } }
          : { status: 403, body: { message: 'no' } };
      default:
        return { status: 404, body: { message: 'Not Found' } };
    }
  }
}

let github: GitHub;
let folder: string;
beforeEach(async () => {
  github = new GitHub();
  await github.start();
  folder = mkdtempSync(join(tmpdir(), 'flotilla-setup-'));
});
afterEach(async () => {
  await github.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function flotilla(argv: readonly string[], env: Record<string, string> = {}, onOut: (text: string) => void = () => undefined) {
  const said = { out: '', err: '' };
  const io = {
    out: (text: string) => {
      said.out += text;
      onOut(text);
    },
    err: (text: string) => {
      said.err += text;
    },
    cwd: folder,
    env,
  };
  return { code: await main(argv, io), ...said };
}

/** What a browser and a person do: open the page, post its form, and follow GitHub's redirect. */
async function person(
  page: string,
  answer: (form: {
    readonly action: string;
    readonly manifest: Record<string, unknown>;
    readonly state: string;
  }) => string | Promise<string>,
) {
  const html = await (await fetch(page)).text();
  const action = /action="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const manifest = JSON.parse(
    (/value="([^"]*)"/.exec(html)?.[1] ?? '').replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&'),
  );
  const next = await answer({ action, manifest, state: new URL(action).searchParams.get('state') ?? '' });
  return fetch(next);
}

function setUp(more: readonly string[], answer: Parameters<typeof person>[1], env: Record<string, string> = {}) {
  const visits: Promise<Response>[] = [];
  const pages: string[] = [];
  const done = flotilla(
    ['setup', '--url', 'https://flotilla.example.com', '--host', github.url, '--name', 'ours', ...more],
    env,
    (text) => {
      const page = /^Open this page.*\n\n {4}(http:\/\/127\.0\.0\.1:\d+\/\S+)/.exec(text)?.[1];
      if (page === undefined) return;
      pages.push(page);
      visits.push(person(page, answer));
    },
  );
  return { done, visits, pages };
}

const comeBack: Parameters<typeof person>[1] = ({ manifest, state }) => `${String(manifest['redirect_url'])}?code=${CODE}&state=${state}`;

describe('setup', () => {
  it('sends a person to GitHub with the manifest, and keeps what comes back where only they can read it', async () => {
    let posted: { readonly action: string; readonly manifest: Record<string, unknown> } | undefined;
    const { done } = setUp(['--org', 'acme'], (form) => {
      posted = form;
      return comeBack(form);
    });
    const { code, out, err } = await done;
    expect([code, err]).toEqual([0, '']);
    expect(posted?.action).toMatch(new RegExp(`^${github.url}/organizations/acme/settings/apps/new\\?state=[A-Za-z0-9_-]{32}$`));
    expect(posted?.manifest).toMatchObject({
      name: 'ours',
      url: 'https://flotilla.example.com',
      public: false,
      hook_attributes: { url: 'https://flotilla.example.com/api/github/webhooks', active: true },
      default_permissions: MANIFEST.default_permissions,
      default_events: MANIFEST.default_events,
    });
    for (const file of ['flotilla.env', 'flotilla.pem']) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'flotilla.pem'), 'utf8')).toBe(PEM);
    expect(parseEnv(readFileSync(join(folder, 'flotilla.env'), 'utf8'))).toMatchObject({
      APP_ID: '4711',
      PRIVATE_KEY_PATH: join(folder, 'flotilla.pem'),
      WEBHOOK_SECRET: 'a secret with letters in it',
      GITHUB_API_URL: `${github.url}/api/v3`,
      FLOTILLA_PUBLIC_URL: 'https://flotilla.example.com',
    });
    for (const secret of ['a secret with letters', 'PRIVATE KEY']) expect(out).not.toContain(secret);
    expect(out).toContain('https://github.example.com/apps/flotilla-test/installations/new');
    expect(out).toContain('gh api repos/OWNER/NAME/rulesets --input flotilla-ruleset.json');
    expect(out).toContain('✓ permissions');
    expect(JSON.parse(readFileSync(join(folder, 'flotilla-ruleset.json'), 'utf8'))).toMatchObject({
      conditions: { ref_name: { include: ['~DEFAULT_BRANCH'] } },
      rules: [{ parameters: { required_status_checks: [{ context: 'flotilla / plan', integration_id: 4711 }] } }],
    });
  });

  it('makes the ruleset with the token of an administrator, and says so when it may not', async () => {
    const made = await setUp(['--repo', 'acme/fleet'], comeBack, { GITHUB_TOKEN: 'admin' }).done;
    expect(made.out).toContain('The check is required in acme/fleet, and pinned to the app (ruleset 99)');
    expect(JSON.parse(github.asked.find(({ path }) => path.endsWith('/rulesets'))?.body ?? '')).toMatchObject({
      enforcement: 'active',
      target: 'branch',
    });
    github.code = CODE;
    const refused = await setUp(['--repo', 'acme/fleet', '--dir', mkdtempSync(join(folder, 'b-'))], comeBack, { GITHUB_TOKEN: 'somebody' })
      .done;
    expect(refused).toMatchObject({ code: 0, out: expect.stringContaining('GitHub did not make the ruleset (403)') });
  });

  it('takes no answer that it did not ask for', async () => {
    const { done, visits, pages } = setUp([], ({ manifest }) => `${String(manifest['redirect_url'])}?code=${CODE}&state=forged`);
    await expect.poll(() => visits.length).toBe(1);
    const visit = await visits[0];
    expect(visit?.status).toBe(400);
    expect(github.asked).toEqual([]);
    expect((await fetch(new URL('/', pages[0]))).status).toBe(404);
    // The person's own answer still counts.
    await person(pages[0] ?? '', comeBack);
    expect((await done).code).toBe(0);
  });

  it('leaves nothing behind when the code is spent', async () => {
    github.code = 'spent';
    const { code, err } = await setUp([], comeBack).done;
    expect([code, readdirSync(folder)]).toEqual([1, []]);
    expect(err).toContain('a code lives for an hour and works once');
  });

  it('overwrites no credentials, and registers nothing then', async () => {
    writeFileSync(join(folder, 'flotilla.pem'), 'mine');
    const { code, err } = await flotilla(['setup', '--url', 'https://flotilla.example.com', '--host', github.url]);
    expect([code, readdirSync(folder)]).toEqual([2, ['flotilla.pem']]);
    expect(err).toContain('flotilla.pem already exists');
    expect(github.asked).toEqual([]);
  });

  it.each([
    [[], '--url'],
    [['--url', 'flotilla.example.com'], 'https://'],
    [['--url', 'https://a.example', '--repo', 'acme'], 'OWNER/NAME'],
    [['--url', 'https://a.example', '--org', 'a/b'], '--org'],
  ])('refuses %j', async (argv, want) => {
    expect(await flotilla(['setup', ...argv])).toMatchObject({ code: 2, err: expect.stringContaining(want) });
  });
});

describe('doctor', () => {
  const environment = (more: Record<string, string> = {}): Record<string, string> => ({
    APP_ID: '4711',
    PRIVATE_KEY: PEM,
    WEBHOOK_SECRET: 'a secret with letters in it',
    GITHUB_API_URL: `${github.url}/api/v3`,
    FLOTILLA_PUBLIC_URL: 'https://flotilla.example.com',
    ...more,
  });
  async function findings(env = environment(), more: readonly string[] = []) {
    const { code, out } = await flotilla(['doctor', '--format', 'json', ...more], env);
    const list = JSON.parse(out) as readonly {
      readonly name: string;
      readonly state: string;
      readonly detail: string;
      readonly fix?: string;
    }[];
    for (const { state, fix } of list) expect(fix === undefined).toBe(state === 'ok');
    return { code, of: (name: string) => list.filter((one) => one.name === name).map(({ state, detail }) => `${state}: ${detail}`), list };
  }
  const delivery = (id: number, guid: string, status: number) => ({
    id,
    guid,
    delivered_at: '2026-11-21T06:00:00Z',
    redelivery: false,
    duration: 0.1,
    status: status === 202 ? 'OK' : 'failed to connect to host',
    status_code: status,
    event: 'push',
    action: null,
    installation_id: 1,
    repository_id: 1,
    throttled_at: null,
  });

  it('finds an app fine that has all it needs', async () => {
    github.deliveries = [delivery(2, 'b', 202), delivery(1, 'a', 202)];
    const { of } = await findings();
    for (const name of ['app', 'clock', 'permissions', 'events', 'webhook settings', 'deliveries', 'database']) {
      expect([name, ...of(name)]).toEqual([name, expect.stringMatching(/^ok: /)]);
    }
    expect(of('installations')).toEqual(['warning: the app is installed nowhere']);
    expect(github.asked.every(({ authorization }) => authorization?.startsWith('bearer ey'))).toBe(true);
  });

  it('names permissions and events that are missing', async () => {
    github.app.permissions['checks'] = 'read';
    delete github.app.permissions['issues'];
    github.app.events = github.app.events.filter((event) => event !== 'push');
    const { code, of } = await findings();
    expect(code).toBe(1);
    expect(of('permissions')).toEqual(['error: the app lacks checks: write, issues: write']);
    expect(of('events')).toEqual(['error: the app lacks push']);
  });

  it('names installations that are suspended, or have not accepted', async () => {
    const installation = {
      id: 7,
      account: { login: 'acme' },
      html_url: 'https://x',
      repository_selection: 'selected',
      permissions: MANIFEST.default_permissions,
      suspended_at: null,
    };
    github.installations = [
      installation,
      { ...installation, id: 8, account: { login: 'slow' }, permissions: { ...MANIFEST.default_permissions, checks: 'read' } },
      { ...installation, id: 9, account: { login: 'gone' }, suspended_at: '2026-11-21T06:00:00Z' },
    ];
    const { of } = await findings();
    expect(of('installation acme')).toEqual(['ok: selected repositories']);
    expect(of('installation slow')).toEqual(['error: has not accepted checks: write']);
    expect(of('installation gone')).toEqual(['error: suspended: Flotilla does not look at it']);
  });

  it.each([
    [90_000, 'error: this machine is 90 s behind GitHub'],
    [-90_000, 'error: this machine is 90 s ahead of GitHub'],
  ])('compares the clock with that of GitHub, %d ms ahead', async (aheadMs, want) => {
    github.clockAheadMs = aheadMs;
    const [clock] = (await findings()).of('clock');
    expect(clock?.replace(/\d+ s/, '90 s')).toContain(want);
  });

  it('compares where webhooks go, and in which form', async () => {
    github.hook = { url: 'https://old.example.com/api/github/webhooks', content_type: 'form', insecure_ssl: '1' };
    expect((await findings()).of('webhook settings')).toEqual([
      'error: webhooks go to https://old.example.com/api/github/webhooks, and not to https://flotilla.example.com/api/github/webhooks',
      'error: the content type is form',
      'warning: certificates are not checked',
    ]);
  });

  it('tells deliveries that fail now from those that failed before', async () => {
    github.deliveries = [delivery(3, 'c', 502), delivery(2, 'b', 202), delivery(1, 'a', 202)];
    expect((await findings()).of('deliveries')).toEqual([
      expect.stringMatching(/^error: 1 of the last 3 did not arrive; the newest, push at .*: 502 failed/),
    ]);
    github.deliveries = [delivery(4, 'd', 202), delivery(3, 'c', 202), delivery(2, 'b', 502), delivery(1, 'c', 502)];
    expect((await findings()).of('deliveries')).toEqual([expect.stringMatching(/^warning: 1 of the last 4 did not arrive/)]);
  });

  it('says that the address is missing, or of a private network', async () => {
    const { FLOTILLA_PUBLIC_URL: _, ...without } = environment();
    expect((await findings(without)).of('public address')).toEqual([expect.stringMatching(/^error: FLOTILLA_PUBLIC_URL is not set/)]);
    const { of } = await findings(environment({ FLOTILLA_PUBLIC_URL: `${github.url}` }));
    expect(of('public address')).toEqual([expect.stringContaining('is not encrypted'), expect.stringContaining('/livez answers with 404')]);
  });

  it('says what a database, a data plane and credentials that are refused lack', async () => {
    const { of, code } = await findings(environment({ DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' }), [
      '--manifests',
      join(import.meta.dirname, '../../../fleet-manifests'),
    ]);
    expect(code).toBe(1);
    expect(of('database')).toEqual([expect.stringMatching(/^error: it does not answer/)]);
    expect(of('data plane aws-eu-west-1')).toEqual([expect.stringContaining('FLOTILLA_SIMULATED_URL holds no address')]);
    expect((await findings(environment({ GITHUB_API_URL: `${github.url}/api/v3/elsewhere` }))).of('app')).toEqual([
      expect.stringMatching(/^error: GitHub does not accept the credentials/),
    ]);
  });

  it('asks every data plane of the manifests', async () => {
    const manifests = ['--manifests', join(import.meta.dirname, '../../../fleet-manifests')];
    const reached = await findings(environment({ FLOTILLA_SIMULATED_URL: github.url }), manifests);
    expect(reached.of('data plane aws-eu-west-1')).toEqual(['ok: answers, with 0 clusters']);
    expect(reached.of('data plane gcp-us-central1')).toEqual([
      expect.stringMatching(/^error: .*data plane gcp-us-central1 did not understand us/),
    ]);
    const gone = await findings(environment({ FLOTILLA_SIMULATED_URL: 'http://127.0.0.1:1' }), manifests);
    expect(gone.of('data plane aws-eu-west-1')).toEqual([expect.stringMatching(/^error: .*data plane aws-eu-west-1 does not answer/)]);
  });

  it('reads the file that setup writes, and says what is wrong without credentials', async () => {
    expect((await flotilla(['doctor'])).out).toContain('no GitHub credentials are set');
    writeFileSync(join(folder, 'flotilla.env'), 'APP_ID=x\n');
    expect(await flotilla(['doctor'])).toMatchObject({ code: 1, out: expect.stringContaining('✗ settings: APP_ID must be the number') });
    expect(await flotilla(['doctor', '--env', 'nowhere'])).toMatchObject({ code: 2 });
  });
});
