import { spawn } from 'node:child_process';
import { type GitPlace, gitEnvironment, tellable } from './git-environment.ts';

/** A git command did not do what it was asked. Stays inside this folder: the outside gets a PortError. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed';
  readonly how: 'exit' | 'timeout' | 'start' | 'too-much-output' | 'died';

  constructor(how: GitFailed['how'], message: string) {
    super(message);
    this.how = how;
  }
}

/** No listing of ours comes near: 100,000 long paths are 20 MB. */
const OUTPUT_BYTES_MAX = 512 * 1024 * 1024;
const STDERR_BYTES_MAX = 16 * 1024;

export interface GitOutput {
  readonly exitCode: number;
  readonly stdout: Buffer;
}

/**
 * Runs a local plumbing command and gives its output as bytes, because names in a repository are bytes.
 *
 * @param accepted - exit codes that are an answer.
 * @throws GitFailed on any other exit code, and when the command takes longer than `timeoutMs`; it is killed then.
 */
export function runGit(place: GitPlace, args: readonly string[], timeoutMs: number, accepted: readonly number[] = [0]): Promise<GitOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: place.home, env: gitEnvironment(place), stdio: ['ignore', 'pipe', 'pipe'], timeout: 0 });
    const stdout: Buffer[] = [];
    let stdoutBytes = 0;
    let stderr = '';
    let failed: GitFailed | undefined;
    const kill = (failure: GitFailed): void => {
      failed ??= failure;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => kill(new GitFailed('timeout', `git ${args[0]} took longer than ${timeoutMs / 1_000} s`)), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      stdoutBytes += chunk.length;
      if (stdoutBytes > OUTPUT_BYTES_MAX) kill(new GitFailed('too-much-output', `git ${args[0]} gave more than ${OUTPUT_BYTES_MAX} bytes`));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < STDERR_BYTES_MAX) stderr += chunk.toString('utf8');
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new GitFailed('start', `cannot run git: ${error.message}; is it installed and on the PATH?`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (failed !== undefined) reject(failed);
      else if (code !== null && accepted.includes(code)) resolve({ exitCode: code, stdout: Buffer.concat(stdout, stdoutBytes) });
      else reject(new GitFailed(code === null ? 'died' : 'exit', `git ${args[0]} ended with ${signal ?? code}: ${tellable(stderr)}`));
    });
  });
}
