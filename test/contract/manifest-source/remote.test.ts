import { execFileSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManifestSourceGit } from '../../../src/adapters/git/manifest-source-git.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { GitRemote } from './git-remote.ts';
import { serveGit } from './smart-http.ts';

/** Of a remote that hangs; one that answers may take as long as it likes. */
const SILENCE_MS = 400;
const SECRET = 'ghs_averysecrettokenofthetest';
const BASIC = Buffer.from(`x-access-token:${SECRET}`).toString('base64');

let remote: GitRemote;
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let sources: ManifestSourceGit[];

beforeEach(async () => {
  remote = new GitRemote();
  sources = [];
  answer = (_, response) => response.end();
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  for (const source of sources) await source.close();
  remote.remove();
});

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/acme/fleet.git`;

function open(options: Partial<ConstructorParameters<typeof ManifestSourceGit>[0]> = {}): ManifestSourceGit {
  const source = new ManifestSourceGit({
    fleet: trusted.fleet('acme/fleet'),
    cloneUrl: address(),
    defaultBranch: 'main',
    folder: remote.folderFor('mirrors'),
    token: async () => SECRET,
    ...options,
  });
  sources.push(source);
  return source;
}

const gitProcesses = (): string =>
  execFileSync('sh', ['-c', `ps -A -o args= | grep -F '${address()}' | grep -v grep || true`], { encoding: 'utf8' });

async function failureOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it should have failed');
}

describe('a remote that hangs', () => {
  it.each<[string, typeof answer]>([
    ['before its first byte', () => undefined],
    [
      'in the middle of its answer',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
        response.write('001e# service=git-upload-pack\n');
      },
    ],
  ])('%s is given up, and no process is left', async (_what, hang) => {
    answer = hang;
    const error = await failureOf(open({ remoteSilenceMsMax: SILENCE_MS }).fetch([1, 2]));
    expect(error).toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    expect(error.message).toContain('did not answer in time');
    await expect.poll(gitProcesses).toBe('');
  });

  it('leaves what was fetched before to be read', async () => {
    const head = remote.commit({ 'a.yaml': '1' });
    const before = open({ cloneUrl: remote.url, allowFile: true });
    await before.fetch([]);
    answer = () => undefined;
    const source = open({ remoteSilenceMsMax: SILENCE_MS });
    const fetching = failureOf(source.fetch([]));
    expect(await source.head()).toBe(head);
    expect((await source.files(head)).length).toBe(1);
    expect((await fetching).name).toBe('PortError');
  });
});

describe('a remote that refuses', () => {
  it.each([401, 403, 404, 500])('with %i gives an error that says so and holds no secret', async (status) => {
    answer = (request, response) => {
      response.writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="x"' } : {});
      response.end(`refused ${request.headers.authorization}`);
    };
    const error = await failureOf(open().fetch([]));
    expect(error).toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    const told = `${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`;
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain(BASIC);
  });

  it('with an address elsewhere is not followed: the old name of a repository may lead to a stranger', async () => {
    const asked: (string | undefined)[] = [];
    answer = (request, response) => {
      asked.push(request.url);
      response.writeHead(301, { location: request.url?.replace('/acme/fleet.git', '/eve/elsewhere.git') }).end();
    };
    await expect(open().fetch([])).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    expect(asked.filter((url) => url?.includes('elsewhere'))).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });

  it('nobody listens', async () => {
    const nobody = open({ cloneUrl: 'http://127.0.0.1:1/acme/fleet.git' });
    await expect(nobody.fetch([])).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
  });
});

describe('over HTTP', () => {
  beforeEach(() => {
    answer = (request, response) => {
      if (request.headers.authorization === `Basic ${BASIC}`) serveGit(remote.folder, request, response);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    };
  });

  const clone = (): string => address().replace('/acme/fleet.git', '/remote.git');

  it('fetches the default branch and pull requests, and brings the rest when one is not there', async () => {
    const head = remote.commit({ 'a.yaml': '1' });
    const one = remote.commit({ 'a.yaml': '2' }, { ref: 'refs/pull/1/head', from: head });
    const source = open({ cloneUrl: clone() });
    await source.fetch([1, 2]);
    expect([await source.head(), await source.pullHead(1), await source.pullHead(2)]).toEqual([head, one, undefined]);
    const forced = remote.commit({ 'b.yaml': '1' }, { from: null });
    await source.fetch([]);
    expect(await source.head()).toBe(forced);
    expect((await source.changed(head, forced)).map((file) => file.path)).toEqual(['a.yaml', 'b.yaml']);
  });

  it('an empty repository has no head, and gets one', async () => {
    const source = open({ cloneUrl: clone() });
    await source.fetch([]);
    expect(await source.head()).toBeUndefined();
    const head = remote.commit({ 'a.yaml': '1' });
    await source.fetch([]);
    expect(await source.head()).toBe(head);
  });

  it('asks for a fresh token each time, and is refused with an old one', async () => {
    const head = remote.commit({ 'a.yaml': '1' });
    let token = SECRET;
    const source = open({ cloneUrl: clone(), token: async () => token });
    await source.fetch([]);
    token = 'expired';
    await expect(source.fetch([])).rejects.toMatchObject({ name: 'PortError' });
    expect(await source.head()).toBe(head);
    token = SECRET;
    await source.fetch([]);
  });
});

describe('the token', () => {
  it('arrives as a header, and is in no argument', async () => {
    const headers: (string | undefined)[] = [];
    const processes: string[] = [];
    answer = (request, response) => {
      headers.push(request.headers.authorization);
      processes.push(execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' }));
      response.writeHead(404).end();
    };
    await failureOf(open().fetch([]));
    expect(headers[0]).toBe(`Basic ${BASIC}`);
    expect(processes[0]).toContain(address());
    for (const list of processes) {
      expect(list).not.toContain(SECRET);
      expect(list).not.toContain(BASIC);
    }
  });

  it('is not sent on to another host', async () => {
    const elsewhere: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      elsewhere.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    answer = (request, response) =>
      response.writeHead(302, { location: `http://localhost:${(other.address() as AddressInfo).port}${request.url}` }).end();
    await failureOf(open().fetch([]));
    await new Promise((resolve) => other.close(resolve));
    expect(elsewhere).toEqual([]);
  });

  it('is in no log, even when simple-git is told to log everything', () => {
    const program = `
      import { ManifestSourceGit } from ${JSON.stringify(new URL('../../../src/adapters/git/manifest-source-git.ts', import.meta.url).href)};
      const source = new ManifestSourceGit({ fleet: 'acme/fleet', cloneUrl: ${JSON.stringify(remote.url)}, defaultBranch: 'main',
        folder: ${JSON.stringify(remote.folderFor('logged'))}, token: async () => ${JSON.stringify(SECRET)}, allowFile: true });
      await source.fetch([]).catch((error) => console.error(error));
      await source.close();`;
    remote.commit({ 'a.yaml': '1' });
    const logged = execFileSync('sh', ['-c', '"$NODE" --input-type=module -e "$PROGRAM" 2>&1'], {
      env: { PATH: process.env['PATH'], NODE: process.execPath, PROGRAM: program, DEBUG: '*', GIT_TRACE: '1', GIT_TRACE_CURL: '1' },
      encoding: 'utf8',
    });
    expect(logged).toContain('simple-git');
    expect(logged).toContain('[environment of git]');
    expect(logged).not.toContain(SECRET);
    expect(logged).not.toContain(BASIC);
  });
});
