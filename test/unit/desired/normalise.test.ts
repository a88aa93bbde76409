import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import type { ConfigValue, DesiredSpec } from '../../../src/core/desired/desired.ts';
import { diffDesired } from '../../../src/core/desired/diff-desired.ts';
import { differencesOf, normaliseSpec, normaliseValue, observedDifferences } from '../../../src/core/desired/normalise.ts';
import { revisionOf } from '../../../src/core/model/hash.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { cluster, fleetModel, product, release } from '../../support/fleet-model.ts';

describe('a value', () => {
  it.each<[ConfigValue, ConfigValue]>([
    ['2', 2],
    ['-1', -1],
    ['0.5', 0.5],
    ['true', true],
    ['false', false],
    // A text that reads otherwise once it is a number is a text.
    ['0640', '0640'],
    ['3.10', '3.10'],
    ['1e3', '1e3'],
    [' 2', ' 2'],
    ['', ''],
    ['Infinity', 'Infinity'],
    ['NaN', 'NaN'],
    ['9007199254740993', '9007199254740993'],
    ['True', 'True'],
    ['none', 'none'],
    [2, 2],
    [true, true],
  ])('%j is %j', (written, want) => expect(normaliseValue(written)).toBe(want));
});

type Settings = Pick<DesiredSpec, 'config' | 'featureFlags'>;

const desired = ({ config, featureFlags }: Partial<Settings>) =>
  computeDesired(
    fleetModel({
      products: [product('kafka', { config: { 'num.io.threads': 8, 'log.retention.hours': 72 } })],
      releases: [release('r', { ...(config && { config }), ...(featureFlags && { featureFlags }) })],
      clusters: [cluster('a')],
    }),
  );
const PLAIN: Settings = {
  config: { 'auto.create.topics.enable': false, 'broker.rack': 'a', 'log.segment.bytes': 1_073_741_824 },
  featureFlags: { tiered: true },
};
const revision = (settings: Partial<Settings>) => desired(settings).get(trusted.cluster('a'))?.revision;

describe('a revision', () => {
  it('of a spec that is written plainly never changes: data planes and databases know it', () => {
    expect(revision(PLAIN)).toBe('1979c2fa5548e504');
  });

  it.each<[string, Settings]>([
    ['numbers as text', { ...PLAIN, config: { ...PLAIN.config, 'log.segment.bytes': '1073741824' } }],
    ['flags of the config as text', { ...PLAIN, config: { ...PLAIN.config, 'auto.create.topics.enable': 'false' } }],
    ['a feature flag that is off', { ...PLAIN, featureFlags: { tiered: true, fast: false } }],
    ['what the product says, once more, as text', { ...PLAIN, config: { ...PLAIN.config, 'num.io.threads': '8' } }],
  ])('does not depend on writing: %s', (_name, settings) => {
    expect(revision(settings)).toBe(revision(PLAIN));
    expect(diffDesired(desired(PLAIN), desired(settings))).toEqual([]);
  });

  it.each<[string, Settings]>([
    ['another number', { ...PLAIN, config: { ...PLAIN.config, 'log.segment.bytes': 2 } }],
    ['a number with a zero before it', { ...PLAIN, config: { ...PLAIN.config, 'broker.rack': '0640' } }],
    ['a feature flag more', { ...PLAIN, featureFlags: { tiered: true, fast: true } }],
    ['a feature flag less', { ...PLAIN, featureFlags: { tiered: false } }],
  ])('depends on what is said: %s', (_name, settings) => {
    expect(revision(settings)).not.toBe(revision(PLAIN));
    expect(diffDesired(desired(PLAIN), desired(settings)).map(({ kind }) => kind)).toEqual(['updated']);
  });

  it('is the hash of the spec as it is kept', () => {
    for (const { spec, revision: own } of desired({ config: { a: '2' }, featureFlags: { f: false } }).values()) {
      expect([own, normaliseSpec(spec)]).toEqual([revisionOf(spec), spec]);
      expect(spec).toMatchObject({ config: { a: 2 }, featureFlags: {} });
    }
  });
});

describe('differences', () => {
  const spec: DesiredSpec = {
    product: 'kafka',
    version: '3.8.0',
    image: 'i',
    replicas: 3,
    config: { b: 1, a: 'x' },
    featureFlags: { f: true },
  };

  it.each<[string, Partial<DesiredSpec>, unknown]>([
    ['nothing', { config: { a: 'x', b: 1 } }, []],
    [
      'version before replicas',
      { replicas: 5, version: '3.9.0' },
      [
        { path: 'version', from: '3.8.0', to: '3.9.0' },
        { path: 'replicas', from: 3, to: 5 },
      ],
    ],
    ['an image that is gone', { image: undefined }, [{ path: 'image', from: 'i', to: undefined }]],
    [
      'settings by name: changed, gone, new',
      { config: { b: 2, c: true } },
      [
        { path: 'config.a', from: 'x', to: undefined },
        { path: 'config.b', from: 1, to: 2 },
        { path: 'config.c', from: undefined, to: true },
      ],
    ],
    ['a number and its text: none', { config: { b: '1', a: 'x' } }, []],
    [
      'a setting called as an object method',
      { config: { ...{ b: 1, a: 'x' }, toString: 'y' } },
      [{ path: 'config.toString', from: undefined, to: 'y' }],
    ],
    ['a flag that is off: it is absent', { featureFlags: { f: false } }, [{ path: 'featureFlags.f', from: true, to: undefined }]],
    [
      'another product first',
      { product: 'connect', version: '1.0' },
      [
        { path: 'product', from: 'kafka', to: 'connect' },
        { path: 'version', from: '3.8.0', to: '1.0' },
      ],
    ],
  ])('of two specs: %s', (_name, edit, want) => expect(differencesOf(spec, { ...spec, ...edit })).toEqual(want));

  it.each<[string, Partial<DesiredSpec>, Partial<DesiredSpec>, unknown]>([
    ['settings of its own', {}, { config: { b: '1', a: 'x', own: 'y' } }, []],
    ['an image that nobody chose', { image: undefined }, {}, []],
    ['an image that is not reported', {}, { image: undefined }, []],
    ['another image', {}, { image: 'j' }, [{ path: 'image', from: 'i', to: 'j' }]],
    ['a setting that is gone', {}, { config: { b: '1' } }, [{ path: 'config.a', from: 'x', to: undefined }]],
    ['a flag that is on', {}, { featureFlags: { f: true, g: true } }, [{ path: 'featureFlags.g', from: undefined, to: true }]],
  ])('between what is desired and what runs: %s', (_name, wanted, runs, want) => {
    const { product: _product, ...running } = { ...spec, ...runs };
    expect(observedDifferences({ ...spec, ...wanted }, running)).toEqual(want);
  });
});
