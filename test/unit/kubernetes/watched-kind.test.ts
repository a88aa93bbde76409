import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApiAnswer, type Connection, NoAnswer } from '../../../src/adapters/kubernetes/connection.ts';
import { readConfigMap } from '../../../src/adapters/kubernetes/objects.ts';
import { WatchedKind } from '../../../src/adapters/kubernetes/watched-kind.ts';

const configMap = (name: string, version: string, value: string) => ({
  metadata: { name, namespace: 'kafka', uid: name, resourceVersion: version },
  data: { value },
});
const line = (type: string, object: unknown): string => JSON.stringify({ type, object });
const bookmark = (version: string) => line('BOOKMARK', { metadata: { resourceVersion: version } });

/** What the server does with one watch: lines, and then it ends, or stays open. */
interface Watch {
  readonly lines: readonly string[];
  readonly refused?: ApiAnswer;
  readonly staysOpen?: boolean;
}

/** A server that plays one watch after the other, and notes what it was asked. */
class Script implements Connection {
  readonly asked: string[] = [];
  readonly #pages: readonly unknown[];
  readonly #watches: Watch[];
  #page = 0;

  constructor(pages: readonly unknown[], watches: readonly Watch[]) {
    this.#pages = pages;
    this.#watches = [...watches];
  }

  async ask({ path }: { readonly path: string }): Promise<ApiAnswer> {
    this.asked.push(path);
    const page = this.#pages[Math.min(this.#page, this.#pages.length - 1)];
    this.#page += 1;
    return { status: 200, body: page };
  }

  async stream(...[path, onOpen, onLine, signal]: Parameters<Connection['stream']>): Promise<ApiAnswer | undefined> {
    this.asked.push(`watch from ${/resourceVersion=(\w+)/.exec(path)?.[1]}`);
    const next = this.#watches.shift() ?? { lines: [], staysOpen: true };
    if (next.refused !== undefined) return next.refused;
    onOpen();
    for (const one of next.lines) onLine(one);
    if (next.staysOpen) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return undefined;
  }
}

describe('a watched kind', () => {
  let stop = new AbortController();
  beforeEach(() => {
    stop = new AbortController();
  });
  afterEach(() => stop.abort());

  function watched(script: Script) {
    const changes: string[] = [];
    const kind = new WatchedKind({
      connection: script,
      path: '/configmaps',
      read: readConfigMap,
      onChange: (key, now) => changes.push(`${key} ${now === undefined ? 'gone' : now.ok ? now.value.data['value'] : 'malformed'}`),
      onState: () => undefined,
    });
    void kind.run(stop.signal);
    return { kind, changes };
  }
  const list = (version: string, items: readonly unknown[], next = '') => ({
    metadata: { resourceVersion: version, continue: next },
    items,
  });

  it('lists page by page, and resumes where the last event or bookmark was', async () => {
    const pages = [list('10', [configMap('a', '1', 'one')], 'more'), list('10', [configMap('b', '2', 'two')])];
    const script = new Script(pages, [{ lines: [line('MODIFIED', configMap('a', '20', 'new'))] }, { lines: [bookmark('30')] }]);
    const { kind, changes } = watched(script);
    await expect.poll(() => script.asked.length).toBe(5);
    expect(script.asked).toEqual([
      '/configmaps?limit=500',
      '/configmaps?limit=500&continue=more',
      'watch from 10',
      'watch from 20',
      'watch from 30',
    ]);
    expect(changes).toEqual(['kafka/a one', 'kafka/b two', 'kafka/a new']);
    expect(kind.unknownBecause).toBeUndefined();
  });

  it.each<[string, Watch]>([
    ['in the stream', { lines: [line('ERROR', { code: 410, message: 'too old resource version' })] }],
    ['at once', { lines: [], refused: { status: 410, body: { message: 'too old resource version' } } }],
  ])('lists anew when the server no longer knows its place, said %s, and tells what is gone', async (_name, gone) => {
    const pages = [list('10', [configMap('a', '1', 'one')]), list('90', [configMap('b', '80', 'two')])];
    const script = new Script(pages, [gone]);
    const { changes } = watched(script);
    await expect.poll(() => script.asked.at(-1)).toBe('watch from 90');
    expect(changes).toEqual(['kafka/a one', 'kafka/a gone', 'kafka/b two']);
  });

  it('does not know what is true while its watch is refused, and says why', async () => {
    const refused = { status: 403, body: { message: 'configmaps is forbidden' } };
    const script = new Script(
      [list('10', [])],
      Array.from({ length: 99 }, () => ({ lines: [], refused })),
    );
    const { kind } = watched(script);
    await expect.poll(() => kind.unknownBecause).toContain('refused (403: configmaps is forbidden)');
  });

  it('keeps an object that cannot be read as one that cannot be read', async () => {
    const script = new Script([list('10', [{ ...configMap('a', '1', 'one'), data: 7 }])], []);
    const { kind, changes } = watched(script);
    await expect.poll(() => kind.unknownBecause).toBeUndefined();
    expect(kind.get('kafka/a')).toMatchObject({ ok: false, error: expect.stringContaining('data') });
    expect(changes).toEqual(['kafka/a malformed']);
  });

  it('begins anew after a line that is not JSON, and believes nothing of it', async () => {
    const script = new Script([list('10', [])], [{ lines: ['<html>'], staysOpen: true }]);
    watched(script);
    await expect.poll(() => script.asked).toEqual(['/configmaps?limit=500', 'watch from 10', 'watch from 10']);
  });

  it('says why nothing is known while nobody answers', async () => {
    const silent: Connection = {
      ask: () => Promise.reject(new NoAnswer('https://eu does not answer (ECONNREFUSED)')),
      stream: () => Promise.reject(new NoAnswer('https://eu does not answer (ECONNREFUSED)')),
    };
    const kind = new WatchedKind({
      connection: silent,
      path: '/',
      read: readConfigMap,
      onChange: () => undefined,
      onState: () => undefined,
    });
    void kind.run(stop.signal);
    await expect.poll(() => kind.unknownBecause).toBe('https://eu does not answer (ECONNREFUSED)');
  });
});
