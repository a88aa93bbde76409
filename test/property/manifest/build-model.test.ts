import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BuiltModel, buildModel } from '../../../src/core/manifest/build-model.ts';
import type { ModelFile } from '../../../src/core/manifest/file-changes.ts';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';

const NOW = instant(Date.parse('2026-11-21T06:00:00Z'));
const head = (kind: string, name: string): string => `apiVersion: flotilla.dev/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n`;

const FLEET = [
  `${head('Fleet', 'f')}spec: { defaultStrategy: s, dataPlanes: [{ name: eu, kind: simulated }], ignore: [docs/**] }\n`,
  `${head('Fleet', 'f')}spec: { defaultStrategy: s, dataPlanes: [{ name: eu, kind: simulated }] }\n`,
];
const STRATEGY = [
  `${head('Strategy', 's')}spec:\n  phases:\n    - { name: a, select: { matchLabels: { tier: x } }, maxConcurrent: 1, soak: 1m }\n    - { name: b, cohort: { size: 50% }, canary: true, maxConcurrent: 1, soak: 1m }\n    - { name: c, rest: true, maxConcurrent: 1, soak: 1m }\n`,
  `${head('Strategy', 's')}spec:\n  phases:\n    - { name: a, select: { matchLabels: { tier: x } }, maxConcurrent: 1, soak: 2m }\n    - { name: c, rest: true, maxConcurrent: 1, soak: 1m }\n`,
  `${head('Strategy', 's')}spec:\n  phases:\n    - { name: a, select: { matchLabels: { tier: y } }, maxConcurrent: 1, soak: 1m }\n`,
];
const PRODUCT = [`${head('Product', 'k')}spec: { workload: { kind: StatefulSet }, versions: [{ version: "1.0" }, { version: "1.1" }] }\n`];
const RELEASE = [
  `${head('Release', 'r')}spec: { product: k, version: "1.0", select: {} }\n`,
  `${head('Release', 'r')}spec: { product: k, version: "1.1", select: {}, exceptions: [{ clusters: [c1], version: "1.0", reason: abc, expires: "2027-01-01T00:00:00Z" }] }\n`,
  `${head('Release', 'r')}spec: { product: k, version: "1.1", select: { matchLabels: { tier: x } } }\n---\n${head('Release', 'q')}spec: { product: k, version: "1.1", select: { matchLabels: { tier: y } } }\n`,
];
const WINDOW = [
  `${head('Window', 'w')}spec: { schedule: { cron: "0 2 * * *", duration: 1h }, reason: abc, select: { matchLabels: { tier: y } } }\n`,
  '# none\n',
];
const cluster = (name: string, tier: string, more = ''): string =>
  `${head('Cluster', name)}  labels: { tier: ${tier} }\nspec:\n  product: k\n  dataPlane: eu\n  replicas: 3\n${more}`;
const CLUSTER = [
  ...['c1', 'c2', 'c3'].flatMap((name) => ['x', 'y'].map((tier) => cluster(name, tier))),
  cluster('c4', 'x', '  pin: { version: "1.0", reason: abc, expires: "2026-01-01T00:00:00Z" }\n'),
  cluster('c5', 'y', '  pin: { version: "9.9", reason: abc, expires: "2027-01-01T00:00:00Z" }\n'),
  cluster('c6', 'y').replace('replicas: 3', 'replicas: 0'),
  `${cluster('c7', 'x')}---\n${cluster('c8', 'y')}`,
];

const pools: Readonly<Record<string, readonly string[]>> = {
  'fleet.yaml': FLEET,
  'strategy.yaml': STRATEGY,
  'product.yaml': PRODUCT,
  'release.yaml': RELEASE,
  'window.yaml': WINDOW,
  ...Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'docs/f'].map((name) => [`${name}.yaml`, CLUSTER])),
};
/** A step: one file gets another text, or goes. Cluster files are changed most, as in life. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(
      fc.constantFrom('a.yaml', 'b.yaml', 'c.yaml', 'd.yaml', 'e.yaml', 'docs/f.yaml'),
      fc.integer({ min: -1, max: CLUSTER.length - 1 }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...Object.keys(pools))
      .chain((path) => fc.tuple(fc.constant(path), fc.integer({ min: 0, max: (pools[path]?.length ?? 1) - 1 }))),
  },
);

const shown = ({ model, problems, fileProblems }: BuiltModel) => ({
  problems: [
    ...problems.map(({ place, code, message }) => `${place.file}#${place.index}/${place.path.join('/')} ${code} ${message}`),
  ].sort(),
  fileProblems,
  releases: [...(model?.releases.keys() ?? [])],
  clusters: [...(model?.clusters ?? [])]
    .map(([name, { file, index, value }]) => ({ name, file, index, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1)),
  releaseOf: [...(model?.releaseOf ?? [])].sort(),
});

it('builds the same from what was built before as from nothing', () => {
  let reused = 0;
  fc.assert(
    fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 }), (commits) => {
      const parsed = new Map<string, ModelFile['parsed']>();
      const parse = (text: string): ModelFile['parsed'] => {
        const known = parsed.get(text) ?? parseFile({ kind: 'text', text });
        parsed.set(text, known);
        return known;
      };
      const files = new Map(
        ['fleet', 'strategy', 'product', 'release', 'window'].map((name) => [`${name}.yaml`, pools[`${name}.yaml`]?.[0] ?? '']),
      );
      for (const [at, name] of ['a', 'b', 'c'].entries()) files.set(`${name}.yaml`, CLUSTER[at * 2 + (at % 2)] ?? '');
      let previous: BuiltModel | undefined;
      for (const commit of [[], ...commits]) {
        for (const [path, choice] of commit) {
          const text = pools[path]?.[choice];
          if (text === undefined) files.delete(path);
          else files.set(path, text);
        }
        const list = [...files].map(([path, text]) => ({ file: { path, blob: trusted.blob(path) }, parsed: parse(text) }));
        const built: BuiltModel = buildModel(list, { now: NOW, previous });
        expect(shown(built)).toEqual(shown(buildModel(list, { now: NOW })));
        if (previous?.model !== undefined && built.model !== undefined) reused += 1;
        if (built.model !== undefined) previous = built;
      }
    }),
    { numRuns: 300 },
  );
  expect(reused).toBeGreaterThan(100);
});
