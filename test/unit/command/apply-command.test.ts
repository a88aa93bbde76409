import { describe, expect, it } from 'vitest';
import type { FleetCommand, RolloutCommand } from '../../../src/core/command/command.ts';
import { isSkippedByPerson } from '../../../src/core/command/targets.ts';
import type { DesiredCluster, DesiredState } from '../../../src/core/desired/desired.ts';
import { type StopId, trusted } from '../../../src/core/model/ids.ts';
import { durationMs, instant } from '../../../src/core/model/time.ts';
import type { PlannedApproval } from '../../../src/core/plan/plan.ts';
import type { ActiveRollout } from '../../../src/core/reconcile/decision.ts';
import { type TargetState, untouched } from '../../../src/core/reconcile/state.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';
import { carriedOut, desiredBy, inputOf, refusal } from '../../support/commands.ts';
import { at, KAFKA_PHASES, kafka, type Moved, rolloutId, shown, stopOf } from '../../support/report-views.ts';

const cluster = trusted.cluster;
const planned = kafka({ from: '3.8.0', to: '3.9.0' });
const FAILED = { status: 'failed' } as const;
const rollout = (moved: Moved = {}, plan = planned): ActiveRollout => shown(plan, moved).active;
const ask = (verb: RolloutCommand['verb'], more: Partial<RolloutCommand> = {}): RolloutCommand => ({
  verb,
  rollout: rolloutId('kafka-all'),
  by: 'ada',
  reason: 'because',
  ...more,
});
const lift = (stop: StopId): FleetCommand => ({ verb: 'lift', stop, by: 'ada', reason: 'because' });

const RELEASE = { kind: 'release', release: 'kafka-all' } as const;
const VERSION = { kind: 'version', product: 'kafka', traits: [{ path: 'version', value: '3.9.0' }] } as const;
const pause = stopOf({ cause: 'person', scope: RELEASE, by: 'anna', reason: 'demo until noon', lets: 'nothing' });
const budget = stopOf({
  cause: 'failed-budget',
  scope: { kind: 'rollout', rollout: rolloutId('kafka-all') },
  reason: 'too many',
  phase: 'canary',
});
const quarantine = stopOf({ cause: 'quarantine', scope: VERSION, reason: 'too many', failed: [cluster('kafka-canary')] });
const aborted = stopOf({ cause: 'aborted', scope: VERSION, by: 'anna', reason: 'wrong image' });

describe('pause', () => {
  it('is a stop on the release, which no merge undoes', () => {
    const { stops, rollouts } = carriedOut(inputOf(rollout()), ask('pause'));
    expect(stops).toMatchObject([{ scope: RELEASE, cause: 'person', lets: 'nothing', by: 'ada', until: undefined, lifted: undefined }]);
    expect(rollouts).toEqual([]);
  });

  it('stands beside the stop that a failure has set', () => {
    expect(carriedOut(inputOf(rollout(), { stops: [budget] }), ask('pause')).stops).toHaveLength(1);
  });

  it('is not given twice: the second person is told of the first', () => {
    expect(refusal(inputOf(rollout(), { stops: [pause] }), ask('pause'))).toBe(
      'already paused by anna at 2026-11-21 09:20:00 UTC: demo until noon',
    );
  });

  it('has another id each time, so that one lifted once does not stand for the next', () => {
    const first = carriedOut(inputOf(rollout()), ask('pause')).stops[0];
    const later = carriedOut(inputOf(rollout(), { now: at('11:00:00') }), ask('pause')).stops[0];
    expect(first?.id).not.toBe(later?.id);
  });
});

describe('resume', () => {
  it('lifts the only stop that pauses the rollout', () => {
    const { stops } = carriedOut(inputOf(rollout(), { stops: [pause] }), ask('resume'));
    expect(stops).toEqual([{ ...pause, lifted: { by: 'ada', at: at('10:00:00'), reason: 'because' } }]);
  });

  it('lifts several one by one, by name', () => {
    const input = inputOf(rollout({ targets: { 'kafka-canary': FAILED } }), { stops: [pause, budget] });
    expect(refusal(input, ask('resume'))).toBe(
      `2 stops pause this rollout; say which one to lift: stop ${pause.id} on release kafka-all, by anna at 2026-11-21 09:20:00 UTC: demo until noon; ` +
        `stop ${budget.id} on rollout ${rolloutId('kafka-all')}, by flotilla at 2026-11-21 09:20:00 UTC: too many`,
    );
    const { stops, notes } = carriedOut(input, ask('resume', { stop: pause.id }));
    expect(stops.map(({ id }) => id)).toEqual([pause.id]);
    expect(notes).toEqual([
      `rollout ${rolloutId('kafka-all')} is still held by stop ${budget.id} (failed-budget): resume it once more to lift that`,
    ]);
  });

  it('names a stop that does not pause it: refused', () => {
    expect(refusal(inputOf(rollout(), { stops: [pause] }), ask('resume', { stop: quarantine.id }))).toMatch(
      /^stop .* does not pause this rollout: /,
    );
  });

  it.each(['fleet', 'product'] as const)('does not lift a stop on the %s unless it is named', (kind) => {
    const scope = kind === 'fleet' ? { kind } : { kind, product: 'kafka' };
    const wide = stopOf({ cause: 'person', scope, by: 'otto', reason: 'incident', lets: 'nothing' });
    const input = inputOf(rollout(), { stops: [wide] });
    expect(refusal(input, ask('resume'))).toMatch(/is stopped, not this rollout alone; to let all of it go on, lift stop /);
    expect(carriedOut(input, ask('resume', { stop: wide.id })).stops).toHaveLength(1);
  });

  it('of a failure: what went wrong is acknowledged by identity, and the quarantine still holds', () => {
    const active = rollout({
      targets: {
        'kafka-canary': { ...FAILED, attempt: 2 },
        'kafka-dev': { status: 'unreachable', attempt: 0 },
        'kafka-staging': { status: 'deferred', attempt: 0 },
        'kafka-shop-1': { status: 'held' },
      },
    });
    const { rollouts, notes } = carriedOut(inputOf(active, { stops: [budget, quarantine] }), ask('resume'));
    const [{ next } = { next: active.state }] = rollouts;
    const seen = [...next.targets].filter(([, { acknowledged }]) => acknowledged !== undefined);
    expect(Object.fromEntries(seen.map(([name, { acknowledged }]) => [name, acknowledged]))).toEqual({
      'kafka-canary': { attempt: 2, status: 'failed' },
      'kafka-dev': { attempt: 0, status: 'unreachable' },
      'kafka-staging': { attempt: 0, status: 'deferred' },
    });
    expect(notes).toEqual([
      `stop ${quarantine.id} (quarantine) still holds the clusters that move to that version: lift it to let them go on`,
    ]);
  });

  it('past a canary that proved nothing waives it', () => {
    const stop = stopOf({ ...budget, cause: 'unproven-canary', phase: 'canary' });
    const { rollouts } = carriedOut(inputOf(rollout(), { stops: [stop] }), ask('resume'));
    expect(rollouts[0]?.next.overrides).toEqual([
      { kind: 'waiver', phase: 'canary', product: undefined, by: 'ada', reason: 'because', at: at('10:00:00'), until: undefined },
    ]);
  });

  it('of a version that is stopped: refused, with what to do', () => {
    expect(refusal(inputOf(rollout(), { stops: [quarantine] }), ask('resume'))).toMatch(
      /^the version is stopped, not the rollout: retry what failed, or lift stop /,
    );
  });

  it('of a rollout that has ended names the stop on its release', () => {
    const ended = rollout({ state: { status: 'completed', finishedAt: at('09:30:00') } });
    expect(refusal(inputOf(ended, { stops: [pause] }), ask('resume'))).toContain(`lift stop ${pause.id}`);
  });

  it('a stop that has ended by itself holds nothing', () => {
    const over = { ...pause, until: at('09:59:00') };
    expect(refusal(inputOf(rollout(), { stops: [over] }), ask('resume'))).toBe('the rollout is not paused; there is nothing to resume');
  });
});

describe('abort', () => {
  it('puts off what waits, leaves what moves to come to rest, and stops the version', () => {
    const active = rollout({ targets: { 'kafka-canary': { status: 'rolling' } } });
    const { rollouts, stops, notes } = carriedOut(inputOf(active), ask('abort'));
    const [{ next } = { next: active.state }] = rollouts;
    expect([next.status, next.finishedAt, next.targets.get(cluster('kafka-canary'))?.status]).toEqual(['aborted', undefined, 'rolling']);
    expect(next.targets.get(cluster('kafka-dev'))).toMatchObject({ status: 'deferred', detail: 'aborted by ada: because' });
    expect(stops).toMatchObject([{ scope: VERSION, cause: 'aborted', lets: 'rollbacks', rollout: rolloutId('kafka-all') }]);
    expect(notes[0]).toContain('no later merge starts kafka 3.9.0');
  });

  it('of settings stops these settings, not the version that stays', () => {
    const differences = [
      { path: 'replicas', from: 3, to: 5 },
      { path: 'config.num.io.threads', from: 8, to: 16 },
    ];
    const plan = kafka({
      from: '3.8.0',
      to: '3.8.0',
      phases: KAFKA_PHASES.slice(0, 1),
      targets: { 'kafka-canary': { differences } },
    });
    const { stops } = carriedOut(inputOf(rollout({}, plan)), ask('abort'));
    expect(stops[0]?.scope).toEqual({ kind: 'version', product: 'kafka', traits: [{ path: 'config.num.io.threads', value: 16 }] });
  });

  it('of a rollback stops no version: going back is never put down', () => {
    const { stops, notes } = carriedOut(
      inputOf(rollout({}, kafka({ from: '3.9.0', to: '3.8.0', fields: { kind: 'rollback' } }))),
      ask('abort'),
    );
    expect(stops).toEqual([]);
    expect(notes).toHaveLength(1);
  });

  it('lifts what stopped this rollout alone: there is nothing left to hold', () => {
    const { stops } = carriedOut(inputOf(rollout(), { stops: [budget, quarantine] }), ask('abort'));
    expect(stops.map(({ cause, lifted }) => [cause, lifted?.by])).toEqual([
      ['failed-budget', 'ada'],
      ['aborted', undefined],
    ]);
  });

  it('does not lift a pause of the release, and says so', () => {
    const { stops, notes } = carriedOut(inputOf(rollout(), { stops: [pause] }), ask('abort'));
    expect(stops.map(({ cause }) => cause)).toEqual(['aborted']);
    expect(notes.join()).toContain(`its release is still paused: lift stop ${pause.id}`);
  });
});

describe('retry', () => {
  const failed = rollout({
    phases: { canary: 'done', internal: { status: 'baking', bakingSince: at('09:10:00') } },
    targets: {
      'kafka-canary': { ...FAILED, attempt: 2, acknowledged: { attempt: 2, status: 'failed' }, exemptMs: 5, brokenSince: at('09:05:00') },
      'kafka-dev': { status: 'unreachable', attempt: 0, startedAt: undefined },
      'kafka-staging': { status: 'rolling' },
    },
  });

  it('tries again as a probe, from the beginning, and the phase waits for it', () => {
    const { rollouts } = carriedOut(inputOf(failed), ask('retry'));
    const [{ next } = { next: failed.state }] = rollouts;
    const retried: Partial<TargetState> = {
      status: 'waiting',
      attempt: 2,
      probe: true,
      startedAt: undefined,
      exemptMs: 0,
      acknowledged: undefined,
    };
    expect(next.targets.get(cluster('kafka-canary'))).toMatchObject({ ...retried, brokenSince: undefined });
    expect(next.targets.get(cluster('kafka-dev'))).toMatchObject({ status: 'waiting', probe: true });
    expect(next.targets.get(cluster('kafka-staging'))).toMatchObject({ status: 'rolling', probe: false });
    expect([next.phases.get('canary')?.status, next.phases.get('internal')]).toMatchObject([
      'running',
      { status: 'running', bakingSince: undefined },
    ]);
  });

  it('says what still holds it', () => {
    expect(carriedOut(inputOf(failed, { stops: [pause] }), ask('retry')).notes).toEqual([
      `nothing starts until stop ${pause.id} on release kafka-all, by anna at 2026-11-21 09:20:00 UTC: demo until noon is lifted: resume the rollout`,
    ]);
  });

  it.each<[string, Partial<RolloutCommand>, RegExp]>([
    ['a cluster that did not fail', { cluster: cluster('kafka-staging') }, /^cluster kafka-staging is rolling: there is nothing to retry/],
    ['a cluster of another rollout', { cluster: cluster('z') }, /^cluster z is not a target of this rollout$/],
    ['a phase without failures', { phase: 'rest' }, /^no cluster of phase rest fits: there is nothing to retry/],
    ['a phase that there is not', { phase: 'px' }, /^there is no phase px: there are canary, internal, early, rest$/],
  ])('%s: refused', (_name, more, want) => expect(refusal(inputOf(failed), ask('retry', more))).toMatch(want));

  it('takes up what a person has skipped, and not what the engine has', () => {
    const skipped = rollout({
      targets: {
        'kafka-dev': { status: 'skipped', attempt: 0, acknowledged: { attempt: 0, status: 'skipped' } },
        'kafka-staging': { status: 'skipped', attempt: 0, detail: 'opted out' },
      },
    });
    const { changes } = carriedOut(inputOf(skipped), ask('retry'));
    expect(changes.map(({ name }) => name)).toEqual(['kafka-dev']);
  });

  it('passes a quarantine, and not what a person has put down', () => {
    expect(carriedOut(inputOf(failed, { stops: [quarantine] }), ask('retry')).rollouts).toHaveLength(1);
    expect(refusal(inputOf(failed, { stops: [aborted] }), ask('retry'))).toMatch(
      /a retry does not pass stop .* Instead: lift the stop, then retry$/,
    );
  });

  describe('of a rollout that has ended', () => {
    const ended = (moved: Moved = {}): ActiveRollout =>
      rollout({
        phases: { canary: 'done' },
        targets: { 'kafka-canary': FAILED, 'kafka-dev': { status: 'deferred', attempt: 0, startedAt: undefined } },
        ...moved,
        state: { status: 'completed-with-deferrals', finishedAt: at('09:30:00'), guardUntil: at('10:30:00'), ...moved.state },
      });

    it('opens it again', () => {
      const { rollouts, changes } = carriedOut(inputOf(ended()), ask('retry'));
      expect(rollouts[0]?.next).toMatchObject({
        status: 'running',
        finishedAt: undefined,
        guardUntil: undefined,
        goingSince: at('10:00:00'),
      });
      expect(changes[0]).toMatchObject({ subject: 'rollout', from: 'completed-with-deferrals', to: 'running' });
    });

    it('after an abort, what is not retried was put off on purpose', () => {
      const { rollouts } = carriedOut(
        inputOf(ended({ state: { status: 'aborted', startedAt: undefined } })),
        ask('retry', { cluster: cluster('kafka-canary') }),
      );
      expect(rollouts[0]?.next.startedAt).toBe(at('10:00:00'));
      expect(rollouts[0]?.next.targets.get(cluster('kafka-dev'))?.acknowledged).toEqual({ attempt: 0, status: 'deferred' });
    });

    it('is refused while another one of the release is under way', () => {
      const other = shown(planned, { state: { id: trusted.rollout('cccccccccccc-0123456789abcdef'), seq: 42 } }).active;
      const input = inputOf(ended());
      expect(refusal({ ...input, rollouts: [...input.rollouts, other] }, ask('retry'))).toBe(
        'rollout cccccccccccc-0123456789abcdef of release kafka-all is running; retry there, or reconcile the release once that has ended',
      );
    });

    it('is refused while its clusters come to rest', () => {
      expect(refusal(inputOf(ended({ state: { status: 'aborted', finishedAt: undefined } })), ask('retry'))).toContain(
        'still coming to rest',
      );
    });

    it('is refused when the manifests want something else by now: reconcile does that', () => {
      const desired = desiredBy(kafka({ from: '3.8.0', to: '4.0.0' }));
      expect(refusal(inputOf(ended(), { desired }), ask('retry'))).toBe(
        'kafka-canary: the manifests want something else of it by now, and 1 more likewise. Instead: reconcile release kafka-all',
      );
    });

    it('leaves out who has left or opted out since', () => {
      const desired = new Map(desiredBy(planned));
      const dev = desired.get(cluster('kafka-dev'));
      if (dev === undefined) throw new Error('no kafka-dev');
      desired.set(dev.cluster, { ...dev, optOut: { reason: 'x', expires: undefined } } satisfies DesiredCluster);
      expect(carriedOut(inputOf(ended(), { desired }), ask('retry')).notes).toEqual(['kafka-dev is left out: it is opted out by now']);
    });
  });

  it('while it goes on, retries towards its own spec though a newer one waits behind it', () => {
    const desired: DesiredState = desiredBy(kafka({ from: '3.8.0', to: '4.0.0' }));
    const newer = shown(kafka({ from: '3.8.0', to: '4.0.0' }), {
      state: { id: trusted.rollout('cccccccccccc-0123456789abcdef'), seq: 42, status: 'pending' },
    }).active;
    expect(carriedOut({ ...inputOf(failed, { desired }), rollouts: [failed, newer] }, ask('retry')).rollouts).toHaveLength(1);
    expect(refusal(inputOf(failed, { desired }), ask('retry'))).toContain('reconcile release kafka-all');
  });
});

describe('skip', () => {
  const moving = rollout({ targets: { 'kafka-canary': { status: 'rolling' }, 'kafka-dev': { ...FAILED, attempt: 3 } } });

  it.each<[string, Partial<RolloutCommand>, string]>([
    [
      'a cluster on the move',
      { cluster: cluster('kafka-canary') },
      'cluster kafka-canary is rolling: it is finished, or on the move: pause the rollout before you skip a cluster in flight',
    ],
    ['nothing in particular', {}, 'say which cluster, or which phase, to skip'],
  ])('%s: refused', (_name, more, want) => expect(refusal(inputOf(moving), ask('skip', more))).toBe(want));

  it('a whole phase, so that it can be told from what the engine skips', () => {
    const { rollouts } = carriedOut(inputOf(moving), ask('skip', { phase: 'internal' }));
    const [{ next } = { next: moving.state }] = rollouts;
    const skipped = [...next.targets].filter(([, target]) => isSkippedByPerson(target));
    expect(skipped.map(([name]) => name)).toEqual(['kafka-staging', 'kafka-dev']);
    expect(skipped[1]?.[1]).toMatchObject({ detail: 'skipped by ada: because', acknowledged: { attempt: 3, status: 'skipped' } });
    expect(isSkippedByPerson({ ...untouched(at('09:00:00')), status: 'skipped' })).toBe(false);
  });
});

describe('approve', () => {
  const after: PlannedApproval = { when: 'after', count: 1, teams: [], users: [], notAuthor: true };
  const plan = kafka({
    from: '3.8.0',
    to: '3.9.0',
    phases: KAFKA_PHASES.map((phase) => (phase.name === 'early' ? { ...phase, approval: after } : phase)),
  });
  const active = rollout({}, plan);
  const { digest } = active.state;

  it('ahead of its turn', () => {
    const { rollouts, changes } = carriedOut(inputOf(active), ask('approve', { phase: 'rest', digest }));
    expect(rollouts[0]?.next.approvals).toEqual([{ phase: 'rest', by: 'ada', digest, at: at('10:00:00') }]);
    expect(changes[0]).toMatchObject({ from: '0 of 2 approvals', to: '1 of 2 approvals' });
  });

  it.each<[string, Partial<RolloutCommand>, string]>([
    ['no phase in particular', {}, 'no phase waits for an approval now; say which phase you approve ahead of its turn'],
    ['a phase that needs none', { phase: 'internal' }, 'phase internal needs no approval'],
    ['afterwards, ahead of time', { phase: 'early' }, 'phase early is approved after it has baked; it is still waiting'],
    ['without the plan', { phase: 'rest', digest: undefined }, `say which plan you approve: its digest is ${digest}`],
    [
      'another plan',
      { phase: 'rest', digest: trusted.digest('0000000000000000') },
      `the plan that runs is ${digest}, not 0000000000000000; look at it, and approve that one`,
    ],
  ])('%s: refused', (_name, more, want) => expect(refusal(inputOf(active), ask('approve', { digest, ...more }))).toBe(want));

  it('once a person', () => {
    const approved = rollout({ state: { approvals: [{ phase: 'rest', by: 'ada', digest, at: at('09:30:00') }] } }, plan);
    expect(refusal(inputOf(approved), ask('approve', { phase: 'rest', digest }))).toBe(
      'ada has approved phase rest already; another person must',
    );
  });

  it('again when what they gave has expired, and says until when it counts', () => {
    const [early] = plan.phases.filter(({ name }) => name === 'rest');
    const approval = { ...(early?.approval ?? after), validForMs: durationMs(30 * 60_000) };
    const expiring = { ...plan, phases: plan.phases.map((phase) => (phase.name === 'rest' ? { ...phase, approval } : phase)) };
    const approved = (given: string) => rollout({ state: { approvals: [{ phase: 'rest', by: 'ada', digest, at: at(given) }] } }, expiring);
    expect(refusal(inputOf(approved('09:30:01')), ask('approve', { phase: 'rest', digest }))).toContain('has approved phase rest already');
    const { changes, notes } = carriedOut(inputOf(approved('09:30:00')), ask('approve', { phase: 'rest', digest }));
    expect(changes[0]).toMatchObject({ from: '0 of 2 approvals', to: '1 of 2 approvals' });
    expect(notes).toEqual(['it counts until 2026-11-21 10:30:00 UTC, and 1 more must approve by then']);
  });

  it('once a person, however they write their name', () => {
    const approved = rollout({ state: { approvals: [{ phase: 'rest', by: 'Ada', digest, at: at('09:30:00') }] } }, plan);
    expect(refusal(inputOf(approved), ask('approve', { phase: 'rest', digest }))).toContain('has approved phase rest already');
  });
});

describe('expedite', () => {
  it('ends after 4 hours, or when the person says', () => {
    const { rollouts } = carriedOut(inputOf(rollout()), ask('expedite'));
    expect(rollouts[0]?.next.overrides).toEqual([
      { kind: 'expedite', phase: undefined, product: undefined, by: 'ada', reason: 'because', at: at('10:00:00'), until: at('14:00:00') },
    ]);
    const phase = carriedOut(inputOf(rollout()), ask('expedite', { phase: 'rest', until: at('11:00:00') }));
    expect(phase.rollouts[0]?.next.overrides).toMatchObject([{ phase: 'rest', until: at('11:00:00') }]);
  });

  it.each<[string, Partial<RolloutCommand>, RegExp]>([
    ['until now', { until: at('10:00:00') }, /has passed/],
    ['for ever', { until: instant(at('10:00:00') + 7 * 86_400_000 + 1) }, /^say an end within 7d/],
    ['a phase that there is not', { phase: 'px' }, /^there is no phase px/],
  ])('%s: refused', (_name, more, want) => expect(refusal(inputOf(rollout()), ask('expedite', more))).toMatch(want));

  it('a week is the longest', () => {
    expect(carriedOut(inputOf(rollout()), ask('expedite', { until: instant(at('10:00:00') + 7 * 86_400_000) })).rollouts).toHaveLength(1);
  });
});

describe('waive', () => {
  it('the only canary phase', () => {
    const { rollouts } = carriedOut(inputOf(rollout()), ask('waive'));
    expect(rollouts[0]?.next.overrides).toMatchObject([{ kind: 'waiver', phase: 'canary', until: undefined }]);
  });

  it('lifts the stop that the canary has set', () => {
    const stop = stopOf({ ...budget, cause: 'unproven-canary', phase: 'canary' });
    const { rollouts, stops } = carriedOut(inputOf(rollout(), { stops: [stop] }), ask('waive'));
    expect(stops).toMatchObject([{ id: stop.id, lifted: { by: 'ada' } }]);
    expect(rollouts[0]?.next.overrides).toHaveLength(1);
  });

  it.each<[string, Moved, Partial<RolloutCommand>, RegExp]>([
    ['a phase that is no canary', {}, { phase: 'rest' }, /^phase rest is no canary: it has nothing to prove; the canaries are canary$/],
    ['a canary that is done', { phases: { canary: 'done' } }, {}, /^no canary phase is left to be waived$/],
    [
      'twice',
      {
        state: {
          overrides: [
            { kind: 'waiver', phase: 'canary', product: undefined, by: 'anna', reason: 'x', at: at('09:00:00'), until: undefined },
          ],
        },
      },
      {},
      /^anna has waived phase canary already: x$/,
    ],
  ])('%s: refused', (_name, moved, more, want) => expect(refusal(inputOf(rollout(moved)), ask('waive', more))).toMatch(want));
});

describe('take-over', () => {
  const pending = rollout({ state: { status: 'pending', startedAt: undefined } });

  it('asks that a pending rollout need not wait', () => {
    const { rollouts } = carriedOut(inputOf(pending), ask('take-over'));
    expect(rollouts[0]?.next.takesOver).toBe(true);
    expect(refusal(inputOf(rollout({ state: { status: 'pending', takesOver: true } })), ask('take-over'))).toMatch(
      /^it takes over already/,
    );
  });
});

describe('lift', () => {
  it('any stop by its id', () => {
    expect(carriedOut(inputOf(rollout(), { stops: [quarantine] }), lift(quarantine.id)).stops).toMatchObject([
      { id: quarantine.id, lifted: { by: 'ada' } },
    ]);
  });

  it('of a failure acknowledges it in its rollout, as resume does', () => {
    const active = rollout({ targets: { 'kafka-canary': FAILED } });
    const { rollouts } = carriedOut(inputOf(active, { rollout: undefined, stops: [budget] }), lift(budget.id));
    expect(rollouts[0]?.next.targets.get(cluster('kafka-canary'))?.acknowledged).toEqual({ attempt: 1, status: 'failed' });
  });

  it.each<[string, Stop[], string]>([
    [
      'one that there is not',
      [pause],
      `there is no stop ${budget.id} to lift: stop ${pause.id} on release kafka-all, by anna at 2026-11-21 09:20:00 UTC: demo until noon`,
    ],
    ['where nothing is stopped', [], `there is no stop ${budget.id} to lift: nothing is stopped now`],
    [
      'one that has ended by itself',
      [{ ...budget, until: at('09:30:00') }],
      `stop ${budget.id} has ended by itself; there is nothing to lift`,
    ],
    [
      'one that was lifted',
      [{ ...budget, lifted: { by: 'anna', at: at('09:30:00'), reason: 'x' } }],
      `stop ${budget.id} was lifted by anna at 2026-11-21 09:30:00 UTC`,
    ],
  ])('%s: refused', (_name, stops, want) => expect(refusal(inputOf(rollout(), { stops }), lift(budget.id))).toBe(want));
});

describe('stop', () => {
  const stop = (scope: Extract<FleetCommand, { verb: 'stop' }>['scope'], more = {}): FleetCommand => ({
    verb: 'stop',
    scope,
    by: 'ada',
    reason: 'incident',
    ...more,
  });
  const input = inputOf(rollout(), { rollout: undefined });

  it.each([
    [{ kind: 'fleet' }],
    [{ kind: 'product', product: 'kafka' }],
    [{ kind: 'release', release: 'kafka-all' }],
    [{ kind: 'data-plane', dataPlane: 'aws-eu' }],
    [{ kind: 'cluster', cluster: cluster('kafka-dev') }],
  ] as const)('%j', (scope) => {
    expect(carriedOut(input, stop(scope)).stops).toMatchObject([{ scope, cause: 'person', lets: 'nothing', by: 'ada', until: undefined }]);
  });

  it.each([
    [{ kind: 'product', product: 'kafak' }],
    [{ kind: 'release', release: 'kafka' }],
    [{ kind: 'data-plane', dataPlane: 'aws' }],
    [{ kind: 'cluster', cluster: cluster('kafka-def') }],
  ] as const)('%j: refused, because a typing error must not look like a stop', (scope) => {
    expect(refusal(input, stop(scope))).toMatch(/^the manifests have no /);
  });

  it('may let rollbacks pass, and end by itself', () => {
    const { stops } = carriedOut(input, stop({ kind: 'fleet' }, { lets: 'rollbacks', until: at('12:00:00') }));
    expect(stops).toMatchObject([{ lets: 'rollbacks', until: at('12:00:00') }]);
    expect(refusal(input, stop({ kind: 'fleet' }, { until: at('09:00:00') }))).toContain('has passed');
  });

  it('is not set twice', () => {
    const [first] = carriedOut(input, stop({ kind: 'fleet' })).stops;
    if (first === undefined) throw new Error('no stop');
    expect(refusal({ ...input, stops: [first] }, stop({ kind: 'fleet' }))).toMatch(/^stopped already: stop /);
    expect(carriedOut({ ...input, stops: [first] }, stop({ kind: 'fleet' }, { lets: 'rollbacks' })).stops).toHaveLength(1);
  });
});

describe('reconcile', () => {
  const reconcile = (release: string): FleetCommand => ({ verb: 'reconcile', release, by: 'ada', reason: 'because' });

  it('asks for a plan of the release', () => {
    expect(carriedOut(inputOf(rollout(), { rollouts: [], rollout: undefined }), reconcile('kafka-all')).reconcile).toBe('kafka-all');
  });

  it('is refused for a release that nothing is in', () => {
    expect(refusal(inputOf(rollout()), reconcile('kafka'))).toBe('no cluster is in release kafka; look at the name');
  });

  it('is refused while a rollout brings the release there, and not while it winds down or goes elsewhere', () => {
    expect(refusal(inputOf(rollout()), reconcile('kafka-all'))).toMatch(
      /^rollout .* brings release kafka-all there already, and is running/,
    );
    for (const active of [
      rollout({ state: { status: 'aborted' } }),
      rollout({ state: { status: 'completed', finishedAt: at('09:30:00') } }),
    ])
      expect(carriedOut(inputOf(active), reconcile('kafka-all')).reconcile).toBe('kafka-all');
    const desired = desiredBy(kafka({ from: '3.8.0', to: '4.0.0' }));
    expect(carriedOut(inputOf(rollout(), { desired }), reconcile('kafka-all')).reconcile).toBe('kafka-all');
  });
});
