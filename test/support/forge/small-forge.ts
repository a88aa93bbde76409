import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startForge } from '../../../src/local/forge/forge.ts';
import type { Forge, ForgeOptions } from '../../../src/local/forge/options.ts';
import type { RepositorySeed } from '../../../src/local/forge/seed.ts';

export interface Delivered {
  /** `pull_request.opened`, `push`. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly payload: Record<string, unknown>;
  readonly text: string;
}

export interface Receiver {
  readonly url: string;
  readonly delivered: readonly Delivered[];
  /** What the next deliveries are answered with. */
  answerWith(status: number): void;
  clear(): void;
  close(): Promise<void>;
}

/** Stands for the bot: takes webhooks and remembers them. */
export async function startReceiver(): Promise<Receiver> {
  const delivered: Delivered[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const payload = JSON.parse(text) as Record<string, unknown>;
      const { action } = payload;
      const event = String(request.headers['x-github-event']);
      delivered.push({ name: typeof action === 'string' ? `${event}.${action}` : event, headers: request.headers, payload, text });
      response.writeHead(status).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    delivered,
    answerWith: (next) => {
      status = next;
    },
    clear: () => {
      delivered.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface SmallForge {
  readonly forge: Forge;
  readonly home: string;
  readonly receiver: Receiver;
  /** Tokens of alice (admin), bob (write) and eve (no role). */
  readonly tokens: { readonly alice: string; readonly bob: string; readonly eve: string };
  /** `http://bob:TOKEN@127.0.0.1:PORT/acme/fleet.git`: only for tests, where nobody else looks. */
  readonly remote: (login: 'alice' | 'bob' | 'eve') => string;
  close(): Promise<void>;
}

export const FILES: ReadonlyMap<string, string> = new Map([
  ['README.md', '# Fleet\n'],
  ['fleet/release.yaml', 'version: 3.7.0\nreplicas: 3\nflags: none\n'],
]);

const silent = { info: () => undefined, error: () => undefined };

export const FLEET: RepositorySeed = {
  owner: 'acme',
  name: 'fleet',
  files: FILES,
  author: 'alice',
  teams: { sre: ['bob'] },
  collaborators: [
    { login: 'alice', role: 'admin' },
    { login: 'bob', role: 'write' },
  ],
};

/** A forge with one repository, three people and a receiver of webhooks. */
export async function startSmallForge(more: Partial<ForgeOptions> = {}, seed: Partial<RepositorySeed> = {}): Promise<SmallForge> {
  const home = await mkdtemp(join(tmpdir(), 'flotilla-forge-'));
  const receiver = await startReceiver();
  const forge = await startForge({
    home,
    port: 0,
    app: { id: 42, slug: 'flotilla' },
    webhookUrl: () => receiver.url,
    log: silent,
    ...more,
  });
  const token = (login: string): string => forge.seedUser({ login }).token;
  const tokens = { alice: token('alice'), bob: token('bob'), eve: token('eve') };
  await forge.seedRepository({ ...FLEET, ...seed });
  return {
    forge,
    home,
    receiver,
    tokens,
    remote: (login) => `http://${login}:${tokens[login]}@${forge.url.slice('http://'.length)}/acme/fleet.git`,
    close: async () => {
      await forge.close();
      await receiver.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

const run = promisify(execFile);

/** git as a person runs it, with nothing of this machine's settings. @throws with what git wrote when it fails. */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Bob',
    GIT_AUTHOR_EMAIL: 'bob@users.noreply.forge.localhost',
    GIT_COMMITTER_NAME: 'Bob',
    GIT_COMMITTER_EMAIL: 'bob@users.noreply.forge.localhost',
  };
  return (await run('git', [...args], { cwd: directory, env, maxBuffer: 64 * 1_024 * 1_024 })).stdout;
}
