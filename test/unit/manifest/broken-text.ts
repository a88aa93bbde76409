/** Text of one file, and what is wrong with it as `line:column code`. */
export interface BrokenText {
  readonly name: string;
  readonly text: string;
  readonly want: readonly string[];
}

const CLUSTER = `apiVersion: flotilla.dev/v1
kind: Cluster
metadata: { name: a }
spec:
  product: kafka
  dataPlane: eu
  replicas: 3
`;
const with_ = (lines: string): string => `${CLUSTER}${lines.replace(/^/gm, '  ')}\n`;
const instead = (from: string, to: string): string => CLUSTER.replace(from, to);
const inPhase = (lines: string): string => `apiVersion: flotilla.dev/v1
kind: Strategy
metadata: { name: a }
spec:
  phases:
    - name: one
      soak: 1m
${lines.replace(/^/gm, '      ')}
`;

export const BROKEN_YAML: readonly BrokenText[] = [
  { name: 'a quote that is never closed, at the quote', text: with_('config: { a: "x }'), want: ['8:16 yaml/syntax'] },
  { name: 'a bracket that is never closed, at the bracket', text: with_('config: [a, b'), want: ['8:11 yaml/syntax'] },
  {
    name: 'a merge conflict, once',
    text: `${CLUSTER}<<<<<<< HEAD\n  replicas: 3\n=======\n  replicas: 5\n>>>>>>> theirs\n`,
    want: ['8:1 yaml/syntax'],
  },
  { name: 'a colon too many', text: with_('workload: a: b'), want: ['8:13 yaml/syntax'] },
  { name: 'indentation by a tab', text: `${CLUSTER}  config:\n\ta: 1\n`, want: ['9:1 yaml/tab'] },
  { name: 'a key twice, at the second', text: with_('replicas: 1000'), want: ['8:3 yaml/duplicate-key'] },
  { name: '__proto__', text: with_('config:\n  __proto__: { polluted: 1 }'), want: ['9:5 yaml/key'] },
  { name: 'constructor', text: with_('config:\n  constructor: { prototype: 1 }'), want: ['9:5 yaml/key', '9:20 yaml/key'] },
  { name: 'a number as a key', text: with_('config: { 1: a }'), want: ['8:13 yaml/key'] },
  { name: 'nothing as a key', text: with_('config: { ~: a }'), want: ['8:13 yaml/key'] },
  { name: 'a map as a key', text: with_('config: { { a: b }: c }'), want: ['8:13 yaml/key'] },
  { name: 'a list as an explicit key', text: '? [a]\n: b\n', want: ['1:3 yaml/key'] },
  { name: 'a merge key', text: with_('config: { <<: { a: 1 } }'), want: ['8:13 yaml/merge-key'] },
  { name: 'an anchor and its alias', text: with_('config: { a: &x 1, b: *x }'), want: ['8:19 yaml/alias', '8:25 yaml/alias'] },
  { name: 'an anchor that holds itself', text: 'a: &a { b: *a }', want: ['1:7 yaml/alias', '1:12 yaml/alias'] },
  { name: 'an alias of nothing', text: with_('config: { a: *x }'), want: ['8:16 yaml/alias'] },
  { name: 'a tag that would run code', text: with_('config: { a: !!js/function "x" }'), want: ['8:30 yaml/tag'] },
  { name: 'a tag that changes the type', text: with_('config: { a: !!binary aGk= }'), want: ['8:25 yaml/tag'] },
  { name: 'a tag on a map', text: with_('config: !x { a: 1 }'), want: ['8:14 yaml/tag'] },
  { name: 'the directive that makes yes a truth value', text: `%YAML 1.1\n---\n${CLUSTER}`, want: ['1:1 yaml/directive'] },
  { name: 'an integer beyond what can be held', text: with_('config: { a: 12345678901234567890 }'), want: ['8:16 yaml/number'] },
  { name: 'a version as a setting', text: with_('config: { a: 3.10 }'), want: ['8:16 yaml/reading'] },
  { name: 'infinity', text: with_('config: { a: .inf }'), want: ['8:16 yaml/number'] },
  { name: 'no number', text: with_('config: { a: .nan }'), want: ['8:16 yaml/number'] },
  { name: 'lone carriage returns, as from an old editor', text: CLUSTER.replaceAll('\n', '\r'), want: ['1:28 yaml/line-ending'] },
  { name: 'a NUL', text: `${CLUSTER}# \0\n`, want: ['8:3 yaml/hidden-character'] },
  { name: 'a NUL by escape', text: with_('config: { a: "\\0" }'), want: ['8:16 yaml/hidden-character'] },
  { name: 'a mark that turns text round', text: with_('config: { a: x\u202ey }'), want: ['8:17 yaml/hidden-character'] },
  { name: 'a line separator that only some editors show', text: `${CLUSTER}# a\u2028b\n`, want: ['8:4 yaml/hidden-character'] },
  { name: 'half of a surrogate pair', text: `${CLUSTER}# \ud800\n`, want: ['8:3 yaml/hidden-character'] },
  { name: 'a byte order mark in the middle', text: `${CLUSTER}\ufeff---\n`, want: ['8:1 yaml/hidden-character'] },
  {
    name: 'syntax and schema of two documents at once',
    text: `${instead('replicas', 'replica')}---\na: "\n`,
    want: ['4:1 schema/missing-field', '7:3 schema/unknown-field', '9:4 yaml/syntax'],
  },
];

/** Mistakes of layout: each is one problem, at the line where a person makes it, and hides nothing else that is wrong. */
export const BROKEN_LAYOUT: readonly BrokenText[] = [
  { name: 'a line too far in', text: instead('  dataPlane', '   dataPlane'), want: ['6:4 yaml/syntax'] },
  { name: 'a line too far out', text: instead('  dataPlane', ' dataPlane'), want: ['6:2 yaml/syntax'] },
  { name: 'the first line too far in', text: instead('  product', '    product'), want: ['5:5 yaml/syntax'] },
  {
    name: 'a line below a line too far out',
    text: `${instead('  dataPlane', ' dataPlane')}  config:\n    a: 1\n`,
    want: ['6:2 yaml/syntax'],
  },
  { name: 'fields beside an empty spec', text: CLUSTER.replaceAll('\n  ', '\n'), want: ['5:1 schema/unknown-field'] },
  {
    name: 'a name beside empty metadata',
    text: instead('metadata: { name: a }', 'metadata:\nname: a'),
    want: ['4:1 schema/unknown-field'],
  },
  { name: 'a line indented by a tab', text: instead('  dataPlane', '\tdataPlane'), want: ['6:1 yaml/tab'] },
  {
    name: 'every line indented by a tab',
    text: CLUSTER.replaceAll('\n  ', '\n\t'),
    want: ['5:1 yaml/tab', '6:1 yaml/tab', '7:1 yaml/tab'],
  },
  { name: 'a no-break space that indents', text: instead('  dataPlane', '\u00a0 dataPlane'), want: ['6:1 yaml/space'] },
  { name: 'a no-break space after a colon', text: instead('product: ', 'product:\u00a0'), want: ['5:11 yaml/space'] },
  { name: 'a no-break space at the end', text: instead('kafka', 'kafka\u00a0'), want: ['5:17 yaml/space'] },
  { name: 'a space of no width at the end', text: instead('kafka', 'kafka\u200b'), want: ['5:17 yaml/space'] },
  { name: 'a template for a value', text: instead('kafka', '{{ .Values.product }}'), want: ['5:12 yaml/template'] },
  { name: 'a template for a name', text: instead('{ name: a }', '\n  name: {{ .Release.Name }}'), want: ['4:9 yaml/template'] },
  {
    name: 'lines of a template',
    text: instead('  replicas', '  {{- if .big }}\n  replicas').replace(/$/, '  {{- end }}\n'),
    want: ['7:3 yaml/template', '9:3 yaml/template'],
  },
  { name: 'a line of another template', text: instead('  replicas', '  {% if big %}\n  replicas'), want: ['7:3 yaml/template'] },
  { name: 'a colon that is missing', text: instead('spec:', 'spec'), want: ['4:5 yaml/syntax'] },
  { name: 'a space that is missing after a colon', text: instead('product: kafka', 'product:kafka'), want: ['5:10 yaml/syntax'] },
  {
    name: 'two lines, and a value of the wrong type, in one round',
    text: `${instead('  dataPlane', '   dataPlane').replace('3', 'three')}\n---\n${instead('  product', '\tproduct')}`,
    want: ['6:4 yaml/syntax', '7:13 schema/type', '14:1 yaml/tab'],
  },
];

/** What looks like a mistake of layout, and is none. */
export const SOUND_LAYOUT: readonly (readonly [string, string])[] = [
  ['a list in the column of its key', 'a:\n- b: 1\n  c: 2\n- b: 3\nd:\n- - e\n  - f\n'],
  ['a block of text with colons, tabs and braces', 'a: |\n    x: 1\n  \ty: {{ z }}\n   w: 2\nb: 1\n'],
  ['a list over several lines', 'a: [\n  b,\n c ]\nd: 1\n'],
  ['a text that goes on below', 'a: one\n   two\n      three\nb: 1\n'],
  ['braces and odd spaces inside quotes and comments', 'a: "{{ b }}\u00a0" # {{\u00a0 c\n'],
];

export const OVER_A_LIMIT: readonly BrokenText[] = [
  { name: 'the 33rd bracket', text: `a: ${'['.repeat(33)}`, want: ['1:36 limit/depth'] },
  { name: '200 KB of brackets', text: '['.repeat(200_000), want: ['1:33 limit/depth'] },
  { name: '100,000 open maps', text: '{a: '.repeat(100_000), want: ['1:129 limit/depth'] },
  { name: '100,000 lists in a line', text: '- '.repeat(100_000), want: ['1:201 limit/depth'] },
  { name: '100,000 keys in a line', text: `${'? '.repeat(100_000)}a`, want: ['1:201 limit/depth'] },
  {
    name: 'the 33rd level by indentation',
    text: Array.from({ length: 34 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    want: ['33:33 limit/depth'],
  },
  { name: '1,001 keys', text: Array.from({ length: 1_001 }, (_, at) => `k${at}: 1`).join('\n'), want: ['1:1 limit/keys'] },
  { name: '40,000 keys', text: Array.from({ length: 40_000 }, (_, at) => `k${at}: 1`).join('\n'), want: ['20001:7 limit/values'] },
  { name: '2,001 items', text: with_(`config: [${'1,'.repeat(2_001)}]`), want: ['8:11 limit/items'] },
  { name: '5,001 documents', text: '---\na: 1\n'.repeat(5_001), want: ['10001:1 limit/documents'] },
  { name: '1 MiB and a byte', text: `# ${'x'.repeat(1024 * 1024 - 1)}`, want: ['1:1 limit/file-size'] },
];

export const WRONG_SHAPE: readonly BrokenText[] = [
  { name: 'no map', text: 'hello world', want: ['1:1 schema/type'] },
  { name: 'a list', text: '- a\n', want: ['1:1 schema/type'] },
  { name: 'neither apiVersion nor kind', text: 'a: 1\n', want: ['1:1 schema/missing-field', '1:1 schema/missing-field'] },
  { name: 'an unknown kind', text: instead('Cluster', 'Clster'), want: ['2:7 schema/unknown-kind'] },
  {
    name: 'an unknown apiVersion, with all else that is wrong',
    text: instead('/v1', '/v2').replace('3', '0'),
    want: ['1:13 schema/unknown-api-version', '7:13 schema/range'],
  },
  {
    name: 'a misspelt field, and so a missing one',
    text: instead('replicas', 'replica'),
    want: ['4:1 schema/missing-field', '7:3 schema/unknown-field'],
  },
  { name: 'a missing field in a list, at its item', text: inPhase('rest: true'), want: ['6:7 schema/missing-field'] },
  { name: 'text for a number', text: instead('3', '"3"'), want: ['7:13 schema/type'] },
  { name: 'a fraction for a whole number', text: instead('3', '1.5'), want: ['7:13 schema/type'] },
  { name: 'nothing, at the key', text: instead(' 3', ''), want: ['7:3 schema/type'] },
  {
    name: 'a version without quotes',
    text: with_('pin: { version: 3.10, reason: abc, expires: "2027-01-01T00:00:00Z" }'),
    want: ['8:19 schema/type'],
  },
  { name: 'yes for true', text: with_('featureFlags: { a: yes }'), want: ['8:22 schema/type'] },
  { name: 'a name in capitals', text: instead('name: a', 'name: A'), want: ['3:19 schema/pattern'] },
  {
    name: 'a label value with illegal characters',
    text: instead('name: a', 'name: a, labels: { x: "a b" }'),
    want: ['3:35 schema/pattern'],
  },
  { name: 'a label key with illegal characters', text: instead('name: a', 'name: a, labels: { "a b": x }'), want: ['3:32 schema/pattern'] },
  { name: 'the 30th of February', text: with_('optOut: { reason: abc, expires: "2026-02-30T00:00:00Z" }'), want: ['8:35 schema/pattern'] },
  {
    name: 'a leap second, which no clock here knows',
    text: with_('optOut: { reason: abc, expires: "2026-12-31T23:59:60Z" }'),
    want: ['8:35 schema/pattern'],
  },
  { name: 'a date without zone', text: with_('optOut: { reason: abc, expires: "2026-12-31T23:59:59" }'), want: ['8:35 schema/pattern'] },
  { name: 'a value that is not in the list', text: inPhase('rest: true\nmaxConcurrent: 1\nonFailure: stop'), want: ['10:18 schema/value'] },
  { name: 'rest: false', text: inPhase('rest: false\nmaxConcurrent: 1'), want: ['8:13 schema/value'] },
  { name: 'a phase without members', text: inPhase('maxConcurrent: 1'), want: ['6:7 schema/choice'] },
  { name: 'a phase with two kinds of members', text: inPhase('maxConcurrent: 1\nrest: true\nselect: {}'), want: ['6:7 schema/choice'] },
  ...['0', '-1', '"0%"', '"101%"', '"50"', '"5 %"', '1.5', '"1e2%"', 'null', '[]'].map((value) => ({
    name: `a concurrency of ${value}`,
    text: inPhase(`rest: true\nmaxConcurrent: ${value}`),
    want: ['9:22 schema/pattern'],
  })),
  { name: 'a reason of two letters', text: with_('optOut: { reason: ab }'), want: ['8:21 schema/length'] },
  {
    name: 'an empty list',
    text: inPhase('maxConcurrent: 1\nselect: { matchExpressions: [{ key: a, operator: In, values: [] }] }'),
    want: ['9:68 schema/length'],
  },
  {
    name: 'an item twice, at the second',
    text: 'apiVersion: flotilla.dev/v1\nkind: Freeze\nmetadata: { name: a }\nspec:\n  reason: abc\n  products: [a, b, a]\n  schedule: { cron: "0 0 * * *", duration: 1h }\n',
    want: ['6:20 schema/duplicate-item'],
  },
  {
    name: 'a second document of an unknown kind',
    text: `${CLUSTER}---\nkind: Pod\n`,
    want: ['9:1 schema/missing-field', '9:7 schema/unknown-kind'],
  },
];
