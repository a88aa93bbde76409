import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Octokit } from '@octokit/rest';
import { type LocalState, readLocalState } from '../local-state.ts';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from '../seed.ts';

const run = promisify(execFile);
const LAUNCHER = resolve(import.meta.dirname, '../../cli/flotilla.js');
/** For one thing to be seen on a machine that is busy with other things as well: this only notices what never comes. */
export const PATIENCE_MS = 5 * 60_000;
const repository = { owner: EXAMPLE_OWNER, repo: EXAMPLE_NAME };

/** A person with git, a GitHub client and a shell: everything that the demo does and sees goes through here, and through nothing else. */
export class Person {
  readonly octokit: Octokit;
  readonly #login: string;
  readonly #home: string;
  readonly #cloneUrl: string;
  readonly #clone: string;

  constructor(home: string, state: LocalState, as = 'alice') {
    const user = state.users.find(({ login }) => login === as);
    const token = user?.token ?? '';
    this.#login = as;
    this.#home = home;
    this.#cloneUrl = `${state.forgeUrl}/${EXAMPLE_OWNER}/${EXAMPLE_NAME}.git`.replace('://', `://${user?.login}:${token}@`);
    this.#clone = mkdtempSync(join(tmpdir(), 'flotilla-clone-'));
    this.octokit = new Octokit({ baseUrl: `${state.forgeUrl}/api/v3`, auth: token });
  }

  async clone(): Promise<void> {
    await run('git', ['clone', '-q', this.#cloneUrl, this.#clone]);
    await this.git('config', 'user.name', 'Alice');
    await this.git('config', 'user.email', 'alice@example.com');
  }

  async git(...args: readonly string[]): Promise<string> {
    return (await run('git', ['-C', this.#clone, ...args])).stdout.trim();
  }

  /** Edits (or makes) a file on a branch from the newest default branch, and pushes it. @returns the commit. */
  async push(branch: string, path: string, edit: (text: string) => string, message: string): Promise<string> {
    await this.git('fetch', '-q', 'origin');
    const exists = await this.git('branch', '--list', branch);
    await (exists === '' ? this.git('checkout', '-q', '-B', branch, 'origin/main') : this.git('checkout', '-q', branch));
    if (branch === 'main') await this.git('reset', '-q', '--hard', 'origin/main');
    const file = join(this.#clone, path);
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const after = edit(before);
    if (after === before) throw new Error(`${path}: the edit changed nothing`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, after);
    await this.git('add', '--', path);
    await this.git('commit', '-qm', message);
    await this.git('push', '-q', 'origin', branch);
    return await this.git('rev-parse', 'HEAD');
  }

  /** Takes a file out of the default branch, without a pull request. */
  async pushWithout(path: string, message: string): Promise<void> {
    await this.git('rm', '-q', '--', path);
    await this.git('commit', '-qm', message);
    await this.git('push', '-q', 'origin', 'HEAD:main');
  }

  /** Reverts merged commits, newest first, on a branch of its own, and pushes it. */
  async revert(branch: string, ...commits: readonly string[]): Promise<string> {
    await this.git('fetch', '-q', 'origin');
    await this.git('checkout', '-q', '-B', branch, 'origin/main');
    for (const commit of commits) {
      const parents = (await this.git('rev-list', '--parents', '-n', '1', commit)).split(' ').length - 1;
      await this.git('revert', '--no-edit', ...(parents > 1 ? ['-m', '1'] : []), commit);
    }
    await this.git('push', '-q', 'origin', branch);
    return await this.git('rev-parse', 'HEAD');
  }

  async open(branch: string, title: string): Promise<number> {
    return (await this.octokit.rest.pulls.create({ ...repository, head: branch, base: 'main', title, body: '' })).data.number;
  }

  /** @returns the commit that landed on the default branch. */
  async merge(pull: number, method: 'merge' | 'squash' | 'rebase'): Promise<string> {
    return (await this.octokit.rest.pulls.merge({ ...repository, pull_number: pull, merge_method: method })).data.sha;
  }

  async headOf(pull: number): Promise<string> {
    return (await this.octokit.rest.pulls.get({ ...repository, pull_number: pull })).data.head.sha;
  }

  async check(commit: string, name: string) {
    const { data } = await this.octokit.rest.checks.listForRef({ ...repository, ref: commit, check_name: name });
    return data.check_runs;
  }

  async annotations(checkRun: number) {
    return (await this.octokit.rest.checks.listAnnotations({ ...repository, check_run_id: checkRun })).data;
  }

  async comments(issue: number) {
    return (await this.octokit.rest.issues.listComments({ ...repository, issue_number: issue })).data;
  }

  /** Of the bot: the one comment that is kept up to date. More than one would be one too many. */
  async reports(pull: number) {
    return (await this.comments(pull)).filter(({ body }) => body?.startsWith('<!-- flotilla:v1 kind=pull -->') === true);
  }

  /** Of the bot: what waits for a person, said once. */
  async notices(pull: number) {
    return (await this.comments(pull)).filter(({ body }) => body?.startsWith('<!-- flotilla:v1 kind=notice ') === true);
  }

  /** @returns the id of the comment. */
  async say(issue: number, body: string): Promise<number> {
    return (await this.octokit.rest.issues.createComment({ ...repository, issue_number: issue, body })).data.id;
  }

  async issues(state: 'open' | 'closed') {
    const { data } = await this.octokit.rest.issues.listForRepo({ ...repository, state });
    return data.filter((issue) => issue.pull_request === undefined);
  }

  /** The bot's JSON API, as a person asks it with curl. @throws Error with the answer, when it refuses. */
  async api(path: string, body?: Readonly<Record<string, string>>): Promise<unknown> {
    const { botUrl = '', users = [] } = readLocalState(this.#home) ?? {};
    const token = users.find(({ login }) => login === this.#login)?.token ?? '';
    const response = await fetch(`${botUrl}/api/fleets/${EXAMPLE_OWNER}/${EXAMPLE_NAME}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return await response.json();
  }

  /** `npx flotilla local ...`, as a person types it. */
  async flotilla(...args: readonly string[]): Promise<string> {
    return (await run(process.execPath, [LAUNCHER, 'local', ...args], { env: { ...process.env, FLOTILLA_HOME: this.#home } })).stdout;
  }

  /** What a cluster runs, as its own page of the data plane says. */
  async status(cluster: string): Promise<string> {
    return await this.flotilla('status', cluster);
  }

  remove(): void {
    rmSync(this.#clone, { recursive: true, force: true });
  }
}

/** Looks until there is something to see. @throws Error that says what was waited for, and what was seen last. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, withinMs = PATIENCE_MS): Promise<T> {
  const until = performance.now() + withinMs;
  let last: unknown;
  while (performance.now() < until) {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`waited ${withinMs / 1_000} s for ${what}`, { cause: last });
}
