import type { DesiredCluster, DesiredState } from '../desired/desired.ts';
import { assertNever } from '../model/assert.ts';
import { err, ok, type Result } from '../model/result.ts';
import { formatInstant } from '../model/time.ts';
import { isFinished, isWindingDown } from '../reconcile/state.ts';
import { makeStop } from '../stop/make-stop.ts';
import { inForce, isLifted, type Stop } from '../stop/stop.ts';
import { scopeName, stopLine } from '../stop/stop-words.ts';
import {
  type Applied,
  type CommandInput,
  identitiesOf,
  type LiftCommand,
  NOTHING_APPLIED,
  type ReconcileCommand,
  type StopCommand,
  type StoppableScope,
  whyOf,
} from './command.ts';
import { releaseStop } from './release-stop.ts';
import { stopSet } from './stop-and-go.ts';

const STOPS_NAMED_MAX = 5;

/** Lifts one stop, whatever set it. */
export function lift(input: CommandInput, command: LiftCommand): Result<Applied, string> {
  const stop = input.stops.find(({ id }) => id === command.stop);
  if (stop === undefined) return err(`there is no stop ${command.stop} to lift: ${stopsNow(input)}`);
  if (stop.lifted !== undefined) return err(`stop ${stop.id} was lifted by ${stop.lifted.by} at ${formatInstant(stop.lifted.at)}`);
  if (isLifted(stop, input.now)) return err(`stop ${stop.id} has ended by itself; there is nothing to lift`);
  return ok(releaseStop(input, stop, command));
}

function stopsNow({ stops, now }: CommandInput): string {
  const held = inForce(stops, now);
  if (held.length === 0) return 'nothing is stopped now';
  const more = held.length - STOPS_NAMED_MAX;
  return `${held.slice(0, STOPS_NAMED_MAX).map(stopLine).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** Stops a part of the fleet by hand, whatever runs there or is merged later. */
export function stop(input: CommandInput, command: StopCommand): Result<Applied, string> {
  const { scope, by, reason, until } = command;
  const { now } = input;
  if (!exists(scope, input.desired)) return err(`the manifests have no ${scopeName(scope)}; look at the name`);
  if (until !== undefined && until <= now)
    return err(`${formatInstant(until)} has passed: name a later time, or leave it out to stop until somebody lifts it`);
  const lets = command.lets ?? 'nothing';
  const before = input.stops.find((one) => isSamePlace(one, scope) && one.lets === lets && one.until === until && !isLifted(one, now));
  if (before !== undefined) return err(`stopped already: ${stopLine(before)}`);
  const made = makeStop({ scope, cause: 'person', lets, by, reason, at: now, until }, identitiesOf(input));
  return ok({ ...NOTHING_APPLIED, stops: [made], changes: [stopSet(made, command)] });
}

const isSamePlace = (one: Stop, scope: StoppableScope): boolean => one.cause === 'person' && scopeName(one.scope) === scopeName(scope);

/** A typing error must not look like a stop. */
function exists(scope: StoppableScope, desired: DesiredState): boolean {
  const some = (fits: (cluster: DesiredCluster) => boolean) => [...desired.values()].some(fits);
  switch (scope.kind) {
    case 'fleet':
      return true;
    case 'product':
      return some(({ spec }) => spec.product === scope.product);
    case 'release':
      return some(({ release }) => release === scope.release);
    case 'data-plane':
      return some(({ dataPlane }) => dataPlane === scope.dataPlane);
    case 'cluster':
      return desired.has(scope.cluster);
    default:
      return assertNever(scope, 'exists');
  }
}

/** Plans a release as if its newest commit had been merged again: the way home for whatever rollouts have left behind. */
export function reconcile({ rollouts, desired }: CommandInput, command: ReconcileCommand): Result<Applied, string> {
  const { release } = command;
  if (![...desired.values()].some((cluster) => cluster.release === release))
    return err(`no cluster is in release ${release}; look at the name`);
  const there = rollouts.find(
    ({ planned, state }) =>
      planned.release === release &&
      !isFinished(state) &&
      !isWindingDown(state) &&
      [...planned.targets.values()].every(({ cluster, revision }) => desired.get(cluster)?.revision === revision),
  );
  if (there !== undefined) {
    const { id, status } = there.state;
    return err(
      `rollout ${id} brings release ${release} there already, and is ${status}; resume or retry that one, and reconcile what is left once it has ended`,
    );
  }
  return ok({
    ...NOTHING_APPLIED,
    reconcile: release,
    changes: [{ subject: 'rollout', name: release, from: 'as it is', to: 'planned anew', why: whyOf(command) }],
  });
}
