import { setTimeout as sleep } from 'node:timers/promises';
import type { Result } from '../../core/model/result.ts';
import { type Connection, messageOf, NoAnswer } from './connection.ts';
import { readAnyObject, readBookmark, readEvent, readList, readRefusal } from './objects.ts';

const PAGE = 500;
/** The server ends a watch by itself after this; half of it is by chance, so that many do not come back at one instant. */
const WATCH_S_MAX = 300;
/** The server sends a bookmark each minute; after this long without a word the connection is dead. */
const SILENCE_MS_MAX = 130_000;
const BACK_OFF_MS_MIN = 50;
const BACK_OFF_MS_MAX = 10_000;
const GONE = 410;

/** An object that was read, or why it cannot be. */
export type Watched<T> = Result<T, string>;

interface WatchedKindOptions<T> {
  readonly connection: Connection;
  /** Of the collection: `/api/v1/namespaces/kafka/pods`. */
  readonly path: string;
  readonly read: (value: unknown) => Watched<T>;
  /** Called with the namespace and name of what changed, after it is known here. */
  readonly onChange: (key: string, now: Watched<T> | undefined, before: Watched<T> | undefined) => void;
  /** Called when the watch has begun again, or has ended. */
  readonly onState: () => void;
}

export const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/**
 * All objects of one kind, as a list and then a watch tell of them. It resumes where it was, lists anew when the server no longer
 * knows that place, and says when it does not know whether what it holds is still true.
 */
export class WatchedKind<T> {
  readonly #options: WatchedKindOptions<T>;
  readonly #items = new Map<string, Watched<T>>();
  #version: string | undefined;
  #unknownBecause: string | undefined = 'it has not been listed yet';
  #nextState = Promise.withResolvers<void>();

  constructor(options: WatchedKindOptions<T>) {
    this.#options = options;
  }

  /** Why what is held here may be out of date; `undefined` while the watch is known to be alive. */
  get unknownBecause(): string | undefined {
    return this.#unknownBecause;
  }

  /** Waits until the watch is alive, or until it makes no sense to wait any longer. */
  async alive(patience: AbortSignal): Promise<void> {
    while (this.#unknownBecause !== undefined && !patience.aborted) await Promise.race([this.#nextState.promise, once(patience)]);
  }

  get(key: string): Watched<T> | undefined {
    return this.#items.get(key);
  }

  entries(): IterableIterator<[string, Watched<T>]> {
    return this.#items.entries();
  }

  /** Until aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let waitMs = BACK_OFF_MS_MIN;
    while (!signal.aborted) {
      const cause = await this.#once(signal).catch(wordsOf);
      waitMs = cause === undefined ? BACK_OFF_MS_MIN : Math.min(waitMs * 2, BACK_OFF_MS_MAX);
      this.#say(cause ?? 'its watch is being resumed');
      await sleep(waitMs / 2 + (Math.random() * waitMs) / 2, undefined, { signal, ref: false }).catch(() => undefined);
    }
    this.#say('it is not watched');
  }

  /** @returns why it ended, unless that is as it should be. */
  async #once(signal: AbortSignal): Promise<string | undefined> {
    this.#version ??= await this.#list();
    const silence = new AbortController();
    const watchdog = setTimeout(() => silence.abort(), SILENCE_MS_MAX).unref();
    try {
      const seconds = Math.round(WATCH_S_MAX * (0.5 + Math.random() / 2));
      const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${this.#version}`;
      const onLine = (line: string) => {
        watchdog.refresh();
        this.#take(line);
      };
      const stop = AbortSignal.any([signal, silence.signal]);
      const refused = await this.#options.connection.stream(`${this.#options.path}?${query}`, () => this.#say(undefined), onLine, stop);
      if (refused === undefined) return undefined;
      if (refused.status === GONE) this.#version = undefined;
      return refused.status === GONE ? undefined : `its watch is refused (${refused.status}: ${messageOf(refused.body)})`;
    } finally {
      clearTimeout(watchdog);
    }
  }

  async #list(): Promise<string> {
    const seen = new Map<string, Watched<T>>();
    let next = '';
    let version: string;
    do {
      const page: string = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      const { status, body } = await this.#options.connection.ask({ method: 'GET', path: `${this.#options.path}?limit=${PAGE}${page}` });
      if (status !== 200) throw new NoAnswer(`its list is refused (${status}: ${messageOf(body)})`);
      const read = readList(body);
      if (!read.ok) throw new NoAnswer(`its list cannot be read: ${read.error}`);
      for (const item of read.value.items) {
        const named = readAnyObject(item);
        if (!named.ok) throw new NoAnswer(`its list cannot be read: ${named.error}`);
        seen.set(keyOf(named.value.metadata.namespace, named.value.metadata.name), this.#options.read(item));
      }
      version = read.value.metadata.resourceVersion;
      next = read.value.metadata.continue ?? '';
    } while (next !== '');
    for (const key of [...this.#items.keys()]) if (!seen.has(key)) this.#put(key, undefined);
    for (const [key, item] of seen) this.#put(key, item);
    return version;
  }

  #take(line: string): void {
    const event = readEvent(parsed(line));
    if (!event.ok) throw new NoAnswer(`its watch sends what cannot be read: ${event.error}`);
    const { type, object } = event.value;
    if (type === 'ERROR') {
      const refusal = readRefusal(object);
      if (refusal.ok && refusal.value.code === GONE) {
        this.#version = undefined;
        throw new NoAnswer('its watch is listed anew');
      }
      throw new NoAnswer(`its watch failed (${messageOf(object)})`);
    }
    const mark = readBookmark(object);
    if (!mark.ok) throw new NoAnswer(`its watch sends what cannot be read: ${mark.error}`);
    if (type !== 'BOOKMARK') {
      const named = readAnyObject(object);
      if (!named.ok) throw new NoAnswer(`its watch sends what cannot be read: ${named.error}`);
      const key = keyOf(named.value.metadata.namespace, named.value.metadata.name);
      this.#put(key, type === 'DELETED' ? undefined : this.#options.read(object));
    }
    this.#version = mark.value.metadata.resourceVersion;
  }

  #put(key: string, item: Watched<T> | undefined): void {
    const before = this.#items.get(key);
    if (item === undefined) this.#items.delete(key);
    else this.#items.set(key, item);
    this.#options.onChange(key, item, before);
  }

  #say(unknownBecause: string | undefined): void {
    this.#unknownBecause = unknownBecause;
    this.#nextState.resolve();
    this.#nextState = Promise.withResolvers<void>();
    this.#options.onState();
  }
}

const once = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
