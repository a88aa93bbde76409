import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratedFile } from './fleet-files.ts';

const CHUNK_CHARACTERS = 1_048_576;
const STDERR_CHARACTERS_MAX = 4_000;
/** Fixed, so that one seed always gives one commit. */
const WHEN = '1767225600 +0000';

/**
 * Commits files to `main` of a bare repository, which is made when it is not there. They replace all that was
 * there before. Nothing touches a work tree, so 100,000 files take seconds.
 *
 * @param root - folder of the files inside the repository; empty: the repository itself.
 * @throws Error with what git said.
 */
export async function commitToRepository(
  repository: string,
  files: Iterable<GeneratedFile>,
  commit: { readonly message: string; readonly root: string },
): Promise<void> {
  if (!existsSync(join(repository, 'HEAD'))) await git(['init', '--quiet', '--bare', '--initial-branch=main', repository], []);
  const hasMain = await git(['--git-dir', repository, 'rev-parse', '--verify', '--quiet', 'refs/heads/main'], [], [0, 1]);
  await git(['--git-dir', repository, 'fast-import', '--quiet', '--date-format=raw'], stream(files, commit, hasMain === 0));
}

function* stream(
  files: Iterable<GeneratedFile>,
  { message, root }: { readonly message: string; readonly root: string },
  onMain: boolean,
): Generator<string> {
  yield `commit refs/heads/main\ncommitter Flotilla <flotilla@example.com> ${WHEN}\n${data(message)}`;
  yield onMain ? 'from refs/heads/main^0\ndeleteall\n' : 'deleteall\n';
  for (const { path, text } of files) yield `M 100644 inline ${root === '' ? '' : `${root}/`}${path}\n${data(text)}`;
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

/** Runs git, feeding it the parts as fast as it takes them. @returns its exit code, which is one of `allowed`. */
async function git(args: readonly string[], input: Iterable<string>, allowed: readonly number[] = [0]): Promise<number> {
  const child = spawn('git', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-STDERR_CHARACTERS_MAX);
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  // When git ends early its exit code says why; the broken pipe says nothing.
  child.stdin.on('error', () => undefined);
  let chunk = '';
  for (const part of input) {
    chunk += part;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), ended]);
    chunk = '';
  }
  child.stdin.end(chunk);
  const [code] = await ended;
  if (code === null || !allowed.includes(code)) throw new Error(`git ${args[0] ?? ''} failed (${code ?? 'killed'}): ${said.trim()}`);
  return code;
}
