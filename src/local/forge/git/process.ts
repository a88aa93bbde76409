import { spawn } from 'node:child_process';
import { devNull } from 'node:os';

/** git said no, or could not be run. The message holds what it wrote, for the log; never for a client. */
export class GitError extends Error {
  override readonly name = 'GitError';
  readonly exitCode: number;

  constructor(args: readonly string[], exitCode: number, stderr: string) {
    super(`git ${args[0] ?? ''} exited with ${exitCode}: ${stderr.trim().slice(0, 2_000)}`);
    this.exitCode = exitCode;
  }
}

/** Nothing of the person's own git settings, hooks or credentials reaches the forge, and git never asks a question. */
export function gitEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    // The forge never fetches from elsewhere: no protocol is allowed to its children.
    GIT_ALLOW_PROTOCOL: 'none',
  };
}

export interface GitRun {
  readonly directory: string;
  readonly home: string;
  readonly args: readonly string[];
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Exit codes that are answers and not errors. */
  readonly answers?: readonly number[];
}

/** A diff of a whole pull request stays below this; more is an error and never a cut. */
const OUTPUT_BYTES_MAX = 128 * 1_024 * 1_024;
const RUN_MS_MAX = 120_000;

/** @throws GitError */
export function runGit(run: GitRun): Promise<{ readonly stdout: Buffer; readonly exitCode: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...run.args], {
      cwd: run.directory,
      env: { ...gitEnvironment(run.home), ...run.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: RUN_MS_MAX,
    });
    const stdout: Buffer[] = [];
    let stderr = '';
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > OUTPUT_BYTES_MAX) child.kill('SIGKILL');
      else stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (stderr.length < 8_192) stderr += chunk.toString('utf8');
    });
    // A child that ends before it has read its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => reject(new GitError(run.args, -1, error.message)));
    child.on('close', (code, signal) => {
      const exitCode = code ?? -1;
      if (exitCode === 0 || run.answers?.includes(exitCode)) resolve({ stdout: Buffer.concat(stdout), exitCode });
      else reject(new GitError(run.args, exitCode, signal === null ? stderr : `stopped by ${signal}; ${stderr}`));
    });
    child.stdin.end(run.input ?? '');
  });
}
