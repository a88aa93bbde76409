import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import type { DesiredCluster } from '../../../src/core/desired/desired.ts';
import type { Cluster } from '../../../src/core/manifest/generated.ts';
import { revisionOf } from '../../../src/core/model/hash.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { cluster, type Documents, fleetModel, product, release } from '../../support/fleet-model.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const EXPIRES = '2020-01-01T00:00:00Z';
const expires = instant(Date.parse(EXPIRES));

function desiredOf(name: string, documents: Documents): DesiredCluster {
  const desired = computeDesired(fleetModel(documents)).get(trusted.cluster(name));
  if (desired === undefined) throw new Error(`no ${name}`);
  return desired;
}

const one = (spec: Partial<Cluster['spec']>, releaseSpec: Parameters<typeof release>[1] = {}): DesiredCluster =>
  desiredOf('a', { clusters: [cluster('a', {}, spec)], releases: [release('r', releaseSpec)] });

describe('what a cluster should run', () => {
  it('takes config from product, release and cluster, the nearer one first', () => {
    const { spec } = desiredOf('a', {
      products: [product('kafka', { config: { p: 1, pr: 1, prc: 1 } })],
      releases: [release('r', { config: { pr: 2, prc: 2, r: 2 }, featureFlags: { r: true, rc: true } })],
      clusters: [cluster('a', {}, { config: { prc: 3, c: 3 }, featureFlags: { rc: false, c: true } })],
    });
    expect(spec.config).toEqual({ p: 1, pr: 2, prc: 3, r: 2, c: 3 });
    expect(spec.featureFlags).toEqual({ r: true, c: true });
  });

  it('is what its revision is the hash of', () => {
    const { spec, revision } = one({ replicas: 5 }, { config: { x: 1 } });
    expect(spec.replicas).toBe(5);
    expect(revision).toBe(revisionOf(spec));
  });

  it.each<[string, Partial<Cluster['spec']>, Parameters<typeof release>[1], string, string | undefined]>([
    ['the release', {}, {}, '3.8.0', undefined],
    ['an exception beats the release', {}, { exceptions: [exception('3.7.0', ['a'])] }, '3.7.0', 'exception'],
    ['an exception for others does not', {}, { exceptions: [exception('3.7.0', ['b'])] }, '3.8.0', undefined],
    [
      'the first of two exceptions counts',
      {},
      { exceptions: [exception('3.7.0', ['a']), exception('3.9.0', ['a'])] },
      '3.7.0',
      'exception',
    ],
    [
      'a pin beats both',
      { pin: { version: '3.9.0', reason: 'why', expires: EXPIRES } },
      { exceptions: [exception('3.7.0', ['a'])] },
      '3.9.0',
      'pin',
    ],
    [
      'a pin at the version of the release holds nothing',
      { pin: { version: '3.8.0', reason: 'why', expires: EXPIRES } },
      {},
      '3.8.0',
      undefined,
    ],
  ])('version: %s', (_name, spec, releaseSpec, version, by) => {
    const desired = one(spec, releaseSpec);
    expect(desired.spec.version).toBe(version);
    expect(desired.pinnedBy?.by).toBe(by);
  });

  it('is held by a pin that has expired years ago, because time alone moves nobody', () => {
    const { spec, pinnedBy } = one({ pin: { version: '3.7.0', reason: 'old broker disks', expires: EXPIRES } });
    expect(spec.version).toBe('3.7.0');
    expect(pinnedBy).toEqual({ by: 'pin', releaseVersion: '3.8.0', reason: 'old broker disks', expires });
  });

  it.each<[string, Parameters<typeof release>[1], Partial<Cluster['spec']>, string | undefined]>([
    ['by version', {}, {}, 'registry/kafka:3.8.0'],
    ['with the digest of the release', { imageDigest: DIGEST }, {}, `registry/kafka:3.8.0@${DIGEST}`],
    [
      'without it where a pin holds another version',
      { imageDigest: DIGEST },
      { pin: { version: '3.7.0', reason: 'why', expires: EXPIRES } },
      'registry/kafka:3.7.0',
    ],
  ])('image: %s', (_name, releaseSpec, spec, image) => expect(one(spec, releaseSpec).spec.image).toBe(image));

  it('replaces a digest that the product gives by that of the release', () => {
    const versions = [{ version: '3.8.0', image: `registry/kafka@sha256:${'b'.repeat(64)}` }];
    const documents = {
      products: [product('kafka', { versions })],
      clusters: [cluster('a')],
      releases: [release('r', { imageDigest: DIGEST })],
    };
    expect(desiredOf('a', documents).spec.image).toBe(`registry/kafka@${DIGEST}`);
  });

  it('carries the opt-out and labels along', () => {
    const desired = desiredOf('a', {
      clusters: [cluster('a', { tier: 'prod' }, { optOut: { reason: 'audit', expires: EXPIRES } })],
      releases: [release('r')],
    });
    expect(desired).toMatchObject({ release: 'r', dataPlane: 'aws-eu', labels: { tier: 'prod' }, optOut: { reason: 'audit', expires } });
    expect(one({ optOut: { reason: 'for good' } }).optOut).toEqual({ reason: 'for good', expires: undefined });
  });

  it('says where its object is, which makes no other revision', () => {
    const placed = one({ workload: { namespace: 'tenant' } });
    expect(placed.workload).toEqual({ namespace: 'tenant', name: undefined });
    expect([one({}).workload, one({}).revision]).toEqual([undefined, placed.revision]);
  });
});

describe('the fleet', () => {
  const names = ['b', 'c', 'a'];
  const documents: Documents = { clusters: names.map((name) => cluster(name)), releases: [release('r')] };

  it('comes in order of cluster id, however it was read', () => {
    expect([...computeDesired(fleetModel(documents)).keys()]).toEqual(['a', 'b', 'c']);
  });

  it('shares one spec among clusters that want the same', () => {
    const desired = computeDesired(
      fleetModel({ ...documents, clusters: [...(documents.clusters ?? []), cluster('d', {}, { config: { x: 1 } })] }),
    );
    const specOf = (name: string) => desired.get(trusted.cluster(name))?.spec;
    expect(specOf('a')).toBe(specOf('b'));
    expect(specOf('d')).not.toEqual(specOf('a'));
  });

  it.each<[string, (documents: Documents) => Documents, readonly string[]]>([
    ['nothing', (same) => same, ['a', 'b', 'c']],
    [
      'one cluster',
      (same) => ({ ...same, clusters: same.clusters?.map((each) => (each.metadata.name === 'b' ? cluster('b') : each)) ?? [] }),
      ['a', 'c'],
    ],
    ['its release', (same) => ({ ...same, releases: [release('r')] }), []],
    ['its product', (same) => ({ ...same, products: [product('kafka')] }), []],
  ])('takes over entries of an earlier commit; changed: %s', (_name, edit, kept) => {
    const base = { products: [product('kafka')], ...documents };
    const before = fleetModel(base);
    const desired = computeDesired(before);
    const after = computeDesired(fleetModel(edit(base)), { model: before, desired });
    expect([...after].filter(([id, entry]) => desired.get(id) === entry).map(([id]) => id)).toEqual(kept);
    expect(after).toEqual(desired);
  });

  it('does not take over an entry whose cluster went to another release', () => {
    const moved = cluster('a', { tier: 'x' });
    const before = fleetModel({ clusters: [moved], releases: [release('r')] });
    const [r, other] = [release('r', { select: { matchLabels: { tier: 'y' } } }), release('other', { version: '3.9.0' })];
    const after = computeDesired(fleetModel({ clusters: [moved], releases: [r, other] }), {
      model: before,
      desired: computeDesired(before),
    });
    expect(after.get(trusted.cluster('a'))?.spec.version).toBe('3.9.0');
  });
});

function exception(version: string, clusters: string[]) {
  return { clusters, version, reason: 'why', expires: EXPIRES };
}
