import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Probot } from 'probot';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CodeHostAppGitHub } from '../../../src/adapters/github/code-host-app-github.ts';
import { CodeHostGitHub } from '../../../src/adapters/github/code-host-github.ts';
import { githubClient } from '../../../src/adapters/github/octokit.ts';
import { type CountedRequest, routeOf } from '../../../src/adapters/github/request-counter.ts';
import { APP_ID, LOGIN } from './fake-fetch.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
/** So much longer than the work itself takes that it cannot be taken for a wait. */
const HOUR_MS = 3_600_000;
const BASE = 'http://forge.test/api/v3';

interface Seen {
  readonly line: string;
  readonly authorization: string | null;
}

/** A Probot whose network is a function from `METHOD path` to the body of the answer. */
function probotOver(answer: (line: string) => object, writeIntervalMs = 0) {
  const seen: Seen[] = [];
  const counted: CountedRequest[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input));
    expect(url.origin).toBe('http://forge.test');
    const line = `${init?.method ?? 'GET'} ${url.pathname.replace('/api/v3', '')}`;
    seen.push({ line, authorization: new Headers(init?.headers).get('authorization') });
    const token = /^POST \/app\/installations\/(\d+)\/access_tokens$/.exec(line);
    const body = token === null ? answer(line) : { token: `token-${token[1]}`, expires_at: '2099-01-01T00:00:00Z', permissions: {} };
    const response = Response.json(body, { status: init?.method === 'POST' ? 201 : 200 });
    return Object.defineProperty(response, 'url', { value: String(input) });
  };
  const client = githubClient({ writeIntervalMs, fetch, onRequest: (request) => counted.push(request) });
  const probot = new Probot({ appId: APP_ID, privateKey, secret: 'a secret of the test', baseUrl: BASE, logLevel: 'fatal', ...client });
  return { probot, seen, counted };
}

/** Under fake timers: work that waits for nothing but its turn is done after so many of them, and as many milliseconds. */
async function turns(count = 50): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await vi.advanceTimersByTimeAsync(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const hostOf = (probot: Probot, installation: number): CodeHostGitHub =>
  new CodeHostGitHub({ octokit: () => probot.auth(installation), owner: 'acme', repo: 'fleet', appId: APP_ID, login: async () => LOGIN });

describe('Probot with our Octokit', () => {
  afterEach(() => void vi.useRealTimers());

  it('gives a token for git from the address it was given, each installation its own', async () => {
    const { probot, seen } = probotOver(() => ({}));
    expect(await hostOf(probot, 5).gitToken()).toBe('token-5');
    expect(await hostOf(probot, 6).gitToken()).toBe('token-6');
    expect(seen.map(({ line }) => line)).toEqual(['POST /app/installations/5/access_tokens', 'POST /app/installations/6/access_tokens']);
  });

  it('asks as the installation, and counts every request on the wire', async () => {
    const { probot, seen, counted } = probotOver(() => ({ default_branch: 'main', clone_url: 'http://forge.test/acme/fleet.git' }));
    const host = hostOf(probot, 5);
    expect(await host.repository()).toEqual({ defaultBranch: 'main', cloneUrl: 'http://forge.test/acme/fleet.git' });
    await host.repository();
    expect(seen.map(({ authorization }) => authorization).slice(1)).toEqual(['token token-5', 'token token-5']);
    expect(counted).toEqual([
      { method: 'POST', route: '/app/installations/{id}/access_tokens', status: 201 },
      { method: 'GET', route: '/repos/{owner}/{repo}', status: 200 },
      { method: 'GET', route: '/repos/{owner}/{repo}', status: 200 },
    ]);
  });

  it('lists installations, and the repositories of each, with those that cannot be written as such', async () => {
    const repository = (name: string, fields: object = {}) => ({
      id: 12,
      name,
      owner: { login: 'acme' },
      default_branch: 'main',
      clone_url: `http://forge.test/acme/${name}.git`,
      pushed_at: null,
      archived: false,
      disabled: false,
      ...fields,
    });
    const { probot, seen } = probotOver((line) =>
      line.startsWith('GET /app/installations')
        ? [
            { id: 5, suspended_at: null },
            { id: 6, suspended_at: '2026-01-01T00:00:00Z' },
          ]
        : {
            total_count: 3,
            repositories: [repository('fleet'), repository('old', { archived: true }), repository('off', { disabled: true })],
          },
    );
    const app = new CodeHostAppGitHub((installation) => probot.auth(installation));
    expect(await app.installations()).toEqual([
      { id: 5, isSuspended: false },
      { id: 6, isSuspended: true },
    ]);
    const common = { id: 12, installation: 5, owner: 'acme', defaultBranch: 'main', pushedAt: '' };
    expect(await app.repositories(5)).toEqual([
      { ...common, name: 'fleet', cloneUrl: 'http://forge.test/acme/fleet.git', closed: undefined },
      { ...common, name: 'old', cloneUrl: 'http://forge.test/acme/old.git', closed: 'archived' },
      { ...common, name: 'off', cloneUrl: 'http://forge.test/acme/off.git', closed: 'disabled' },
    ]);
    expect(seen.find(({ line }) => line === 'GET /app/installations')?.authorization).toMatch(/^bearer eyJ/);
    expect(seen.find(({ line }) => line === 'GET /installation/repositories')?.authorization).toBe('token token-5');
  });

  it.each([301, 302, 307, 308])(
    'does not go where a repository has moved (%i), and does not take the answer for its own',
    async (status) => {
      const asked: string[] = [];
      const server = createServer((request, response) => {
        if (request.url?.endsWith('/access_tokens') === true) {
          response.writeHead(201, { 'content-type': 'application/json' });
          response.end('{"token":"t","expires_at":"2099-01-01T00:00:00Z","permissions":{}}');
          return;
        }
        asked.push(`${request.method} ${request.url}`);
        response.writeHead(status, { location: '/api/v3/repositories/7/elsewhere', 'content-type': 'application/json' });
        response.end('{"default_branch":"theirs","clone_url":"theirs"}');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`;
        const client = githubClient({ writeIntervalMs: 0 });
        const host = hostOf(
          new Probot({ appId: APP_ID, privateKey, secret: 'a secret of the test', baseUrl, logLevel: 'fatal', ...client }),
          5,
        );
        await expect(host.repository()).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
        await expect(host.writeComment({ pull: 1, id: 7, body: 'text', marker: 'm' })).rejects.toMatchObject({ name: 'PortError' });
        expect(asked).toEqual(['GET /api/v3/repos/acme/fleet', 'PATCH /api/v3/repos/acme/fleet/issues/comments/7']);
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );

  it('paces the writes of one installation, and lets another go ahead', async () => {
    const { probot, seen } = probotOver(() => ({ id: 1, number: 1, output: { annotations_count: 0 } }), HOUR_MS);
    // The tokens first: a write waits for its own.
    await Promise.all([hostOf(probot, 5).repository(), hostOf(probot, 6).repository()]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const write = (installation: number, pull: number) =>
      hostOf(probot, installation).writeComment({ pull, id: pull, body: 'text', marker: 'm' });
    const writes = Promise.all([write(5, 1), write(5, 2), write(5, 3), write(6, 4)]);
    const sent = () =>
      seen.filter(({ line }) => line.startsWith('PATCH')).map(({ line, authorization }) => `${line.at(-1)} ${authorization}`);
    const untilSent = async (count: number) => {
      while (sent().length < count) await turns(1);
      await turns();
      return sent().slice(count - 1);
    };
    await untilSent(2);
    expect(sent().sort()).toEqual(['1 token token-5', '4 token token-6']);
    await vi.advanceTimersByTimeAsync(HOUR_MS / 2);
    await turns();
    expect(sent()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(HOUR_MS / 2);
    expect(await untilSent(3)).toEqual(['2 token token-5']);
    await vi.advanceTimersByTimeAsync(HOUR_MS / 2);
    await turns();
    expect(sent()).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(HOUR_MS / 2);
    expect(await untilSent(4)).toEqual(['3 token token-5']);
    await writes;
  });
});

describe('an answer that does not end', () => {
  const client = (fetch: typeof globalThis.fetch) =>
    new (githubClient({ writeIntervalMs: 0, fetch }).Octokit)({ auth: { token: 't' }, retry: { enabled: false } });

  it('is an error and never an empty text', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"id":'));
        controller.error(new TypeError('terminated'));
      },
    });
    const octokit = client(async () => new Response(broken, { status: 201, headers: { 'content-type': 'application/json' } }));
    await expect(octokit.rest.checks.create({ owner: 'a', repo: 'b', name: 'c', head_sha: 'd' })).rejects.toThrow('terminated');
  });

  it('is given up when it grows without end', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(4 * 1024 * 1024));
      },
    });
    const octokit = client(async () => new Response(endless));
    await expect(octokit.rest.meta.root()).rejects.toThrow('more than');
    expect(sent).toBeLessThan(25);
  });
});

describe('routeOf', () => {
  it.each([
    ['https://api.github.com/repos/acme/fleet/issues/12/comments?per_page=100', '/repos/{owner}/{repo}/issues/{id}/comments'],
    ['http://127.0.0.1:4000/api/v3/repos/repos/commits/commits/abc/check-runs', '/repos/{owner}/{repo}/commits/{ref}/check-runs'],
    ['https://api.github.com/repos/acme/fleet', '/repos/{owner}/{repo}'],
    ['https://api.github.com/repos/a/b/collaborators/x%2Fy/permission', '/repos/{owner}/{repo}/collaborators/{username}/permission'],
    ['https://api.github.com/app/installations/5/access_tokens', '/app/installations/{id}/access_tokens'],
    ['https://api.github.com/installation/repositories', '/installation/repositories'],
  ])('%s', (url, route) => expect(routeOf(url)).toBe(route));
});
