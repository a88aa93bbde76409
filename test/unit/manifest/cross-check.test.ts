import { describe, expect, it } from 'vitest';
import { validateFiles } from '../../../src/core/manifest/load.ts';
import { instant } from '../../../src/core/model/time.ts';
import { CONTRADICTIONS } from './contradictions.ts';
import { type Edit, edited, manifest, SMALL_FLEET } from './small-fleet.ts';

const NOW = instant(Date.parse('2026-11-21T06:00:00Z'));

const load = (edit: Edit) =>
  validateFiles(
    Object.entries(edited(edit)).map(([path, text]) => ({ path, content: { kind: 'text', text } })),
    NOW,
  );
const placed = (edit: Edit) => load(edit).problems.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`);
const said = (edit: Edit) => load(edit).problems.map(({ message, hint }) => `${message} -> ${hint}`);

it('finds nothing wrong with the small fleet', () => {
  const { model, problems } = load({});
  expect(problems).toEqual([]);
  expect(model?.clusters.size).toBe(2);
  expect([...(model?.releaseOf ?? [])]).toEqual([
    ['kafka-a', 'kafka'],
    ['kafka-b', 'kafka'],
  ]);
});

describe('finds', () => {
  it.each(CONTRADICTIONS)('$name', ({ want, ...edit }) => expect(placed(edit)).toEqual(want));
});

it('gives a model only where there is no error', () => {
  for (const contradiction of CONTRADICTIONS) {
    const { model, problems } = load(contradiction);
    expect([contradiction.name, model === undefined]).toEqual([contradiction.name, problems.some(({ severity }) => severity === 'error')]);
  }
});

describe('says', () => {
  it.each<[string, Edit, string]>([
    [
      'which release was meant',
      { replace: { 'clusters.yaml': ['product: kafka', 'product: kafak'] } },
      'no Product is named `kafak` -> did you mean `kafka`?',
    ],
    [
      'every release that selects a cluster',
      { files: { 'r.yaml': manifest('Release', 'all', 'product: kafka\nversion: "3.9.0"\nselect: {}') } },
      'cluster `kafka-a` is selected by several releases: all, kafka -> narrow their selections, or change the labels of the cluster',
    ],
    [
      'the whole circle',
      {
        replace: { 'product.yaml': ['  versions', '  requires: [b]\n  versions'] },
        files: { 'b.yaml': manifest('Product', 'b', 'requires: [kafka]\nworkload: { kind: Custom }\nversions: [{ version: "1.0" }]') },
      },
      'products require each other in a circle: b requires kafka requires b -> remove one of these links',
    ],
    [
      'why a version is withdrawn',
      { replace: { 'release.yaml': ['3.9.0', '3.8.1'] } },
      'version 3.8.1 of kafka is withdrawn: loses messages -> use another version: 3.8.0, 3.9.0',
    ],
    [
      'which versions there are',
      { replace: { 'release.yaml': ['3.9.0', '5.0.0'] } },
      'Product kafka lists no version 5.0.0 -> add it to spec.versions of the Product, or use a listed one; known: 3.8.0, 3.9.0',
    ],
  ])('%s', (_name, edit, want) => expect(said(edit)).toContain(want));
});

describe('reports all problems at once', () => {
  it('of files and between files', () => {
    const edit = { replace: { 'clusters.yaml': ['replicas: 3', 'replicas: x'], 'release.yaml': ['3.9.0', '5.0.0'] } } as const;
    expect(placed(edit)).toEqual(['clusters.yaml:9:13 schema/type', 'release.yaml:7:12 unknown-version']);
  });

  it.each<[string, Edit, readonly string[]]>([
    ['a product', { replace: { 'product.yaml': ['StatefulSet', 'Statefulset'] } }, ['product.yaml:6:21 schema/value']],
    ['a release', { replace: { 'release.yaml': ['"3.9.0"', '3.10'] } }, ['release.yaml:7:12 schema/type']],
    ['a strategy', { replace: { 'strategy.yaml': ['soak: 1h', 'soak: 1x'] } }, ['strategy.yaml:11:13 schema/pattern']],
    [
      'the fleet',
      { replace: { 'fleet.yaml': ['  dataPlanes', '  dataPlane'] } },
      ['fleet.yaml:5:1 schema/missing-field', 'fleet.yaml:7:3 schema/unknown-field'],
    ],
    [
      'a document of which not even the kind can be read',
      { replace: { 'product.yaml': ['kind: Product', 'kind Product'] } },
      ['product.yaml:2:1 yaml/syntax'],
    ],
    ['a file that is too large', { files: { 'product.yaml': ' '.repeat(1024 * 1024 + 1) } }, ['product.yaml:1:1 limit/file-size']],
  ])('without calling what depends on %s wrong as well', (_name, edit, want) => expect(placed(edit)).toEqual(want));
});

it('tells 50 clusters of one problem, and counts the others', () => {
  const clusters = Array.from({ length: 80 }, (_, at) =>
    manifest('Cluster', `c-${at + 10}`, 'product: kafka\ndataPlane: mars\nreplicas: 1'),
  ).join('---\n');
  const { problems } = load({ files: { 'many.yaml': clusters } });
  expect(problems.map(({ code }) => code)).toEqual(Array.from({ length: 51 }, () => 'unknown-data-plane'));
  expect(problems.at(-1)?.message).toMatch(
    /^30 more clusters with the same problem \(unknown-data-plane\): c-60, c-61, .*, c-79 and 10 more$/,
  );
});

it('looks at three schedules that never open, and then stops searching', () => {
  const schedule = 'schedule: { rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30, duration: 1h }\nreason: for the table';
  const { problems } = load({
    files: { 'w.yaml': Array.from({ length: 200 }, (_, at) => manifest('Window', `w-${at}`, schedule)).join('---\n') },
  });
  expect(problems).toHaveLength(4);
  expect(problems.some(({ message }) => message.includes('the others were not looked at'))).toBe(true);
});

describe('ignores', () => {
  const NOT_OURS = 'kind: Deployment\n';
  it.each<[string, readonly string[], boolean]>([
    ['what a glob of the Fleet names', ['docs/x.yaml'], true],
    ['hidden folders', ['.github/x.yaml', 'a/.b/x.yml'], true],
    ['what is no YAML', ['README.md'], true],
    ['nothing else: a typing error must not be an omission', ['x.yaml'], false],
    ['no file just because its own name is hidden', ['.x.yaml'], false],
  ])('%s', (_name, paths, ignored) => {
    const files = Object.fromEntries([...paths, 'docs/y.yaml'].map((path) => [path, NOT_OURS]));
    const { problems } = load({ files, replace: { 'fleet.yaml': ['  defaultStrategy', '  ignore: [docs/**]\n  defaultStrategy'] } });
    expect(problems.length === 0).toBe(ignored);
  });

  it('everything outside fleet-manifests/ where there is such a folder', () => {
    const entries = Object.entries(SMALL_FLEET).map(([path, text]) => ({
      path: `fleet-manifests/${path}`,
      content: { kind: 'text', text } as const,
    }));
    const { model, problems } = validateFiles([...entries, { path: 'deploy.yaml', content: { kind: 'text', text: NOT_OURS } }], NOW);
    expect(problems).toEqual([]);
    expect(model?.fleet.file).toBe('fleet-manifests/fleet.yaml');
  });
});
