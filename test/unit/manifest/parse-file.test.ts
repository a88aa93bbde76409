import { describe, expect, it } from 'vitest';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { repairLayout } from '../../../src/core/manifest/repair-layout.ts';
import { BROKEN_LAYOUT, BROKEN_YAML, OVER_A_LIMIT, SOUND_LAYOUT, WRONG_SHAPE } from './broken-text.ts';
import { SMALL_FLEET } from './small-fleet.ts';

const parse = (text: string) => parseFile({ kind: 'text', text });
const placed = (text: string) => parse(text).problems.map(({ line, column, code }) => `${line}:${column} ${code}`);
const said = (text: string) => parse(text).problems.map(({ message, hint }) => `${message} -> ${hint}`);
const CLUSTERS = SMALL_FLEET['clusters.yaml'] ?? '';

describe('points at the exact place of', () => {
  it.each(BROKEN_YAML)('$name', ({ text, want }) => expect(placed(text)).toEqual(want));
  it.each(BROKEN_LAYOUT)('$name', ({ text, want }) => expect(placed(text)).toEqual(want));
  it.each(WRONG_SHAPE)('$name', ({ text, want }) => expect(placed(text)).toEqual(want));
});

it.each(SOUND_LAYOUT)('takes %s for no mistake', (_name, text) => expect(repairLayout(text)).toEqual({ text, mistakes: [] }));

describe('tells what was meant by', () => {
  const strategy = (soak: string, most: string): string =>
    `apiVersion: flotilla.dev/v1\nkind: Strategy\nmetadata: { name: s }\nspec:\n  phases:\n    - { name: all, rest: true, soak: ${soak}, maxConcurrent: ${most} }\n`;
  const release = (version: string): string =>
    `apiVersion: flotilla.dev/v1\nkind: Release\nmetadata: { name: r }\nspec: { product: kafka, select: {}, version: ${version} }\n`;
  it.each([
    ['3', 'is 3 without a unit -> write 3s, 3m, 3h or 3d'],
    ['"3"', 'is 3 without a unit -> write 3s, 3m, 3h or 3d'],
    ['0', 'is 0 without a unit -> write 0s'],
    ['3 m', 'is a duration in another form -> write 3m'],
    ['3 minutes', 'is a duration in another form -> write 3m'],
    ['1 hour 30 mins', 'is a duration in another form -> write 1h30m'],
    ['30m1h', 'is a duration in another form -> write 1h30m'],
    ['1.5h', 'is a duration in another form -> write 1h30m'],
    ['1w', 'is a duration in another form -> write 7d'],
    ['PT1H30M', 'is a duration of ISO 8601 -> write 1h30m'],
    ['500ms', 'is given in milliseconds -> write whole seconds: 1s'],
    ['1.5s', 'is no whole number of seconds -> write whole seconds'],
  ])('a soak of %s', (soak, want) => expect(said(strategy(soak, '1'))).toEqual([`\`spec.phases[0].soak\` ${want}`]));

  it.each([
    ['40 %', 'has a space, or a word, for its % -> write 40%'],
    ['40 percent', 'has a space, or a word, for its % -> write 40%'],
    ['150%', 'is more than 100 % -> write 100% at most'],
    ['2.5%', 'is no whole percentage -> write 2%'],
    ['0.4', 'is a fraction -> write 40% for a share, or a whole number of clusters'],
  ])('a share of %s', (most, want) => expect(said(strategy('1m', most))).toEqual([`\`spec.phases[0].maxConcurrent\` ${want}`]));

  const exact = 'name one exact version that the Product lists, such as "4.1.1": what is rolled out must not change by itself';
  it.each([
    ['v4.1.1', 'begins with a `v` -> write the version alone: "4.1.1"'],
    ['" 4.1.1"', 'begins or ends with a space -> write "4.1.1"'],
    ['4.1.x', `is a wildcard, and no version -> ${exact}`],
    ['4.*', `is a wildcard, and no version -> ${exact}`],
    ['"*"', `is a wildcard, and no version -> ${exact}`],
    ['^4.1.0', `is a range, and no version -> ${exact}`],
    ['">=4.1"', `is a range, and no version -> ${exact}`],
    ['latest', `is \`latest\`, a name that moves, and no version -> ${exact}`],
    ['"4"', 'is one number; a version has two to four -> write "4.0.0", say'],
    ['"{{ .Values.v }}"', 'holds `{{`, a placeholder that nobody fills in here -> commit the value itself'],
    ['"$' + '{VERSION}"', `holds \`\${\`, a placeholder that nobody fills in here -> commit the value itself`],
  ])('a version of %s', (version, want) => expect(said(release(version))).toEqual([`\`spec.version\` ${want}`]));
});

describe('refuses a setting that is not read as it is written', () => {
  const config = (value: string): string =>
    `apiVersion: flotilla.dev/v1\nkind: Cluster\nmetadata: { name: a }\nspec:\n  product: kafka\n  dataPlane: eu\n  replicas: 3\n  config:\n    first: 1\n    a: ${value}\n`;
  it.each([
    ['3.10', 'YAML reads the number 3.1 -> put it in quotes: "3.10"; or write 3.1'],
    ['8.0', 'YAML reads the number 8 -> put it in quotes: "8.0"; or write 8'],
    ['0640', 'YAML reads the number 640 -> put it in quotes: "0640"; or write 640'],
    ['0x10', 'YAML reads the number 16 -> put it in quotes: "0x10"; or write 16'],
    ['0o17', 'YAML reads the number 15 -> put it in quotes: "0o17"; or write 15'],
    ['1e3', 'YAML reads the number 1000 -> put it in quotes: "1e3"; or write 1000'],
    ['+5', 'YAML reads the number 5 -> put it in quotes: "+5"; or write 5'],
    ['True', 'YAML reads true -> put it in quotes: "True"; or write true'],
    ['no', 'is text here, but false to programs that read older YAML -> put it in quotes: "no"; or write false'],
    ['ON', 'is text here, but true to programs that read older YAML -> put it in quotes: "ON"; or write true'],
  ])('%s', (value, want) => {
    expect(said(config(value))).toEqual([`\`spec.config.a\` is written ${value}, and ${want}`]);
    expect(placed(config(value))).toEqual(['10:8 yaml/reading']);
    expect(parse(config(value)).documents).toEqual([undefined]);
    expect(said(config(`"${value}"`))).toEqual([]);
  });

  it.each(['1', '0', '-1', '0.5', '3.14', 'true', 'false', 'none', 'nonsense', 'over', '2024-01-01', '1_000'])('but takes %s', (value) =>
    expect(said(config(value))).toEqual([]),
  );
});

it.each([
  [
    'a pointer of Git LFS',
    { kind: 'text', text: 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n' },
    '1:1 file/lfs-pointer',
  ],
  ['a symbolic link', { kind: 'link', link: 'symbolic link' }, '1:1 file/link'],
  ['a submodule', { kind: 'link', link: 'submodule' }, '1:1 file/link'],
] as const)('says that %s is no manifest', (_name, content, want) =>
  expect(parseFile(content).problems.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual([want]),
);

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
