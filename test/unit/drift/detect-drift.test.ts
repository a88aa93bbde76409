import { describe, expect, it } from 'vitest';
import type { DesiredCluster } from '../../../src/core/desired/desired.ts';
import { clustersInDoubt, type DriftInput, detectDrift } from '../../../src/core/drift/detect-drift.ts';
import type { Drift } from '../../../src/core/drift/drift.ts';
import { groupDrifts } from '../../../src/core/drift/group-drifts.ts';
import type { Observation, Observed } from '../../../src/core/evidence/observation.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { RolloutState, RolloutStatus, TargetStatus } from '../../../src/core/reconcile/state.ts';
import {
  c,
  desiredCluster,
  drift as driftOf,
  landed,
  ledgerEntry,
  observed,
  order,
  planFor,
  proven,
  spec,
  standing,
  stop,
  t,
  target,
  unknown,
} from '../../support/state/builders.ts';

const A = c('a');
const DATA_PLANE = 'aws-eu-1';
const CONFIG = spec('2.0.0').config;

const runs = (more: Partial<Observed['running']> = {}, besides: Partial<Observed> = {}): Observed =>
  observed('a', 50, {
    running: { version: '2.0.0', image: undefined, replicas: 3, config: CONFIG, featureFlags: { tiered: true }, ...more },
    ...besides,
  });

const ledgerOf = (...versions: readonly string[]): DriftInput['ledger'] =>
  new Map([[A, ledgerEntry('a', { proven: versions.map((version) => proven(version)) })]]);

/** One cluster that should be at 2.0.0, was proven there, and is looked at. */
function look(observation: Observation | undefined, more: Partial<DriftInput> = {}) {
  return detectDrift({
    desired: new Map([[A, desiredCluster('a', '2.0.0')]]),
    ledger: ledgerOf('2.0.0', '1.0.0'),
    orders: new Map(),
    observations: new Map(observation === undefined ? [] : [[observation.cluster, observation]]),
    rollouts: [],
    stops: [],
    lastTargets: new Map(),
    silentDataPlanes: [],
    previous: [],
    unhealthyBefore: new Map(),
    now: t(100),
    ...more,
  });
}

const summary = (drifts: readonly Drift[]): readonly string[] =>
  drifts.map(({ key, kinds, lagging, differences }) =>
    [key, kinds.join('+'), lagging?.reason, ...differences.map(({ path, from, to }) => `${path} ${from} -> ${to}`)]
      .filter(Boolean)
      .join(' | '),
  );

const found = (observation: Observation | undefined, more: Partial<DriftInput> = {}) => summary(look(observation, more).drifts);

const desired = (over: Partial<DesiredCluster>): Pick<DriftInput, 'desired'> => ({
  desired: new Map([[A, desiredCluster('a', '2.0.0', over)]]),
});

const ended = (rolloutStatus: RolloutStatus, status: TargetStatus, detail = 'why'): Pick<DriftInput, 'lastTargets'> => ({
  lastTargets: new Map([[A, { rollout: trusted.rollout('r1'), rolloutStatus, target: target({ status, detail, epoch: 1 }) }]]),
});

/** A rollout to 2.0.0 that has the cluster. */
function rollout(status: TargetStatus, over: Partial<RolloutState> = {}): Pick<DriftInput, 'rollouts'> {
  const plan = planFor(['a'], '2.0.0');
  const [planned] = plan.rollouts;
  if (planned === undefined) throw new Error('the plan has a rollout');
  const { state } = landed('a', plan, { targets: new Map([[A, target({ status })]]), ...over });
  return { rollouts: [{ planned, state }] };
}

const BEHIND = { ledger: ledgerOf('1.0.0') };
const old = runs({ version: '1.0.0' });

describe('what was changed behind our back', () => {
  it.each<[string, Partial<Observed['running']>, readonly string[]]>([
    ['nothing', {}, []],
    ['the version', { version: '1.9.0' }, ['cluster:a | version | version 2.0.0 -> 1.9.0']],
    ['the number of brokers', { replicas: 4 }, ['cluster:a | replicas | replicas 3 -> 4']],
    [
      'several things, the gravest first',
      { version: '1.9.0', replicas: 2 },
      ['cluster:a | version+replicas | version 2.0.0 -> 1.9.0 | replicas 3 -> 2'],
    ],
    ['a feature flag', { featureFlags: { tiered: true, fast: true } }, ['cluster:a | config | featureFlags.fast undefined -> true']],
    ['a flag that is off, as if it were absent', { featureFlags: { tiered: true, fast: false } }, []],
    ['a setting that nobody described', { config: { ...CONFIG, 'own.setting': 1 } }, []],
    ['a setting, written otherwise', { config: { ...CONFIG, 'num.io.threads': '8' } }, []],
    ['a setting', { config: { ...CONFIG, 'num.io.threads': '16' } }, ['cluster:a | config | config.num.io.threads 8 -> 16']],
    ['the image, where the release names none', { image: 'kafka:2.0.0' }, []],
  ])('%s', (_name, more, want) => expect(found(runs(more))).toEqual(want));

  it('although the cluster is a target of a rollout that has proven it', () => {
    expect(found(runs({ replicas: 4 }), rollout('succeeded'))).toEqual(['cluster:a | replicas | replicas 3 -> 4']);
  });

  it('while the rollout that has it waits: compared with what it was proven at', () => {
    const pending = { ...BEHIND, ...rollout('waiting', { status: 'pending' }) };
    expect(found(old, pending)).toEqual([]);
    expect(found(runs({ version: '1.0.0', replicas: 9 }), pending)).toEqual(['cluster:a | replicas | replicas 3 -> 9']);
  });
});

describe('what a rollout says itself', () => {
  it.each<TargetStatus>(['waiting', 'applying', 'rolling', 'soaking', 'held', 'failed', 'unreachable', 'deferred'])(
    'a cluster that is %s in a rollout under way is no drift',
    (status) => expect(found(old, { ...BEHIND, ...rollout(status), ...ended('running', status) })).toEqual([]),
  );

  it.each<TargetStatus>(['failed', 'deferred', 'unreachable'])('a cluster that is %s is drift once the rollout is over', (status) => {
    const over = { status: 'completed-with-deferrals', finishedAt: t(90), guardUntil: t(900) } as const;
    const drifts = found(old, { ...BEHIND, ...rollout(status, over), ...ended('completed-with-deferrals', status) });
    expect(drifts).toEqual([`cluster:a | lagging | ${status} | version 2.0.0 -> 1.0.0`]);
  });

  it.each<TargetStatus>(['skipped', 'superseded', 'removed'])('a cluster that is %s is nobody else’s to report', (status) => {
    expect(found(old, { ...BEHIND, ...rollout(status) })).toHaveLength(1);
  });
});

describe('a cluster that the fleet has moved past', () => {
  it.each<[string, Partial<DriftInput>]>([
    ['aborted', ended('aborted', 'deferred')],
    ['failed', ended('completed-with-deferrals', 'failed')],
    ['failed', ended('aborted', 'failed')],
    ['unreachable', ended('completed-with-deferrals', 'unreachable')],
    ['deferred', ended('completed-with-deferrals', 'deferred')],
    ['skipped', ended('completed', 'skipped')],
    ['never-selected', {}],
    ['never-selected', ended('completed', 'succeeded')],
    ['half-way', { orders: new Map([[A, standing(order('a', 3))]]) }],
    [
      'quarantined',
      {
        stops: [
          stop('q', { cause: 'quarantine', scope: { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '2.0.0' }] } }),
        ],
      },
    ],
    [
      'aborted',
      {
        stops: [
          stop('x', { cause: 'aborted', scope: { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '2.0.0' }] } }),
        ],
      },
    ],
    ['stopped', { stops: [stop('s')], ...ended('completed-with-deferrals', 'deferred') }],
    ['failed', { stops: [stop('s')], ...ended('completed-with-deferrals', 'failed') }],
    ['stopped', { stops: [stop('s', { scope: { kind: 'data-plane', dataPlane: DATA_PLANE } })] }],
    ['stopped', { stops: [stop('s', { scope: { kind: 'cluster', cluster: A } })] }],
    ['stopped', { stops: [stop('s', { scope: { kind: 'product', product: 'kafka' } })] }],
    ['stopped', { stops: [stop('s', { scope: { kind: 'fleet' } })] }],
    ['never-selected', { stops: [stop('s', { scope: { kind: 'release', release: 'another' } })] }],
    ['never-selected', { stops: [stop('s', { until: t(100) })] }],
    ['never-selected', { stops: [stop('s', { scope: { kind: 'rollout', rollout: trusted.rollout('r1') } })] }],
    [
      'never-selected',
      {
        stops: [
          stop('q', { cause: 'quarantine', scope: { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '1.0.0' }] } }),
        ],
      },
    ],
  ])('lags: %s', (reason, more) => {
    expect(found(old, { ...BEHIND, ...more })).toEqual([`cluster:a | lagging | ${reason} | version 2.0.0 -> 1.0.0`]);
  });

  it('names the stop, so that it can be lifted', () => {
    const [drift] = look(old, { ...BEHIND, stops: [stop('s')] }).drifts;
    expect(drift?.lagging?.words).toBe(`stop ${stop('s').id} by octocat: looks odd`);
  });

  it('lags because it opted out, whatever else is true of it', () => {
    const lagging = (expires: number) =>
      look(old, { ...BEHIND, ...desired({ optOut: { reason: 'black Friday', expires: t(expires) } }), ...ended('aborted', 'failed') })
        .drifts[0]?.lagging;
    expect(lagging(1_000)).toMatchObject({ reason: 'opted-out', words: expect.stringMatching(/^opted out until .*: black Friday$/) });
    expect(lagging(0)).toEqual({ reason: 'opt-out-expired', words: 'its opt-out expired at 2026-09-21 14:13:20 UTC: black Friday' });
  });

  it.each([
    ['pinned', 101],
    ['pin-expired', 100],
  ])('lags although it runs what it should: %s', (reason, expires) => {
    const pinnedBy = { by: 'pin', releaseVersion: '3.0.0', reason: 'a client bug', expires: t(expires) } as const;
    expect(found(runs(), desired({ pinnedBy }))).toEqual([`cluster:a | lagging | ${reason} | version 3.0.0 -> 2.0.0`]);
  });

  it('was left in the middle by a rollback that was aborted, at the version that was proven', () => {
    const orders = new Map([[A, standing(order('a', 3, { revision: desiredCluster('a', '3.0.0').revision, spec: spec('3.0.0') }))]]);
    expect(found(runs({ version: '3.0.0' }), { orders })).toEqual(['cluster:a | lagging | half-way | version 2.0.0 -> 3.0.0']);
  });

  it('runs the version that it failed at, and is not healthy there', () => {
    const failing = runs({}, { healthy: false, rolled: false });
    expect(found(failing, { ...BEHIND, ...ended('completed-with-deferrals', 'failed') })).toEqual(['cluster:a | lagging | failed']);
  });

  it('came round by itself: nothing is left to report', () => {
    expect(found(runs(), { ...BEHIND, ...ended('completed-with-deferrals', 'failed') })).toEqual([]);
  });

  it.each<[string, Partial<RolloutState>]>([
    ['pending', { status: 'pending' }],
    ['stopped', { status: 'paused', stoppedSince: t(1) }],
  ])('keeps an issue that is open while the rollout that will settle it is %s, and opens none', (reason, over) => {
    const waiting = { ...BEHIND, ...rollout('waiting', over), ...ended('pending', 'waiting') };
    expect(found(old, waiting)).toEqual([]);
    const previous = [driftOf('a', { kinds: ['lagging'] })];
    expect(found(old, { ...waiting, previous })).toEqual([`cluster:a | lagging | ${reason} | version 2.0.0 -> 1.0.0`]);
    expect(look(old, { ...BEHIND, ...rollout('waiting'), previous }).drifts).toMatchObject([{ key: 'cluster:a' }]);
    expect(found(runs({ version: '2.0.0' }), { ...BEHIND, ...rollout('waiting'), previous })).toEqual([]);
  });
});

describe('a proven cluster that is not healthy', () => {
  const sick = runs({}, { healthy: false, detail: 'broker 2: crash loop', sampledAt: t(50) });

  it('is drift at the second look, if that was sampled later', () => {
    const first = look(sick);
    expect([summary(first.drifts), [...first.unhealthy]]).toEqual([[], [[A, t(50)]]]);
    expect(found(sick, { unhealthyBefore: first.unhealthy })).toEqual([]);
    const second = look({ ...sick, sampledAt: t(51) }, { unhealthyBefore: first.unhealthy });
    expect(second.drifts.map(({ kinds, detail }) => [kinds, detail])).toEqual([[['unhealthy'], 'broker 2: crash loop']]);
  });

  it('stays reported after a restart, which has forgotten the first look', () => {
    expect(found(sick, { previous: [driftOf('a', { kinds: ['unhealthy'] })] })).toEqual(['cluster:a | unhealthy']);
  });

  it('is the rollout’s to report until the rollout has ended, and drift after that', () => {
    const unhealthyBefore = new Map([[A, t(40)]]);
    expect(found(sick, { unhealthyBefore, ...rollout('succeeded') })).toEqual([]);
    expect(found(sick, { unhealthyBefore, ...rollout('failed', { status: 'completed', finishedAt: t(45), guardUntil: t(900) }) })).toEqual([
      'cluster:a | unhealthy',
    ]);
  });

  it('is forgotten when it is seen healthy', () => expect([...look(runs()).unhealthy]).toEqual([]));
});

describe('what is not where it should be', () => {
  it.each([
    ['a cluster that its data plane does not list', undefined],
    ['a cluster that its data plane says is not there', { ...unknown('a', 50), missing: true }],
  ])('%s', (_name, observation) => expect(found(observation)).toEqual(['cluster:a | missing-cluster']));

  it('a cluster on another data plane than its manifest names, unless that one does not answer', () => {
    const elsewhere = desired({ dataPlane: 'elsewhere' });
    const [drift] = look(runs(), elsewhere).drifts;
    expect([drift?.kinds, drift?.dataPlane]).toEqual([['missing-cluster'], 'elsewhere']);
    expect(drift?.detail).toMatch(/^data plane elsewhere has no such cluster; it runs version 2\.0\.0 on data plane aws-eu-1/);
    const silent = { ...elsewhere, silentDataPlanes: [{ name: 'elsewhere', cause: 'refused' }] };
    expect(look(runs(), silent).drifts.map(({ kinds }) => kinds)).toEqual([['silent-data-plane']]);
  });

  it('a cluster that no manifest names', () => {
    const [drift] = look(runs(), { desired: new Map() }).drifts;
    expect([drift?.kinds, drift?.detail]).toEqual([['unknown-cluster'], 'it runs version 2.0.0, and no manifest names it']);
  });

  it('says of a silent data plane how many clusters are not seen', () => {
    const [drift] = look(undefined, { silentDataPlanes: [{ name: DATA_PLANE, cause: 'connection refused' }] }).drifts;
    expect(drift?.detail).toBe('1 cluster is not seen: connection refused');
  });

  it('a data plane that is silent: one drift for it, and none for its clusters', () => {
    expect(found(undefined, { silentDataPlanes: [{ name: DATA_PLANE, cause: 'connection refused' }] })).toEqual([
      `data-plane:${DATA_PLANE} | silent-data-plane`,
    ]);
  });

  it('a cluster that cannot be seen, where that is how its rollout ended', () => {
    expect(found(unknown('a', 50))).toEqual([]);
    expect(found(unknown('a', 50), ended('completed-with-deferrals', 'unreachable'))).toEqual(['cluster:a | lagging | unreachable']);
  });
});

describe('a drift that lasts', () => {
  const previous = [driftOf('a', { kinds: ['replicas'], since: t(5) })];

  it('keeps its beginning', () => expect(look(runs({ replicas: 5 }), { previous }).drifts[0]?.since).toBe(t(5)));

  it.each<[string, Observation | undefined, Partial<DriftInput>]>([
    ['its cluster does not answer', unknown('a', 50), {}],
    ['its data plane is silent', undefined, { silentDataPlanes: [{ name: DATA_PLANE, cause: 'down' }] }],
  ])('is not taken for fixed because %s', (_name, observation, more) => {
    const { drifts } = look(observation, { previous, ...more });
    expect(drifts.filter(({ key }) => key === 'cluster:a')).toEqual(previous);
  });

  it('is gone when it is gone', () => expect(found(runs(), { previous })).toEqual([]));
});

describe('clustersInDoubt', () => {
  const base = { desired: new Map([[A, desiredCluster('a', '2.0.0')]]), ledger: ledgerOf('2.0.0'), orders: new Map() };
  const doubts = (seen: Observation | undefined, more: Partial<DriftInput> = {}) =>
    clustersInDoubt({ ...base, observations: new Map(seen === undefined ? [] : [[A, seen]]), ...more });

  it('leaves out those that are all they should be', () => expect(doubts(runs())).toEqual([]));

  it.each<[string, Observation | undefined, Partial<DriftInput>]>([
    ['not seen', undefined, {}],
    ['unknown', unknown('a', 1), {}],
    ['changed', runs({ replicas: 4 }), {}],
    ['not proven', runs(), BEHIND],
    ['ordered elsewhere', runs(), { orders: new Map([[A, standing(order('a', 3, { revision: trusted.revision('0'.repeat(16)) }))]]) }],
  ])('has those that are %s', (_name, seen, more) => expect(doubts(seen, more)).toEqual([A]));
});

describe('groupDrifts', () => {
  const drift = (name: string, since: number, kind: Drift['kinds'][number] = 'version'): Drift =>
    driftOf(name, { kinds: [kind], dataPlane: 'east', since: t(since), seenAt: t(since) });
  const members = (group: ReturnType<typeof groupDrifts>[number]) => (group.kind === 'single' ? [group.drift] : group.drifts);
  const issues = (drifts: readonly Drift[], most: number) =>
    groupDrifts(drifts, most).map((group) => `${group.key} (${members(group).length})`);

  it.each([
    ['as many as there may be', [drift('a', 1), drift('b', 2)], 2, ['cluster:a (1)', 'cluster:b (1)']],
    ['one more', [drift('c', 3), drift('a', 1), drift('b', 2)], 2, ['group:east:version (3)']],
    ['of several kinds', [drift('a', 1), drift('b', 2), drift('c', 3, 'lagging')], 2, ['group:east:version (2)', 'group:east:lagging (1)']],
    ['more kinds than issues', [drift('a', 1), drift('b', 2, 'lagging')], 1, ['group:*:* (2)']],
  ])('%s', (_name, drifts, most, want) => expect(issues(drifts, most)).toEqual(want));

  const ABC = [drift('a', 1), drift('b', 2), drift('c', 3)];
  const ABCD = [...ABC, drift('d', 4)];
  it.each([
    [
      'one more than there may be: those that are open stay',
      ABC,
      2,
      ['cluster:a', 'cluster:b'],
      ['cluster:a (1)', 'cluster:b (1)', 'group:east:version (1)'],
    ],
    [
      'as many as there may be again, while some share one: that stays',
      ABCD.slice(0, 3),
      3,
      ['group:east:version'],
      ['group:east:version (3)'],
    ],
    ['half as many: each has its own', ABCD.slice(0, 2), 4, ['group:east:version'], ['cluster:a (1)', 'cluster:b (1)']],
    ['a new kind, while all share one', [drift('a', 1), drift('b', 2, 'lagging')], 3, ['group:*:*'], ['group:*:* (2)']],
    [
      'an outage is never told among others',
      [{ ...drift('p', 1, 'silent-data-plane'), key: 'data-plane:east' }, ...ABC],
      2,
      [],
      ['data-plane:east (1)', 'group:east:version (3)'],
    ],
  ])('%s', (_name, drifts, most, open, want) => {
    const groups = groupDrifts(drifts, most, new Set(open));
    expect(groups.map((group) => `${group.key} (${members(group).length})`)).toEqual(want);
  });

  it('loses none and doubles none', () => {
    const drifts = Array.from({ length: 57 }, (_, i) => drift(`c${i}`, i % 7, i % 3 === 0 ? 'lagging' : 'config'));
    const shown = groupDrifts(drifts, 10);
    expect(shown.length).toBeLessThanOrEqual(10);
    const keys = (list: readonly Drift[]) => list.map(({ key }) => key).sort();
    expect(keys(shown.flatMap(members))).toEqual(keys(drifts));
  });
});
