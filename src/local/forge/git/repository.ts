import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isBranchName, isSha, NO_SHA } from './names.ts';
import { type GitRun, runGit } from './process.ts';

/** The ref did not have the value that it should have had: somebody else moved it. */
export class RefMoved extends Error {
  override readonly name = 'RefMoved';
}

/** One bare repository. Every method is one git child, or a few; none touches a work tree. */
export class GitRepository {
  readonly directory: string;
  readonly home: string;

  constructor(directory: string, home: string) {
    this.directory = directory;
    this.home = home;
  }

  async run(args: readonly string[], more: Pick<GitRun, 'input' | 'environment' | 'answers'> = {}): Promise<string> {
    return (await this.runRaw(args, more)).stdout.toString('utf8');
  }

  runRaw(args: readonly string[], more: Pick<GitRun, 'input' | 'environment' | 'answers'> = {}): ReturnType<typeof runGit> {
    return runGit({ directory: this.directory, home: this.home, args, ...more });
  }

  /** Makes the repository anew; what a start that was cut short has left is removed. */
  async create(defaultBranch: string): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    await mkdir(this.directory, { recursive: true });
    await this.run(['init', '--quiet', '--bare', `--initial-branch=${defaultBranch}`, '--template=']);
    const settings: readonly (readonly [string, string])[] = [
      ['http.receivepack', 'true'],
      // The dumb protocol would serve files of the repository past every check.
      ['http.getanyfile', 'false'],
      // GitHub lets a client fetch any commit it can name, and filter blobs.
      ['uploadpack.allowAnySHA1InWant', 'true'],
      ['uploadpack.allowFilter', 'true'],
      // Pull request refs can be fetched; only the forge writes them.
      ['receive.hideRefs', 'refs/pull'],
      ['receive.fsckObjects', 'true'],
      ['receive.maxInputSize', '1g'],
      ['receive.denyDeleteCurrent', 'refuse'],
      ['receive.autogc', 'false'],
      ['gc.auto', '0'],
      // Objects are on disk before a ref names them: a process that is killed leaves no broken branch.
      ['core.fsync', 'loose-object,pack,reference'],
    ];
    for (const [key, value] of settings) await this.run(['config', key, value]);
  }

  /** Branches and tags with the objects they name. */
  async refs(): Promise<ReadonlyMap<string, string>> {
    const output = await this.run(['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags']);
    const lines = output.split('\n').filter((line) => line !== '');
    return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
  }

  /** @param ref - a full ref name. */
  async readRef(ref: string): Promise<string | undefined> {
    const { stdout, exitCode } = await this.runRaw(['rev-parse', '--verify', '--quiet', ref], { answers: [1] });
    return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
  }

  branch(name: string): Promise<string | undefined> {
    return isBranchName(name) ? this.readRef(`refs/heads/${name}`) : Promise.resolve(undefined);
  }

  /**
   * Moves a ref only if it still has the value `before`; 40 zeros: it must not exist yet.
   *
   * @throws RefMoved
   */
  async updateRef(ref: string, after: string, before: string): Promise<void> {
    try {
      await this.run(['update-ref', '--stdin'], {
        input: after === NO_SHA ? `delete ${ref} ${before}\n` : `update ${ref} ${after} ${before}\n`,
      });
    } catch (error) {
      const actual = (await this.readRef(ref)) ?? NO_SHA;
      if (actual !== before) throw new RefMoved(`${ref} is at ${actual}, not at ${before}`);
      throw error;
    }
  }

  /** For refs that only the forge writes: no value is expected. */
  async setRef(ref: string, sha: string | undefined): Promise<void> {
    if (sha !== undefined) await this.run(['update-ref', ref, sha]);
    else await this.run(['update-ref', '-d', ref]);
  }

  /** The commit that a sha, a branch or a tag of a client names. Never a revision expression. */
  async commitOf(name: string): Promise<string | undefined> {
    const short = name.replace(/^refs\/(heads|tags)\//, '');
    const candidates = /^[0-9a-f]{7,40}$/.test(name) ? [name] : [];
    if (isBranchName(short)) candidates.push(`refs/heads/${short}`, `refs/tags/${short}`);
    for (const candidate of candidates) {
      const { stdout, exitCode } = await this.runRaw(['rev-parse', '--verify', '--quiet', `${candidate}^{commit}`], { answers: [1, 128] });
      if (exitCode === 0) return stdout.toString('utf8').trim();
    }
    return undefined;
  }

  async objectType(sha: string): Promise<string | undefined> {
    if (!isSha(sha)) return undefined;
    const { stdout, exitCode } = await this.runRaw(['cat-file', '-t', sha], { answers: [1, 128] });
    return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
  }

  async mergeBase(a: string, b: string): Promise<string | undefined> {
    const { stdout, exitCode } = await this.runRaw(['merge-base', a, b], { answers: [1] });
    return exitCode === 0 ? stdout.toString('utf8').trim() : undefined;
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return (await this.runRaw(['merge-base', '--is-ancestor', ancestor, descendant], { answers: [1] })).exitCode === 0;
  }

  async count(from: string, to: string): Promise<number> {
    return Number((await this.run(['rev-list', '--count', `${from}..${to}`])).trim());
  }

  async treeOf(commit: string): Promise<string> {
    return (await this.run(['rev-parse', '--verify', `${commit}^{tree}`])).trim();
  }
}

export const gitDirectory = (home: string, owner: string, name: string): string =>
  join(home, 'git', owner.toLowerCase(), `${name.toLowerCase()}.git`);
