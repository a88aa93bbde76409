import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommitSha, trusted } from '../../../src/core/model/ids.ts';

/** A file of a commit: its text or bytes, `null` to remove it, or another kind of entry. */
export type Content = string | Uint8Array | null | { readonly link: string } | { readonly submodule: string };

/** A bare repository made with git fast-import, so that paths and trees that no work tree could hold can be tested. */
export class GitRemote {
  readonly folder = mkdtempSync(join(tmpdir(), 'flotilla-git-'));
  readonly gitDir = join(this.folder, 'remote.git');
  readonly url = `file://${this.gitDir}`;
  #time = 1_700_000_000;

  constructor() {
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', this.gitDir], { env: this.#env() });
  }

  /** Adds one commit to a ref, on top of `from` (the ref's own head when left out). */
  commit(
    files: Readonly<Record<string, Content>>,
    options: { readonly ref?: string; readonly from?: string | null; readonly merge?: string; readonly message?: string } = {},
  ): CommitSha {
    const ref = options.ref ?? 'refs/heads/main';
    const from = options.from === undefined ? this.head(ref) : (options.from ?? undefined);
    this.#time += 60;
    const message = Buffer.from(options.message ?? `change ${this.#time}`);
    const parts: (string | Buffer)[] = [`reset ${ref}\n`, `commit ${ref}\ncommitter A Person <a@example.com> ${this.#time} +0000\n`];
    parts.push(`data ${message.length}\n`, message, '\n');
    if (from !== undefined) parts.push(`from ${from}\n`);
    if (options.merge !== undefined) parts.push(`merge ${options.merge}\n`);
    for (const [path, content] of Object.entries(files)) parts.push(...fileChange(path, content));
    execFileSync('git', ['fast-import', '--quiet', '--force'], {
      input: Buffer.concat(parts.map((part) => Buffer.from(part))),
      env: this.#env(),
    });
    return trusted.commit(this.git('rev-parse', ref));
  }

  head(ref: string): string | undefined {
    const out = this.git('for-each-ref', '--format=%(objectname)', ref);
    return out === '' ? undefined : out;
  }

  deleteRef(ref: string): void {
    this.git('update-ref', '-d', ref);
  }

  collectGarbage(): void {
    this.git('reflog', 'expire', '--expire=now', '--all');
    this.git('repack', '-a', '-d', '-q');
    this.git('prune', '--expire=now');
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { env: this.#env(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A fresh folder that goes away with the repository. */
  folderFor(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  #env(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], GIT_DIR: this.gitDir, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', HOME: this.folder };
  }
}

function fileChange(path: string, content: Content): (string | Buffer)[] {
  const quoted = `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
  if (content === null) return [`D ${quoted}\n`];
  if (typeof content === 'object' && 'submodule' in content) return [`M 160000 ${content.submodule} ${quoted}\n`];
  const isLink = typeof content === 'object' && 'link' in content;
  const bytes = Buffer.from(isLink ? content.link : content);
  return [`M ${isLink ? '120000' : '100644'} inline ${quoted}\ndata ${bytes.length}\n`, bytes, '\n'];
}
