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

describe('says one cause, and what follows from it below it:', () => {
  const twice = { 'r.yaml': manifest('Release', 'other', 'product: kafka\nversion: "3.9.0"\nselect: { matchLabels: { tier: customer } }') };
  it.each<[string, Edit, string, string]>([
    [
      'a product that is missing',
      { files: { 'product.yaml': undefined } },
      'release.yaml:6:12 unknown-product',
      'no Product is named `kafka`; named by 2 clusters (kafka-a, kafka-b) -> add the Product, or correct the name',
    ],
    [
      'a product that is misspelt in its release',
      { replace: { 'release.yaml': ['product: kafka', 'product: kafak'] } },
      'release.yaml:6:12 unknown-product',
      'no Product is named `kafak`, so 2 clusters (kafka-a, kafka-b) of kafka are selected by no release -> did you mean `kafka`?',
    ],
    [
      'a release that is missing',
      { files: { 'release.yaml': undefined } },
      'clusters.yaml:5:11 cluster-unselected',
      'no Release is for product `kafka`, so 2 clusters (kafka-a, kafka-b) of kafka are selected by no release -> add a Release of it',
    ],
    [
      'a label value that is misspelt in a release',
      {
        replace: {
          'release.yaml': ['select: {}', 'select: { matchExpressions: [{ key: tier, operator: In, values: [canary, custmer] }] }'],
        },
      },
      'release.yaml:8:76 unknown-label',
      'no cluster has `tier: custmer`, so cluster `kafka-b` of kafka is selected by no release -> did you mean `customer`? known values of `tier`: canary, customer',
    ],
    [
      'a label that is misspelt in a canary phase',
      { replace: { 'strategy.yaml': ['tier: canary', 'teir: canary'] } },
      'strategy.yaml:8:38 unknown-label',
      'no cluster has a label `teir`, so this canary phase has no cluster in release kafka -> did you mean `tier`? known labels: tier',
    ],
    [
      'a strategy that is missing',
      {
        files: { 'strategy.yaml': undefined, ...twice },
        replace: { 'release.yaml': ['select: {}', 'select: { matchLabels: { tier: canary } }\n  strategy: standard'] },
      },
      'fleet.yaml:6:20 unknown-strategy',
      'no Strategy is named `standard`; named by 1 other place -> add the Strategy, or correct the name',
    ],
    [
      'a data plane that was renamed',
      { replace: { 'fleet.yaml': ['name: eu', 'name: europe'], 'clusters.yaml': ['dataPlane: us', 'dataPlane: eu'] } },
      'clusters.yaml:8:14 unknown-data-plane',
      'the Fleet has no data plane `eu`; named by 2 clusters (kafka-a, kafka-b) -> add it to the Fleet, or correct the name; known: europe, us',
    ],
  ])('%s', (_name, edit, place, what) => {
    expect(placed(edit)).toEqual([place]);
    expect(said(edit)).toEqual([what]);
    expect(load(edit).model).toBeUndefined();
  });

  it('warns of a label value that no cluster has, where nothing follows from it', () => {
    const edit = {
      files: {
        'w.yaml': manifest(
          'Window',
          'w',
          'schedule: { cron: "0 1 * * *", duration: 1h }\nreason: for the test\nselect: { matchExpressions: [{ key: tier, operator: NotIn, values: [canry] }] }',
        ),
      },
    };
    expect(said(edit)).toEqual(['no cluster has `tier: canry` -> did you mean `canary`? known values of `tier`: canary, customer']);
    expect(load(edit).model).toBeDefined();
  });
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
    manifest(
      'Cluster',
      `c-${at + 10}`,
      'product: kafka\ndataPlane: eu\nreplicas: 1\npin: { version: "3.9.0", reason: for the test, expires: "2020-01-01T00:00:00Z" }',
    ),
  ).join('---\n');
  const { problems } = load({ files: { 'many.yaml': clusters } });
  expect(problems.map(({ code }) => code)).toEqual(Array.from({ length: 51 }, () => 'pin-expired'));
  expect(problems.at(-1)?.message).toMatch(/^30 more clusters with the same problem \(pin-expired\): c-60, c-61, .*, c-79 and 10 more$/);
});

it('looks at two cron expressions that never open, and then stops searching', () => {
  const schedule = 'schedule: { cron: "0 0 30 2 *", duration: 1h }\nreason: for the table';
  const { problems } = load({
    files: { 'w.yaml': Array.from({ length: 200 }, (_, at) => manifest('Window', `w-${at}`, schedule)).join('---\n') },
  });
  expect(problems).toHaveLength(3);
  expect(problems.some(({ message }) => message.includes('the others were not looked at'))).toBe(true);
});

it('names every recurrence rule that never opens, which costs little to find out', () => {
  const schedule = 'schedule: { rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30, duration: 1h }\nreason: for the table';
  const { problems } = load({
    files: { 'w.yaml': Array.from({ length: 20 }, (_, at) => manifest('Window', `w-${at}`, schedule)).join('---\n') },
  });
  expect(problems.map(({ code }) => code)).toEqual(Array.from({ length: 20 }, () => 'never-opens'));
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
