import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManifestSourceGit } from '../../src/adapters/git/manifest-source-git.ts';
import { createTasks } from '../../src/app/tasks.ts';
import { syncJob } from '../../src/loop/jobs.ts';
import { InMemoryCodeHostApp, type InMemoryRepository } from '../../src/ports/in-memory/code-host.ts';
import { GitRemote } from '../contract/manifest-source/git-remote.ts';
import { serveGit } from '../contract/manifest-source/smart-http.ts';
import { FLEET, TestBot } from '../support/loop/bot.ts';
import { smallManifests } from '../support/loop/small-manifests.ts';

/** Of a remote that hangs; one that answers may take as long as it likes. */
const SILENCE_MS = 1_000;
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let remote: GitRemote;
let server: Server;
let source: ManifestSourceGit;
let mirrors: string;
let bot: TestBot;
let answer: Answer;
const well: Answer = (request, response) => serveGit(remote.folder, request, response);

beforeEach(async () => {
  remote = new GitRemote();
  remote.commit(smallManifests());
  answer = well;
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirrors = remote.folderFor('mirrors');
  source = sourceOf('main');
  bot = new TestBot();
  bot.loop = { ...bot.loop, ports: { ...bot.loop.ports, source: () => source } };
  bot.tasks = createTasks(bot.loop, () => undefined);
  await bot.tasks.install({});
  await bot.tasks.sync({ fleet: FLEET });
  bot.planes.seed([...(await bot.records()).desired.values()]);
  await bot.work();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await source.close();
  remote.remove();
});

const sourceOf = (defaultBranch: string): ManifestSourceGit =>
  new ManifestSourceGit({
    fleet: FLEET,
    cloneUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/remote.git`,
    defaultBranch,
    folder: mirrors,
    token: async () => 'token',
    remoteSilenceMsMax: SILENCE_MS,
  });

function answersWith(other: Answer): void {
  answer = other;
}

/** The webhook of a push comes; what fails is tried again for ten minutes by the clock of the test. */
async function pushed(): Promise<void> {
  await bot.store.enqueue([syncJob(FLEET)]);
  await bot.work();
}

const refuses =
  (status: number): Answer =>
  (_request, response) =>
    void response.writeHead(status).end();

/** The answer to what is fetched ends in the middle, as when the server is killed. */
const halfAPack: Answer = (request, response) => {
  if (!request.url?.endsWith('git-upload-pack')) return well(request, response);
  const end = response.end.bind(response);
  response.end = (chunk: unknown): ServerResponse => {
    if (Buffer.isBuffer(chunk)) response.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => response.destroy());
    else end();
    return response;
  };
  well(request, response);
};

it.each<[string, () => void, () => void]>([
  ['hangs', () => answersWith(() => undefined), () => undefined],
  ['answers 401', () => answersWith(refuses(401)), () => undefined],
  ['answers 403', () => answersWith(refuses(403)), () => undefined],
  ['answers 500', () => answersWith(refuses(500)), () => undefined],
  ['sends half a pack', () => answersWith(halfAPack), () => undefined],
  [
    'has lost its default branch',
    () => {
      remote.git('update-ref', 'refs/heads/saved', 'refs/heads/main');
      remote.deleteRef('refs/heads/main');
    },
    () => void remote.git('update-ref', 'refs/heads/main', 'refs/heads/saved'),
  ],
])('a git server that %s: nothing moves meanwhile, and the change is rolled out when it is well again', async (_what, breaks, heals) => {
  const before = await bot.store.fleet(FLEET);
  const first = remote.head('refs/heads/main') ?? '';
  remote.commit(smallManifests({ version: '3.8.1' }), { from: first });
  breaks();
  await pushed();
  await bot.pass(60_000);
  expect(bot.failures.length).toBeGreaterThan(0);
  expect(await bot.rollouts()).toEqual([]);
  expect((await bot.store.fleet(FLEET))?.goodHead).toBe(before?.goodHead);
  heals();
  answer = well;
  // What only a person could help is tried again at the next start, and when somebody asks for it.
  await pushed();
  await bot.passUntil((rollouts) => rollouts[0]?.status === 'completed');
  expect(await bot.rollouts()).toHaveLength(1);
  expect(['k-canary', 'k-one', 'k-two'].map((name) => bot.versionOf(name))).toEqual(['3.8.1', '3.8.1', '3.8.1']);
});

it('a default branch that is renamed: nothing moves for it, and what is merged under the new name is rolled out', async () => {
  const { installed } = bot.repository;
  const head = remote.head('refs/heads/main');
  remote.git('update-ref', 'refs/heads/trunk', 'refs/heads/main');
  remote.deleteRef('refs/heads/main');
  // Until it is known, there is nothing under the old name.
  await pushed();
  expect(bot.failures.length).toBeGreaterThan(0);
  bot.loop = {
    ...bot.loop,
    ports: { ...bot.loop.ports, app: new InMemoryCodeHostApp([renamed(bot.repository, { ...installed, defaultBranch: 'trunk' })]) },
  };
  bot.tasks = createTasks(bot.loop, () => undefined);
  await bot.tasks.install({});
  await source.close();
  source = sourceOf((await bot.store.fleet(FLEET))?.defaultBranch ?? '');
  await pushed();
  await bot.pass(60_000);
  expect(await bot.store.fleet(FLEET)).toMatchObject({ defaultBranch: 'trunk', seenHead: head, goodHead: head });
  expect(await bot.rollouts()).toEqual([]);
  expect(bot.repository.issues()).toEqual([]);
  remote.commit(smallManifests({ version: '3.8.1' }), { ref: 'refs/heads/trunk' });
  await pushed();
  await bot.passUntil((rollouts) => rollouts[0]?.status === 'completed');
  expect(await bot.rollouts()).toHaveLength(1);
  expect(['k-canary', 'k-one', 'k-two'].map((name) => bot.versionOf(name))).toEqual(['3.8.1', '3.8.1', '3.8.1']);
});

/** The same repository, that says this of itself. */
const renamed = (repository: InMemoryRepository, installed: InMemoryRepository['installed']): InMemoryRepository =>
  new Proxy(repository, {
    get: (own, name) => {
      if (name === 'installed') return installed;
      const value: unknown = Reflect.get(own, name, own);
      return typeof value === 'function' ? value.bind(own) : value;
    },
  });
