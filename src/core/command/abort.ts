import { provenBefore } from '../ledger/record.ts';
import { ok } from '../model/result.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import { become } from '../reconcile/advance.ts';
import type { Change } from '../reconcile/decision.ts';
import { isActive, type RolloutState } from '../reconcile/state.ts';
import { makeStop } from '../stop/make-stop.ts';
import { inForce, type Stop, type Trait } from '../stop/stop.ts';
import { scopeName, stopLine } from '../stop/stop-words.ts';
import { distinctTraits, traitsBetween, traitsOf } from '../stop/traits.ts';
import { type Handler, identitiesOf, NOTHING_APPLIED, type RolloutCommand, type RolloutInput, whyOf } from './command.ts';
import { isPauseOf, stopSet } from './stop-and-go.ts';

/**
 * Nothing more is started, and no later merge takes the version up again. What is in flight comes to rest under the next
 * decisions, and then the rollout is finished.
 */
export const abort: Handler = (input, command) => {
  const { planned, state } = input.rollout;
  const put = putOff(state, command, input.now);
  const settled = ownStops(input).map(
    (one): Stop => ({ ...one, lifted: { by: command.by, at: input.now, reason: `aborted: ${command.reason}` } }),
  );
  const changes: readonly Change[] = [
    { subject: 'rollout', name: state.id, from: state.status, to: 'aborted', why: whyOf(command) },
    ...put.changes,
    ...settled.map(
      ({ id, cause }): Change => ({ subject: 'stop', name: id, from: cause, to: 'lifted', why: `aborted by ${whyOf(command)}` }),
    ),
  ];
  const rollouts = [{ before: state, next: { ...state, status: 'aborted', stoppedSince: undefined, targets: put.targets } as const }];
  const stop = stopOnVersion(input, command);
  if (stop === undefined) {
    const notes = ['nothing of it moved forward, so no version is stopped: the next merge of the release takes its clusters along'];
    return ok({ ...NOTHING_APPLIED, rollouts, stops: settled, changes, notes });
  }
  const notes = [
    `no later merge starts ${scopeName(stop.scope)} until somebody lifts stop ${stop.id}; going back is open`,
    ...inForce(input.stops, input.now)
      .filter((one) => isPauseOf(one, planned.release))
      .map((one) => `its release is still paused: lift ${stopLine(one)}`),
  ];
  return ok({ rollouts, stops: [...settled, stop], changes: [...changes, stopSet(stop, command)], notes });
};

/** Targets that nobody has touched stay as they are. */
function putOff(state: RolloutState, command: RolloutCommand, now: RolloutInput['now']) {
  const detail = `aborted by ${whyOf(command)}`;
  const changes: Change[] = [];
  const targets = new Map(state.targets);
  for (const [cluster, target] of state.targets) {
    if (target.status !== 'waiting') continue;
    targets.set(cluster, become(target, 'deferred', now, { detail }));
    changes.push({ subject: 'target', name: cluster, from: target.status, to: 'deferred', why: detail });
  }
  return { targets, changes };
}

/** Stops of this rollout alone: once it is aborted there is nothing left that they could hold. */
const ownStops = ({ stops, rollout, now }: RolloutInput): readonly Stop[] =>
  inForce(stops, now).filter(({ scope }) => (scope.kind === 'rollout' || scope.kind === 'phase') && scope.rollout === rollout.state.id);

function stopOnVersion(input: RolloutInput, { by, reason }: RolloutCommand): Stop | undefined {
  const { planned, state } = input.rollout;
  const { now } = input;
  // What goes back counts for nothing: going back is never stopped.
  const forward = [...planned.targets.values()].filter(({ kind }) => kind !== 'rollback');
  const traits = distinctTraits(forward.flatMap((target) => broughtAlone(input, target)));
  if (traits.length === 0) return undefined;
  const scope = { kind: 'version', product: planned.product, traits } as const;
  return makeStop({ scope, cause: 'aborted', lets: 'rollbacks', by, reason, at: now, rollout: state.id }, identitiesOf(input));
}

/**
 * What this rollout alone would bring to a cluster: not what the one before it brings there anyway, nor what was proven there since it
 * was planned. A change of a setting must not stop the version that it is for.
 */
function broughtAlone({ rollouts, rollout, ledger }: RolloutInput, target: PlannedTarget): readonly Trait[] {
  const { release } = rollout.planned;
  const before = rollouts.find(
    ({ planned, state }) =>
      planned.release === release && isActive(state) && state.seq < rollout.state.seq && planned.targets.has(target.cluster),
  );
  const from = before?.planned.targets.get(target.cluster)?.spec ?? provenBefore(ledger.get(target.cluster), target.revision)?.spec;
  return from === undefined ? traitsOf(target) : traitsBetween(from, target.spec);
}
