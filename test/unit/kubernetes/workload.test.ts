import { describe, expect, it } from 'vitest';
import { imageAt, tagOf } from '../../../src/adapters/kubernetes/brokers.ts';
import { dataOf, hashOfData, settingsOf } from '../../../src/adapters/kubernetes/settings.ts';
import { readStanding } from '../../../src/adapters/kubernetes/standing.ts';
import { workloadsOn } from '../../../src/adapters/kubernetes/workload.ts';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { cluster, fleetModel, product, release } from '../../support/fleet-model.ts';

describe('the object that a cluster is', () => {
  const model = fleetModel({
    releases: [release('r')],
    products: [product('kafka', { workload: { kind: 'StatefulSet', container: 'broker', configMap: '{name}-config' } })],
    clusters: [
      cluster('a'),
      cluster('b', {}, { workload: { namespace: 'tenant', name: 'kafka' } }),
      cluster('c', {}, { dataPlane: 'gcp' }),
    ],
  });
  const workloads = workloadsOn('aws-eu', computeDesired(model).values(), (name) => model.products.get(name)?.value);

  it('is named as the cluster, in the namespace named as its product', () => {
    const rest = { kind: 'StatefulSet', container: 'broker', configMap: 'a-config' };
    expect(workloads.get(trusted.cluster('a'))).toEqual({ namespace: 'kafka', name: 'a', ...rest });
  });

  it('is what its manifest says, where it says so', () => {
    expect(workloads.get(trusted.cluster('b'))).toMatchObject({ namespace: 'tenant', name: 'kafka', configMap: 'kafka-config' });
  });

  it('is on no other data plane', () => {
    expect([...workloads.keys()]).toEqual(['a', 'b']);
  });
});

describe('an image', () => {
  it.each([
    ['kafka:4.1.1', '4.1.1'],
    ['registry:5000/team/kafka:4.1.1@sha256:0a', '4.1.1'],
    ['registry:5000/team/kafka', undefined],
    ['kafka@sha256:0a', undefined],
  ])('%s has the tag %s', (image, tag) => {
    expect(tagOf(image)).toBe(tag);
  });

  it('keeps its repository at another version', () => {
    expect(imageAt('registry:5000/kafka:4.0.1@sha256:0a', '4.1.1', undefined)).toBe('registry:5000/kafka:4.1.1');
    expect(imageAt('registry:5000/kafka', '4.1.1', 'sha256:0b')).toBe('registry:5000/kafka:4.1.1@sha256:0b');
  });
});

describe('settings in a ConfigMap', () => {
  it('come back as they went in', () => {
    const settings = { config: { 'a.b': 2, c: true, d: 'x', e: '0640' }, featureFlags: { on: true } };
    expect(settingsOf(dataOf(settings))).toEqual(settings);
    expect(dataOf({ config: {}, featureFlags: { off: false } })).toEqual({});
  });

  it('have a hash that does not know their order', () => {
    expect(hashOfData({ a: '1', b: '2' })).toBe(hashOfData({ b: '2', a: '1' }));
    expect(hashOfData({ a: '1' })).not.toBe(hashOfData({ a: '2' }));
  });
});

describe('the order that stands on an object', () => {
  const notes = { 'flotilla.dev/epoch': '7', 'flotilla.dev/revision': '0123456789abcdef', 'flotilla.dev/mode': 'hold' };

  it('is read from its annotations', () => {
    expect(readStanding({})).toEqual({ ok: true, value: { fleet: undefined, cluster: undefined, accepted: undefined } });
    expect(readStanding(notes)).toMatchObject({ value: { accepted: { epoch: 7, mode: 'hold' } } });
  });

  it.each([
    { 'flotilla.dev/epoch': '0' },
    { 'flotilla.dev/epoch': '1e3' },
    { 'flotilla.dev/epoch': '99999999999999999999' },
    { 'flotilla.dev/mode': 'stop' },
    { 'flotilla.dev/revision': '' },
  ])('is nobody’s guess when somebody else has written there: %o', (wrong) => {
    expect(readStanding({ ...notes, ...wrong }).ok).toBe(false);
  });
});
