import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ManifestParserThread } from '../../../src/adapters/parser/manifest-parser-thread.ts';
import { locatorOf } from '../../../src/core/manifest/locate.ts';
import type { ManifestText } from '../../../src/core/manifest/model.ts';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { eventually } from '../../../src/local/demo/person.ts';
import { inMemoryManifestParser } from '../../../src/ports/in-memory/manifest-parser.ts';
import type { ManifestParser } from '../../../src/ports/manifest-parser.ts';

const FINE = `apiVersion: flotilla.dev/v1
kind: Window
metadata: { name: nights }
spec: { cron: '0 2 * * *', duration: 4h, timeZone: UTC, select: { matchLabels: { tier: gold } } }
`;
/** As slow to read as a text of this length can be made. */
const SLOW = 'a:\n\tb: 1\n'.repeat(2_000);
const filledWith = (part: string, chars: number): string => part.repeat(Math.floor(chars / part.length));
const TEXTS: readonly (readonly [string, ManifestText])[] = [
  ['a document', { kind: 'text', text: FINE }],
  ['several, with an empty one', { kind: 'text', text: `${FINE}---\n---\n${FINE}` }],
  ['one that is broken', { kind: 'text', text: FINE.replace('kind', 'kin') }],
  ['one that does not end', { kind: 'text', text: 'a: "x\n'.repeat(500) }],
  ['one that is slow to read', { kind: 'text', text: SLOW }],
  ['nothing', { kind: 'text', text: '' }],
  ['a file that is too large', { kind: 'too-large', bytes: 2_000_000 }],
  ['no text', { kind: 'not-utf8' }],
  ['a link', { kind: 'link', link: 'submodule' }],
];

const thread = new ManifestParserThread();
afterAll(() => thread.close());

describe.each<[string, ManifestParser]>([
  ['in memory', inMemoryManifestParser],
  ['in a thread', thread],
])('manifest parser contract: %s', (_name, parser) => {
  it.each(TEXTS)('reads %s', async (_what, content) => {
    expect(await parser.parse(content)).toEqual(parseFile(content));
  });

  it('answers each who asks at once', async () => {
    const answers = await Promise.all(TEXTS.map(([, content]) => parser.parse(content)));
    expect(answers).toEqual(TEXTS.map(([, content]) => parseFile(content)));
  });

  it('finds places', async () => {
    const places = [
      { index: 1, path: ['spec', 'duration'] },
      { index: 0, path: ['spec', 'nothing'] },
      { index: 7, path: [] },
    ];
    const text = `${FINE}---\n${FINE}`;
    expect(await parser.locate(text, places)).toEqual(places.map(locatorOf(text)));
    expect(await parser.locate(text, [])).toEqual([]);
  });
});

describe('a thread that reads', () => {
  let own: ManifestParserThread;
  afterEach(() => own.close());

  it('lets everything else run meanwhile', async () => {
    own = new ManifestParserThread();
    let isRead = false;
    const reading = own.parse({ kind: 'text', text: SLOW }).finally(() => {
      isRead = true;
    });
    let turns = 0;
    for (; !isRead; turns += 1) await setImmediate();
    expect((await reading).problems.length).toBeGreaterThan(1);
    expect(turns).toBeGreaterThan(10);
  });

  it('is started for the first question, ends when nobody asks, and is started again', async () => {
    own = new ManifestParserThread({ idleMs: 1 });
    expect(own.runs).toBe(false);
    await own.parse({ kind: 'text', text: FINE });
    await eventually('the thread to end', async () => (own.runs ? undefined : true));
    expect(await own.parse({ kind: 'text', text: FINE })).toEqual(parseFile({ kind: 'text', text: FINE }));
  });

  it('that runs out of memory ends alone, and another reads on', async () => {
    own = new ManifestParserThread({ heapMiBMax: 24 });
    const large = own.parse({ kind: 'text', text: filledWith(`${'- [a, b, {c: d}]\n'.repeat(100)}---\n`, 900_000) });
    await expect(large).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    expect(await own.parse({ kind: 'text', text: FINE })).toEqual(parseFile({ kind: 'text', text: FINE }));
  });

  it('that is stopped fails who waits for it, and reads on for who comes after', async () => {
    own = new ManifestParserThread();
    const first = own.parse({ kind: 'text', text: SLOW });
    const refused = expect(first).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
    await setImmediate();
    await own.close();
    await refused;
    expect(await own.parse({ kind: 'text', text: FINE })).toEqual(parseFile({ kind: 'text', text: FINE }));
  });
});
