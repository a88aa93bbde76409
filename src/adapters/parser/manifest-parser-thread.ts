import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ManifestText, ParsedFile } from '../../core/manifest/model.ts';
import type { Position } from '../../core/manifest/positions.ts';
import type { ManifestParser, PlaceInFile } from '../../ports/manifest-parser.ts';
import { PortError } from '../../ports/port-error.ts';
import type { Question } from './parse-thread.ts';

const THREAD = new URL('./parse-thread.ts', import.meta.url);
/** A file of a megabyte makes a tree of some hundred. A thread that needs more than this ends, and nothing else does. */
const HEAP_MIB_MAX = 512;
/** A thread that nobody asks gives its memory back. */
const IDLE_MS = 5_000;

/** Reads in a thread of its own, which is started when it is first asked. Questions wait for each other. */
export class ManifestParserThread implements ManifestParser {
  readonly #idleMs: number;
  readonly #heapMiBMax: number;
  #thread: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #asked = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ idleMs = IDLE_MS, heapMiBMax = HEAP_MIB_MAX } = {}) {
    this.#idleMs = idleMs;
    this.#heapMiBMax = heapMiBMax;
  }

  /** Whether there is a thread now. */
  get runs(): boolean {
    return this.#thread !== undefined;
  }

  async parse(content: ManifestText): Promise<ParsedFile> {
    return (await this.#ask({ kind: 'parse', content })) as ParsedFile;
  }

  async locate(text: string, places: readonly PlaceInFile[]): Promise<readonly Position[]> {
    return (await this.#ask({ kind: 'locate', text, places })) as readonly Position[];
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #ask(question: Question): Promise<unknown> {
    this.#asked += 1;
    clearTimeout(this.#idle);
    const answered = this.#last.then(() => this.#askNow(question)).finally(() => this.#rest());
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  async #askNow(question: Question): Promise<unknown> {
    const thread = this.#running();
    const stopping = new AbortController();
    const { signal } = stopping;
    try {
      const answer = once(thread, 'message', { signal });
      const ended = once(thread, 'exit', { signal }).then(() => {
        throw new Error('it was stopped');
      });
      thread.postMessage(question);
      return (await Promise.race([answer, ended]))[0];
    } catch (error) {
      // Whatever ended it: the next question gets another.
      if (this.#thread === thread) this.#thread = undefined;
      throw parserError(error);
    } finally {
      stopping.abort();
    }
  }

  #running(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(THREAD, { resourceLimits: { maxOldGenerationSizeMb: this.#heapMiBMax } });
    // Who waits for an answer is told by `once`; that nobody does is no reason to end the bot.
    thread.on('error', () => undefined);
    thread.once('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    this.#thread = thread;
    return thread;
  }

  #rest(): void {
    this.#asked -= 1;
    if (this.#asked > 0) return;
    this.#idle = setTimeout(() => void this.close(), this.#idleMs);
    this.#idle.unref();
  }
}

function parserError(error: unknown): PortError {
  return new PortError(
    {
      port: 'manifest-parser',
      operation: 'parse',
      retry: { kind: 'retry-later' },
      message: `a manifest could not be read: ${error instanceof Error ? error.message : 'its thread ended'}; it is tried again later`,
    },
    { cause: error },
  );
}
