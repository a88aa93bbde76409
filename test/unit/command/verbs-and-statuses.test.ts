import { describe, expect, it } from 'vitest';
import { applyCommand, OUTCOMES } from '../../../src/core/command/apply-command.ts';
import { ROLLOUT_VERBS, type RolloutCommand, type RolloutVerb } from '../../../src/core/command/command.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { ActiveRollout } from '../../../src/core/reconcile/decision.ts';
import { ROLLOUT_STATUSES, type RolloutStatus } from '../../../src/core/reconcile/state.ts';
import { inputOf } from '../../support/commands.ts';
import { at, kafka, shown, stopOf } from '../../support/report-views.ts';

const planned = kafka({ from: '3.8.0', to: '3.9.0' });
const ENDED: ReadonlySet<RolloutStatus> = new Set(['aborted', 'superseded', 'completed', 'completed-with-deferrals']);

/** A rollout in a status, with a failed target, one on the move, and others that wait. */
function rolloutIn(status: RolloutStatus): ActiveRollout {
  return shown(planned, {
    phases: { internal: 'running' },
    targets: status === 'pending' ? {} : { 'kafka-staging': { status: 'failed' }, 'kafka-dev': { status: 'rolling' } },
    state: { status, finishedAt: ENDED.has(status) ? at('09:30:00') : undefined },
  }).active;
}

const pause = stopOf({ cause: 'person', scope: { kind: 'release', release: 'kafka-all' }, by: 'anna', reason: 'demo', lets: 'nothing' });

const MORE: Partial<Record<RolloutVerb, Partial<RolloutCommand>>> = {
  skip: { cluster: trusted.cluster('kafka-shop-1') },
  approve: { phase: 'rest', digest: rolloutIn('running').state.digest },
};

function outcome(verb: RolloutVerb, status: RolloutStatus): string {
  const rollout = rolloutIn(status);
  const input = inputOf(rollout, { stops: status === 'paused' ? [pause] : [] });
  const applied = applyCommand(input, { verb, rollout: rollout.state.id, by: 'ada', reason: 'because', ...MORE[verb] });
  if (!applied.ok) return `no: ${applied.error}`;
  const { rollouts, stops, changes } = applied.value;
  for (const { why } of changes) expect(why).toContain('ada: because');
  const words = [
    ...rollouts.map(({ before, next }) => (before.status === next.status ? 'state' : `${before.status} -> ${next.status}`)),
    ...stops.map((stop) => `${stop.lifted === undefined ? 'stop' : 'lift'} ${stop.scope.kind}`),
  ];
  return words.join(', ');
}

describe('every verb in every status', () => {
  it('has an outcome', () => {
    expect(Object.keys(OUTCOMES)).toEqual([...ROLLOUT_VERBS]);
    for (const verb of ROLLOUT_VERBS) expect(Object.keys(OUTCOMES[verb]).sort()).toEqual([...ROLLOUT_STATUSES].sort());
  });

  it('changes something, or says what to do instead', () => {
    const table = ROLLOUT_VERBS.map((verb) =>
      [verb, ...ROLLOUT_STATUSES.map((status) => `${status}: ${outcome(verb, status)}`)].join('\n  '),
    );
    expect(table.join('\n')).toMatchInlineSnapshot(`
      "pause
        pending: stop release
        awaiting-approval: stop release
        running: stop release
        paused: no: already paused by anna at 2026-11-21 09:20:00 UTC: demo
        aborted: no: the rollout was aborted: nothing more of it starts. To hold what is merged next, stop the release
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed: nothing of it moves. To hold what is merged next, stop the release
        completed-with-deferrals: no: the rollout has ended: nothing of it moves. To hold what is merged next, stop the release
      resume
        pending: no: the rollout is not paused; it waits for the one before it of its release: take-over starts it at once
        awaiting-approval: no: the rollout is not paused; it waits for an approval: approve the phase
        running: no: the rollout is not paused; there is nothing to resume
        paused: lift release
        aborted: no: the rollout was aborted; lift the stop that this left on the version and retry it, revert the merge, or merge a newer change
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed; it is not paused
        completed-with-deferrals: no: the rollout has ended; retry starts what was left behind
      abort
        pending: pending -> aborted, stop version
        awaiting-approval: awaiting-approval -> aborted, stop version
        running: running -> aborted, stop version
        paused: paused -> aborted, stop version
        aborted: no: the rollout is aborted already; clusters that were in flight are settling
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: no: the rollout has ended, and left clusters behind: retry them, or change the manifests to start another
      retry
        pending: no: the rollout has not begun, so nothing of it went wrong; take-over starts it at once
        awaiting-approval: state
        running: state
        paused: state
        aborted: aborted -> running
        superseded: no: a newer rollout of the release has taken this one over; command that one, or reconcile the release
        completed: completed -> running
        completed-with-deferrals: completed-with-deferrals -> running
      skip
        pending: state
        awaiting-approval: state
        running: state
        paused: state
        aborted: no: the rollout was aborted: nothing more of it starts, so there is nothing to skip
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: no: the rollout has ended, and left clusters behind: retry them, or change the manifests to start another
      approve
        pending: state
        awaiting-approval: state
        running: state
        paused: state
        aborted: no: the rollout was aborted; lift the stop that this left on the version and retry it, revert the merge, or merge a newer change
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: no: the rollout has ended, and left clusters behind: retry them, or change the manifests to start another
      expedite
        pending: state
        awaiting-approval: state
        running: state
        paused: state
        aborted: no: the rollout was aborted; lift the stop that this left on the version and retry it, revert the merge, or merge a newer change
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: no: the rollout has ended, and left clusters behind: retry them, or change the manifests to start another
      waive
        pending: state
        awaiting-approval: state
        running: state
        paused: state
        aborted: no: the rollout was aborted; lift the stop that this left on the version and retry it, revert the merge, or merge a newer change
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: no: the rollout has ended, and left clusters behind: retry them, or change the manifests to start another
      take-over
        pending: state
        awaiting-approval: no: the rollout has started; nothing of its release is before it: it waits for an approval
        running: no: the rollout has started; nothing of its release is before it
        paused: no: the rollout has started; nothing of its release is before it: it is paused, resume it
        aborted: no: the rollout was aborted; lift the stop that this left on the version and retry it, revert the merge, or merge a newer change
        superseded: no: a newer rollout of the release has taken this one over; command that one
        completed: no: the rollout has completed; change the manifests, or revert the merge, to start another
        completed-with-deferrals: no: the rollout has ended, and left clusters behind: retry them, or change the manifests to start another"
    `);
  });
});
