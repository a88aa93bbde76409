import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { type GitPlace, gitEnvironment } from './git-environment.ts';
import { GitFailed } from './git-process.ts';

/** What git answers to one name. */
export type ObjectAnswer =
  | { readonly kind: 'missing' }
  | { readonly kind: 'object'; readonly id: string; readonly type: string; readonly bytes: number; readonly content: Buffer | undefined };

/** `info` gives type and size alone; `contents` the bytes too. */
type Question = 'info' | 'contents';

interface Window {
  readonly names: readonly string[];
  readonly question: Question;
  /** Called in order; again from the first name when the child died in the middle. The content is only valid during the call. */
  readonly onAnswer: (index: number, answer: ObjectAnswer) => void;
  readonly resolve: () => void;
  readonly reject: (error: GitFailed) => void;
  deaths: number;
}

/** Names sent before their answers are waited for: bounds what waits in the pipe, and lets a small question slip in between the windows of a big one. */
const WINDOW_NAMES_MAX = 512;
const WINDOWS_AT_ONCE = 2;
/** A window in whose answer the child dies twice names an object that git cannot read. */
const DEATHS_MAX = 2;

/**
 * Reads objects by name through one long-lived `git cat-file --batch-command`, which is started when needed and again
 * when it dies. Sees objects and refs that were fetched after its start.
 */
export class ObjectReader {
  readonly #place: GitPlace;
  readonly #silenceMsMax: number;
  #child: ChildProcessWithoutNullStreams | undefined;
  /** Windows sent to the child, or to be sent to the next one; the first is being answered. */
  #windows: Window[] = [];
  #parser = new AnswerParser();
  #silence: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(place: GitPlace, silenceMsMax: number) {
    this.#place = place;
    this.#silenceMsMax = silenceMsMax;
  }

  /**
   * Asks about names, which must not hold a line feed.
   *
   * @throws GitFailed when the child dies again and again, or is silent for too long.
   */
  async ask(question: Question, names: readonly string[], onAnswer: (index: number, answer: ObjectAnswer) => void): Promise<void> {
    let next = 0;
    const askWindows = async (): Promise<void> => {
      while (next < names.length) {
        const start = next;
        next = Math.min(names.length, start + WINDOW_NAMES_MAX);
        await this.#askWindow(question, names.slice(start, next), (index, answer) => onAnswer(start + index, answer));
      }
    };
    await Promise.all(Array.from({ length: WINDOWS_AT_ONCE }, askWindows));
  }

  /** Id and type of one name, `undefined` when there is none. */
  async resolve(name: string): Promise<{ readonly id: string; readonly type: string } | undefined> {
    let found: { id: string; type: string } | undefined;
    await this.ask('info', [name], (_, answer) => {
      found = answer.kind === 'object' ? { id: answer.id, type: answer.type } : undefined;
    });
    return found;
  }

  /** Lets go of the child; the next question, and what is waiting, gets a new one. For when the repository was replaced. */
  restart(): void {
    this.#child?.kill('SIGKILL');
  }

  close(): void {
    this.#closed = true;
    this.#child?.kill('SIGKILL');
  }

  #askWindow(question: Question, names: readonly string[], onAnswer: Window['onAnswer']): Promise<void> {
    if (this.#closed) return Promise.reject(new GitFailed('died', 'the mirror is closed'));
    return new Promise((resolve, reject) => {
      const window: Window = { names, question, onAnswer, resolve, reject, deaths: 0 };
      this.#windows.push(window);
      if (this.#child === undefined) this.#start();
      else this.#send(this.#child, window);
    });
  }

  #send(child: ChildProcessWithoutNullStreams, window: Window): void {
    child.stdin.write(`${window.names.map((name) => `${window.question} ${name}\n`).join('')}flush\n`);
    this.#watchSilence();
  }

  #start(): void {
    // --buffer with an explicit flush: one write of the child for many objects, and no dead-lock.
    const child = spawn('git', ['cat-file', '--batch-command', '--buffer'], { cwd: this.#place.home, env: gitEnvironment(this.#place) });
    this.#child = child;
    this.#parser = new AnswerParser();
    let startError: Error | undefined;
    child.on('error', (error) => {
      startError = error;
    });
    // A write to a child that has just died: its end is told by `close`.
    child.stdin.on('error', () => undefined);
    child.stderr.resume();
    // An idle reader keeps no process alive; while an answer is waited for, the timer of the silence does.
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
    child.stdout.on('data', (chunk: Buffer) => this.#receive(child, chunk));
    child.on('close', () => this.#ended(child, startError));
    for (const window of this.#windows) this.#send(child, window);
  }

  #receive(child: ChildProcessWithoutNullStreams, chunk: Buffer): void {
    // What a killed child had still in the pipe was answered by its successor.
    if (child !== this.#child) return;
    this.#watchSilence();
    this.#parser.push(chunk, () => this.#windows[0]);
    while (this.#windows[0] !== undefined && this.#parser.answered === this.#windows[0].names.length) {
      this.#windows.shift()?.resolve();
      this.#parser.answered = 0;
      this.#parser.push(EMPTY, () => this.#windows[0]);
    }
    if (this.#windows.length === 0) clearTimeout(this.#silence);
  }

  #ended(child: ChildProcessWithoutNullStreams, startError: Error | undefined): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    clearTimeout(this.#silence);
    const first = this.#windows[0];
    if (first !== undefined) first.deaths += 1;
    if (this.#closed || startError !== undefined) {
      const why = startError === undefined ? 'the mirror is closed' : `cannot run git: ${startError.message}`;
      for (const window of this.#windows.splice(0)) window.reject(new GitFailed('start', why));
    } else if (first !== undefined && first.deaths >= DEATHS_MAX) {
      this.#windows.shift();
      first.reject(new GitFailed('died', 'git cat-file died twice over the same objects'));
    }
    if (this.#windows.length > 0) this.#start();
  }

  #watchSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#child?.kill('SIGKILL'), this.#silenceMsMax);
  }
}

const EMPTY = Buffer.alloc(0);
const LINE_FEED = 10;

/** Splits the child's output into answers. Copies only what is cut by the edge of a chunk. */
class AnswerParser {
  /** Answers given to the current window. */
  answered = 0;
  #rest: Buffer = EMPTY;
  /** Pieces of a content that is longer than what has arrived. */
  #pieces: Buffer[] = [];
  #missingBytes = 0;
  #pending: { readonly id: string; readonly type: string; readonly bytes: number } | undefined;

  push(chunk: Buffer, currentWindow: () => Window | undefined): void {
    let buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = EMPTY;
    for (;;) {
      const window = currentWindow();
      if (window === undefined || this.answered === window.names.length) break;
      const used = this.#pending === undefined ? this.#header(buffer, window) : this.#content(buffer, window);
      if (used === 0) break;
      buffer = buffer.subarray(used);
    }
    this.#rest = buffer;
  }

  /** @returns the bytes used, 0 when the line is not complete. */
  #header(buffer: Buffer, window: Window): number {
    const end = buffer.indexOf(LINE_FEED);
    if (end < 0) return 0;
    const [id = '', type = '', size = ''] = buffer.toString('latin1', 0, end).split(' ');
    const bytes = Number(size);
    if (!/^[0-9a-f]{40,64}$/.test(id) || size === '' || !Number.isSafeInteger(bytes)) {
      this.#answer(window, { kind: 'missing' });
    } else if (window.question === 'info') {
      this.#answer(window, { kind: 'object', id, type, bytes, content: undefined });
    } else {
      this.#pending = { id, type, bytes };
      this.#missingBytes = bytes + 1;
    }
    return end + 1;
  }

  /** @returns the bytes used, 0 when nothing has arrived. The content ends with a line feed that is not part of it. */
  #content(buffer: Buffer, window: Window): number {
    if (buffer.length === 0 || this.#pending === undefined) return 0;
    const used = Math.min(buffer.length, this.#missingBytes);
    this.#missingBytes -= used;
    if (this.#missingBytes > 0) {
      this.#pieces.push(buffer.subarray(0, used));
      return used;
    }
    const last = buffer.subarray(0, used);
    const whole = this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
    const { id, type, bytes } = this.#pending;
    this.#pieces = [];
    this.#pending = undefined;
    this.#answer(window, { kind: 'object', id, type, bytes, content: whole.subarray(0, bytes) });
    return used;
  }

  #answer(window: Window, answer: ObjectAnswer): void {
    const index = this.answered;
    this.answered += 1;
    window.onAnswer(index, answer);
  }
}
