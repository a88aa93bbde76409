import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Probot } from 'probot';
import { CodeHostAppGitHub } from '../../../src/adapters/github/code-host-app-github.ts';
import { CodeHostGitHub } from '../../../src/adapters/github/code-host-github.ts';
import { githubClient } from '../../../src/adapters/github/octokit.ts';
import type { CountedRequest } from '../../../src/adapters/github/request-counter.ts';

import { trusted } from '../../../src/core/model/ids.ts';
import { startForge } from '../../../src/local/forge/forge.ts';
import type { Json } from '../../../src/local/forge/json.ts';
import type { Forge } from '../../../src/local/forge/options.ts';
import type { SeededRepository } from '../../../src/local/forge/seed.ts';
import type { CodeHostHarness, SeenCheck, SeenComment, SeenIssue } from './contract.ts';

const APP_ID = 4711;
const SILENT = { info: () => undefined, error: () => undefined };
const REPOSITORY = '/repos/acme/fleet';
const COLLABORATORS = [
  { login: 'ann', role: 'admin' },
  { login: 'bob', role: 'triage' },
  { login: 'mia', role: 'maintain' },
] as const;
const CREATION = {
  comment: '/repos/:owner/:repo/issues/:number/comments',
  check: '/repos/:owner/:repo/check-runs',
  issue: '/repos/:owner/:repo/issues',
};

/** The GitHub adapter with the local forge behind it. */
export interface GitHubHarness extends CodeHostHarness {
  readonly forge: Forge;
  readonly folder: string;
  readonly seeded: SeededRepository;
  /** Requests of the adapter, in order. */
  readonly sent: () => string[];
}

export async function startGitHub(): Promise<GitHubHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-code-host-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const privateKeyPem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const app = { id: APP_ID, slug: 'flotilla', privateKeyPem, webhookSecret: 'a secret of the test' };
  const forge = await startForge({ home: folder, port: 0, app, webhookUrl: () => undefined, log: SILENT });
  for (const login of ['ann', 'bob', 'mia', 'stranger']) forge.seedUser({ login });
  const seeded = await forge.seedRepository({
    owner: 'acme',
    name: 'fleet',
    files: new Map([
      ['fleet-manifests/a.yaml', 'a: 1\n'],
      ['fleet-manifests/deep/er/Our-Fleet.yml', 'apiVersion: flotilla.dev/v1\nkind: Fleet\n'],
      ['elsewhere/b.yaml', 'b: 1\n'],
    ]),
    author: 'ann',
    collaborators: COLLABORATORS,
    teams: { leads: ['ann'] },
    pull: { branch: 'change', title: 'Change a', body: 'b', author: 'ann', changes: new Map([['fleet-manifests/a.yaml', 'a: 2\n']]) },
  });
  await forge.seedRepository({
    owner: 'acme',
    name: 'no-issues',
    hasIssues: false,
    files: new Map([['a.yaml', '1']]),
    author: 'ann',
    collaborators: COLLABORATORS,
  });
  const counted: CountedRequest[] = [];
  const client = githubClient({ writeIntervalMs: 0, onRequest: (request) => counted.push(request) });
  const probot = new Probot({
    appId: APP_ID,
    privateKey: privateKeyPem,
    secret: app.webhookSecret,
    baseUrl: forge.apiUrl,
    logLevel: 'fatal',
    ...client,
  });
  const codeHostApp = new CodeHostAppGitHub((installation) => probot.auth(installation));
  const hostOf = (repo: string) =>
    new CodeHostGitHub({
      ...{ octokit: () => probot.auth(seeded.installationId), owner: 'acme', repo, appId: APP_ID },
      login: () => codeHostApp.login(),
    });
  const host = hostOf('fleet');
  const pull = seeded.pull ?? 0;
  const headSha = (await host.pull(pull))?.headSha ?? trusted.commit('0'.repeat(40));
  const people = new People(forge, pull, headSha);
  return {
    host,
    app: codeHostApp,
    missDelivery: async () => {
      await people.call('ann', 'PATCH', `/pulls/${pull}`, { body: 'Once more' });
      await forge.deliveriesIdle();
    },
    settle: () => forge.deliveriesIdle(),
    installed: {
      ...{ id: seeded.id, installation: seeded.installationId, owner: 'acme', name: 'fleet' },
      ...{ defaultBranch: 'main', cloneUrl: seeded.cloneUrl, pushedAt: '', closed: undefined },
    },
    pull,
    headSha,
    nowhere: hostOf('nowhere'),
    withoutIssues: hostOf('no-issues'),
    failCreation: (of, when) => forge.addFault({ method: 'POST', route: CREATION[of], when, status: 502, times: 1 }),
    comments: () => people.comments(),
    say: (author, body) => people.call(author, 'POST', `/issues/${pull}/comments`, { body }),
    reactions: (id) => people.reactions(id),
    deleteComment: (id) => people.call('ann', 'DELETE', `/issues/comments/${id}`),
    allChecks: (name) => people.checks(name, '&filter=all'),
    checks: (name) => people.checks(name, ''),
    issues: () => people.issues(),
    label: (issue, label) => people.call('ann', 'POST', `/issues/${issue}/labels`, { labels: [label] }),
    unlabel: (issue, label) => people.call('ann', 'DELETE', `/issues/${issue}/labels/${label}`),
    open: async (author, body) => {
      await people.call(author, 'POST', '/issues', { title: 'Mine', body });
      return (await people.issues())[0]?.number ?? 0;
    },
    buttons: async (name) => {
      const run = forge.store.checks.latestOf(seeded.id, headSha).find((one) => one.name === name);
      return (JSON.parse(run?.actions ?? '[]') as readonly { identifier: string }[]).map(({ identifier }) => identifier);
    },
    review: (login, verdict) => people.review(login, verdict),
    merge: async () => {
      await people.call('ann', 'PUT', `/pulls/${pull}/merge`, { merge_method: 'squash' });
      const merged = await people.see<{ merge_commit_sha: string }>(`/pulls/${pull}`);
      return trusted.commit(merged.merge_commit_sha);
    },
    stop: async () => {
      await forge.close();
      rmSync(folder, { recursive: true, force: true });
    },
    forge,
    folder,
    seeded,
    sent: () => counted.splice(0).map(({ method, route }) => `${method} ${route}`),
  };
}

/** What people do on the forge, and see there. */
class People {
  readonly #forge: Forge;
  readonly #pull: number;
  readonly #headSha: string;

  constructor(forge: Forge, pull: number, headSha: string) {
    this.#forge = forge;
    this.#pull = pull;
    this.#headSha = headSha;
  }

  async call(login: string, method: string, path: string, body?: Json): Promise<void> {
    await this.#forge.call(login, method, `${REPOSITORY}${path}`, body);
  }

  async see<T>(path: string): Promise<T> {
    const answer = await this.#forge.call('ann', 'GET', `${REPOSITORY}${path}`);
    return JSON.parse(JSON.stringify(answer.body)) as T;
  }

  async comments(): Promise<readonly SeenComment[]> {
    const all: SeenComment[] = [];
    for (let page = 1; ; page += 1) {
      const path = `/issues/${this.#pull}/comments?per_page=100&page=${page}`;
      const found = await this.see<{ id: number; body: string; user: { login: string } }[]>(path);
      all.push(...found.map(({ id, body, user }) => ({ id, body, author: user.login })));
      if (found.length < 100) return all;
    }
  }

  async review(login: string, verdict: 'approve' | 'ask-for-changes' | 'dismissed' | 'comment'): Promise<void> {
    const reviews = `/pulls/${this.#pull}/reviews`;
    if (verdict !== 'dismissed') {
      const event = ({ approve: 'APPROVE', 'ask-for-changes': 'REQUEST_CHANGES', comment: 'COMMENT' } as const)[verdict];
      await this.call(login, 'POST', reviews, { event, body: 'Looked at' });
      return;
    }
    const all = await this.see<{ id: number; state: string; user: { login: string } }[]>(`${reviews}?per_page=100`);
    const id = all.findLast(({ state, user }) => user.login === login && state === 'APPROVED')?.id;
    await this.call('ann', 'PUT', `${reviews}/${id}/dismissals`, { message: 'Looked at too early' });
  }

  async reactions(comment: number): Promise<readonly string[]> {
    const { reactions } = await this.see<{ reactions: Record<string, number | string> }>(`/issues/comments/${comment}`);
    return ['+1', '-1', 'eyes', 'rocket', 'confused'].filter((content) => reactions[content] === 1);
  }

  async checks(name: string, filter: string): Promise<readonly SeenCheck[]> {
    interface Run {
      readonly id: number;
      readonly status: string;
      readonly conclusion: string | null;
      readonly output: { readonly title: string; readonly annotations_count: number };
    }
    const path = `/commits/${this.#headSha}/check-runs?check_name=${encodeURIComponent(name)}${filter}`;
    const { check_runs: runs } = await this.see<{ check_runs: Run[] }>(path);
    return runs.map(({ id, status, conclusion, output }) => ({
      id,
      status: status === 'completed' ? 'completed' : 'in-progress',
      conclusion: conclusion ?? undefined,
      title: output.title,
      annotations: output.annotations_count,
    }));
  }

  async issues(): Promise<readonly SeenIssue[]> {
    const all = await this.see<(Omit<SeenIssue, 'labels'> & { labels: { name: string }[] })[]>('/issues?state=all&per_page=100');
    return all.map((issue) => ({ ...issue, body: issue.body ?? '', labels: issue.labels.map(({ name }) => name) }));
  }
}
