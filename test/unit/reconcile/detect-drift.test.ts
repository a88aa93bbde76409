import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { type DriftInput, detectDrift } from '../../../src/core/reconcile/detect-drift.ts';
import type { Drift } from '../../../src/core/reconcile/drift.ts';
import type { Observation, Observed } from '../../../src/core/reconcile/evidence.ts';
import { groupDrifts } from '../../../src/core/reconcile/group-drifts.ts';
import { type RolloutStatus, type TargetStatus, untouched } from '../../../src/core/reconcile/state.ts';
import { desiredCluster, planOf, version } from '../../support/small-world/plans.ts';
import { at, Scene, seen, unknown } from '../../support/small-world/scene.ts';

const A = trusted.cluster('east-a');
const runs = (more: Partial<Observed['running']>): Partial<Observed> => ({
  running: { version: version(2), image: undefined, replicas: 3, config: {}, featureFlags: {}, ...more },
});

/** One cluster that should be at revision 2. */
function look(observation: Observation | undefined, more: Partial<DriftInput> = {}): readonly Drift[] {
  return detectDrift({
    desired: new Map([[A, desiredCluster(A, 2)]]),
    observations: new Map(observation === undefined ? [] : [[observation.cluster, observation]]),
    rollouts: [],
    lastTargets: new Map(),
    silentDataPlanes: [],
    previous: [],
    now: at(100),
    ...more,
  });
}

const summary = (drifts: readonly Drift[]): readonly string[] =>
  drifts.map(({ key, kinds, lagging, differences }) =>
    [key, kinds.join('+'), lagging?.reason, ...differences.map(({ path, from, to }) => `${path} ${from} -> ${to}`)]
      .filter(Boolean)
      .join(' | '),
  );

const ended = (rolloutStatus: RolloutStatus, status: TargetStatus, detail = 'why') => ({
  lastTargets: new Map([[A, { rollout: trusted.rollout('r1'), rolloutStatus, target: { ...untouched(at(0)), status, detail } }]]),
});

describe('what was changed behind our back', () => {
  it.each([
    ['nothing', {}, []],
    ['the version', runs({ version: '1.9.0' }), ['cluster:east-a | version | version 1.2.0 -> 1.9.0']],
    ['the number of brokers', runs({ replicas: 4 }), ['cluster:east-a | replicas | replicas 3 -> 4']],
    [
      'several things, the gravest first',
      runs({ version: '1.9.0', replicas: 2 }),
      ['cluster:east-a | version+replicas | replicas 3 -> 2 | version 1.2.0 -> 1.9.0'],
    ],
    ['a feature flag', runs({ featureFlags: { tiered: true } }), ['cluster:east-a | config | featureFlags.tiered undefined -> true']],
    ['a flag that is off, as if it were absent', runs({ featureFlags: { tiered: false } }), []],
    ['a setting that nobody described', runs({ config: { 'log.dirs': '/data' } }), []],
    ['the image, where the release names none', runs({ image: 'kafka:1.2.0' }), []],
  ])('%s', (_name, more, want) => expect(summary(look(seen('east-a', 2, more)))).toEqual(want));

  it('compares settings as text, as data planes report them', () => {
    const wanted = desiredCluster(A, 2);
    const desired = new Map([[A, { ...wanted, spec: { ...wanted.spec, config: { 'num.io.threads': 8 } } }]]);
    expect(look(seen('east-a', 2, runs({ config: { 'num.io.threads': '8' } })), { desired })).toEqual([]);
    expect(summary(look(seen('east-a', 2, runs({ config: { 'num.io.threads': '16' } })), { desired }))).toEqual([
      'cluster:east-a | config | config.num.io.threads 8 -> 16',
    ]);
  });

  it('is no drift while a rollout is about to settle it, and is again once it has failed there', () => {
    const scene = new Scene(planOf({ from: 1, to: 2, phases: [{ members: ['east-a'] }] }));
    const behind = seen('east-a', 1);
    expect(look(behind, { rollouts: [scene] })).toEqual([]);
    scene.state = { ...scene.state, targets: new Map([[A, { ...untouched(at(0)), status: 'failed' }]]) };
    expect(look(behind, { rollouts: [scene], ...ended('paused', 'failed') })[0]?.lagging?.reason).toBe('failed');
  });
});

describe('a cluster that the fleet has moved past', () => {
  const behind = seen('east-a', 1);

  it.each([
    ['aborted', ended('aborted', 'deferred')],
    ['failed', ended('completed-with-deferrals', 'failed')],
    ['failed', ended('aborted', 'failed')],
    ['deferred', ended('completed-with-deferrals', 'deferred')],
    ['skipped', ended('completed', 'skipped')],
    ['unreachable', ended('completed-with-deferrals', 'unreachable')],
    ['never-selected', {}],
    ['never-selected', ended('completed', 'succeeded')],
  ])('lags: %s', (reason, more) => {
    const [drift] = look(behind, more);
    expect([drift?.kinds, drift?.lagging?.reason]).toEqual([['lagging'], reason]);
    expect(drift?.differences).toEqual([{ path: 'version', from: '1.2.0', to: '1.1.0' }]);
  });

  it('lags because it opted out', () => {
    const desired = new Map([[A, desiredCluster(A, 2, { optOut: { reason: 'black Friday', expires: at(0) } })]]);
    expect(look(behind, { desired })[0]?.lagging).toEqual({
      reason: 'opted-out',
      words: 'opted out until 2023-11-14 22:13:20 UTC: black Friday',
    });
  });

  it.each([
    ['pinned', 101],
    ['pin-expired', 100],
  ])('lags although it runs what it should: %s', (reason, expires) => {
    const heldAt = { by: 'pin', releaseVersion: version(3), reason: 'a client bug', expires: at(expires) } as const;
    const [drift] = look(seen('east-a', 2), { desired: new Map([[A, desiredCluster(A, 2, { heldAt })]]) });
    expect([drift?.lagging?.reason, drift?.differences]).toEqual([reason, [{ path: 'version', from: '1.3.0', to: '1.2.0' }]]);
  });

  it('was left in the middle by a rollout that failed, even though it took the order', () => {
    const middle = seen('east-a', 2, { rolled: false, ...runs({ version: '1.1.0' }) });
    expect(look(middle, ended('paused', 'failed', 'broker 2: crash loop'))[0]?.lagging).toEqual({
      reason: 'failed',
      words: 'rollout r1: broker 2: crash loop',
    });
    expect(look(middle)[0]?.kinds).toEqual(['version']);
  });
});

describe('what is not where it should be', () => {
  it.each([
    ['a cluster that its data plane does not list', undefined],
    ['a cluster that its data plane says is not there', unknown('east-a', 'no such cluster', true)],
  ])('%s', (_name, observation) => expect(summary(look(observation))).toEqual(['cluster:east-a | missing-cluster']));

  it('a cluster on another data plane than its manifest names, unless that one does not answer', () => {
    const desired = new Map([[A, { ...desiredCluster(A, 2), dataPlane: 'elsewhere' }]]);
    const [drift] = look(seen('east-a', 2), { desired });
    expect([drift?.kinds, drift?.dataPlane]).toEqual([['missing-cluster'], 'elsewhere']);
    expect(drift?.detail).toMatch(/^data plane elsewhere has no such cluster; it runs version 1\.2\.0 on data plane /);
    const silent = { desired, silentDataPlanes: [{ name: 'elsewhere', cause: 'refused' }] };
    expect(look(seen('east-a', 2), silent).map(({ kinds }) => kinds)).toEqual([['silent-data-plane']]);
  });

  it('a cluster that no manifest names', () => {
    const drifts = look(seen('east-z', 7), { desired: new Map() });
    expect([summary(drifts), drifts[0]?.detail]).toEqual([
      ['cluster:east-z | unknown-cluster'],
      'it runs version 1.7.0, and no manifest names it',
    ]);
  });

  it('a data plane that is silent: one drift for it, and none for its clusters', () => {
    expect(summary(look(undefined, { silentDataPlanes: [{ name: 'east', cause: 'connection refused' }] }))).toEqual([
      'data-plane:east | silent-data-plane',
    ]);
  });
});

describe('a drift that lasts', () => {
  const [found] = look(seen('east-a', 2, runs({ replicas: 4 })));
  const previous = found === undefined ? [] : [{ ...found, since: at(5) }];

  it('keeps its beginning', () => {
    expect(look(seen('east-a', 2, runs({ replicas: 5 })), { previous })[0]?.since).toBe(at(5));
  });

  it.each([
    ['its cluster does not answer', unknown('east-a'), {}],
    ['its data plane is silent', undefined, { silentDataPlanes: [{ name: 'east', cause: 'down' }] }],
  ])('is not taken for mended because %s', (_name, observation, more) => {
    expect(look(observation, { previous, ...more }).filter(({ key }) => key === 'cluster:east-a')).toEqual(previous);
  });

  it('is gone when it is gone', () => {
    expect(look(seen('east-a', 2), { previous })).toEqual([]);
  });
});

describe('groupDrifts', () => {
  const drift = (name: string, since: number, kind: Drift['kinds'][number] = 'version'): Drift => ({
    key: `cluster:${name}`,
    kinds: [kind],
    cluster: trusted.cluster(name),
    dataPlane: 'east',
    product: 'kafka',
    differences: [],
    lagging: undefined,
    detail: undefined,
    since: at(since),
    seenAt: at(since),
  });
  const members = (group: ReturnType<typeof groupDrifts>[number]) => (group.kind === 'single' ? [group.drift] : group.drifts);
  const issues = (drifts: readonly Drift[], most: number) =>
    groupDrifts(drifts, most).map((group) => `${group.key} (${members(group).length})`);

  it.each([
    ['as many as there may be', [drift('a', 1), drift('b', 2)], 2, ['cluster:a (1)', 'cluster:b (1)']],
    ['one more', [drift('c', 3), drift('a', 1), drift('b', 2)], 2, ['group:east:version (3)']],
    ['of several kinds', [drift('a', 1), drift('b', 2), drift('c', 3, 'lagging')], 2, ['group:east:version (2)', 'group:east:lagging (1)']],
    ['more kinds than issues', [drift('a', 1), drift('b', 2, 'lagging')], 1, ['group:*:* (2)']],
  ])('%s', (_name, drifts, most, want) => expect(issues(drifts, most)).toEqual(want));

  it('loses none and doubles none', () => {
    const drifts = Array.from({ length: 57 }, (_, i) => drift(`c${i}`, i % 7, i % 3 === 0 ? 'lagging' : 'config'));
    const shown = groupDrifts(drifts, 10);
    expect(shown.length).toBeLessThanOrEqual(10);
    expect(
      shown
        .flatMap(members)
        .map(({ key }) => key)
        .sort(),
    ).toEqual(drifts.map(({ key }) => key).sort());
  });
});
