import { describe, expect, it } from 'vitest';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { BROKEN_YAML, OVER_A_LIMIT, WRONG_SHAPE } from './broken-text.ts';
import { SMALL_FLEET } from './small-fleet.ts';

const parse = (text: string) => parseFile({ kind: 'text', text });
const placed = (text: string) => parse(text).problems.map(({ line, column, code }) => `${line}:${column} ${code}`);
const said = (text: string) => parse(text).problems.map(({ message, hint }) => `${message} -> ${hint}`);
const CLUSTERS = SMALL_FLEET['clusters.yaml'] ?? '';

describe('points at the exact place of', () => {
  it.each(BROKEN_YAML)('$name', ({ text, want }) => expect(placed(text)).toEqual(want));
  it.each(WRONG_SHAPE)('$name', ({ text, want }) => expect(placed(text)).toEqual(want));
});

describe('refuses', () => {
  it.each(OVER_A_LIMIT)('$name', ({ text, want }) => expect(placed(text)).toEqual(want));
});

describe('takes what is just within a limit:', () => {
  it.each([
    ['the 32nd bracket', `a: ${'['.repeat(31)}${']'.repeat(31)}`],
    ['1,000 keys', Array.from({ length: 1_000 }, (_, at) => `k${at}: 1`).join('\n')],
    ['2,000 items', `a: [${'1,'.repeat(2_000)}]`],
    ['5,000 documents', '---\n'.repeat(5_000)],
    ['1 MiB', `# ${'x'.repeat(1024 * 1024 - 2)}`],
  ])('%s', (_name, text) =>
    expect(placed(text).filter((problem) => problem.includes('limit/') && !problem.includes('problems'))).toEqual([]),
  );
});

describe('says what is wrong and how to fix it', () => {
  const cluster = (lines: string): string =>
    `apiVersion: flotilla.dev/v1\nkind: Cluster\nmetadata: { name: a }\nspec:\n${lines.replace(/^/gm, '  ')}\n`;
  const whole = 'product: kafka\ndataPlane: eu\nreplicas: 3\n';
  const phase = (lines: string): string =>
    `apiVersion: flotilla.dev/v1\nkind: Strategy\nmetadata: { name: s }\nspec:\n  phases:\n    - { name: all, rest: true, maxConcurrent: 1${lines} }\n`;
  it.each([
    [', soak: 1h', []],
    [', soak: 1h, bake: 2h', []],
    [
      ', bake: 1h',
      [
        '`spec.phases[0]` has `bake` and lacks `soak` -> write `soak:` for how long one cluster must be seen healthy before it counts; ' +
          '`bake:` is how long the phase waits after all its clusters have soaked, and may be left out. The same goes for `rollback`',
      ],
    ],
    ['', [expect.stringMatching(/^`spec\.phases\[0\]` lacks `soak` -> add `soak:` \(How long one cluster must be seen healthy/)]],
  ])('a phase with %j', (lines, want) => expect(said(phase(lines))).toEqual(want));

  it.each([
    ['', 'is empty'],
    ['~', 'is empty'],
    ['all', 'is text'],
    ['[]', 'is a list'],
  ])('a phase that is no map: %j', (item, what) => {
    const text = phase('').replace(/- \{.*$/m, `- ${item}`);
    expect(said(text)).toEqual([expect.stringMatching(new RegExp(`^\`spec\\.phases\\[0\\]\` ${what}, but must be a map -> `))]);
  });

  it.each([
    [
      'the trap of an unquoted version',
      cluster(`${whole}pin: { version: 3.10, reason: abc, expires: "2027-01-01T00:00:00Z" }`),
      '`spec.pin.version` is the number 3.1 (written 3.10 without quotes), but must be text -> put it in quotes: "3.10"',
    ],
    ['a misspelt field', cluster(`${whole}worklod: {}`), '`spec` has no field `worklod` -> did you mean `workload`?'],
    [
      'a field that is nothing like any',
      cluster(`${whole}zzz: 1`),
      '`spec` has no field `zzz` -> remove it; known here: product, dataPlane, replicas, workload, config, featureFlags, pin, optOut',
    ],
    [
      'on for true',
      cluster(`${whole}featureFlags: { a: on }`),
      '`spec.featureFlags.a` is text, but must be true or false -> write true: in YAML 1.2, yes, no, on, off and anything in quotes are text',
    ],
    [
      'a number in quotes',
      cluster(whole.replace('3', '"3"')),
      '`spec.replicas` is text, but must be a whole number -> write 3 without quotes',
    ],
    ['a number out of range', cluster(whole.replace('3', '1001')), '`spec.replicas` is too large -> expected: from 1 to 1000'],
    [
      'a truth value for text',
      cluster(`${whole}workload: { name: true }`),
      '`spec.workload.name` is the truth value true, but must be text -> put it in quotes: "true"',
    ],
    [
      'an unknown kind',
      'apiVersion: flotilla.dev/v1\nkind: Relase\n',
      'kind "Relase" is not known -> did you mean `Release`? known kinds: Cluster, Fleet, Freeze, Operation, Product, Release, Strategy, Window',
    ],
    [
      'an unknown apiVersion',
      'apiVersion: flotilla/v1\nkind: Pod\n',
      'apiVersion "flotilla/v1" is not known -> write `apiVersion: flotilla.dev/v1`',
    ],
  ])('%s', (_name, text, want) => expect(said(text)).toContain(want));

  it('does not repeat text that could be a secret in the wrong place', () => {
    const fleet =
      'apiVersion: flotilla.dev/v1\nkind: Fleet\nmetadata: { name: a }\nspec:\n  defaultStrategy: a\n  dataPlanes: [{ name: a, kind: hunter2, urlFromEnv: hunter2 }]\n';
    expect(said(fleet)).toHaveLength(2);
    expect(said(fleet).join()).not.toContain('hunter2');
  });
});

describe('reads', () => {
  it.each([
    ['an empty file', '', 0],
    ['only comments', '# a\n# b\n', 0],
    ['an empty document, which keeps its number', `---\n---\n${CLUSTERS}`, 3],
    ['a null document', 'null', 1],
    ['a byte order mark', `\ufeff${CLUSTERS}`, 2],
    ['CRLF', CLUSTERS.replaceAll('\n', '\r\n'), 2],
    ['an end of document', `${CLUSTERS}...\n`, 2],
    ['no line end at the end', CLUSTERS.trimEnd(), 2],
  ])('%s', (_name, text, documents) => {
    expect(parse(text).problems).toEqual([]);
    expect(parse(text).documents).toHaveLength(documents);
  });

  it('the same from CRLF as from LF', () => {
    expect(parse(CLUSTERS.replaceAll('\n', '\r\n'))).toEqual(parse(CLUSTERS));
  });

  it('the documents beside a broken one, and what the broken one meant to be', () => {
    const parsed = parse(CLUSTERS.replace('replicas: 3', 'replicas: many'));
    expect(parsed.documents.map((document) => document?.metadata.name)).toEqual([undefined, 'kafka-b']);
    expect(parsed.failed).toEqual([{ kind: 'Cluster', name: 'kafka-a' }]);
  });

  it('nothing from a file that is too large, or is not UTF-8', () => {
    const codes = [parseFile({ kind: 'too-large', bytes: 2_000_000 }), parseFile({ kind: 'not-utf8' })].map(
      ({ problems }) => problems[0]?.code,
    );
    expect(codes).toEqual(['limit/file-size', 'file/not-utf8']);
  });
});

it('lists 100 problems of a file at most, and counts the others', () => {
  const lines = Array.from({ length: 150 }, (_, at) => `    k${at}: [1]`).join('\n');
  const { problems } = parse(
    `apiVersion: flotilla.dev/v1\nkind: Cluster\nmetadata: { name: a }\nspec:\n  product: a\n  dataPlane: a\n  replicas: 1\n  config:\n${lines}\n`,
  );
  expect(problems).toHaveLength(100);
  expect(problems.at(-1)).toMatchObject({ line: 108, code: 'limit/problems', message: '51 more problems from here on' });
});
