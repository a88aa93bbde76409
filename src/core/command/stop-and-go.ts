import { err, ok, type Result } from '../model/result.ts';
import { formatInstant } from '../model/time.ts';
import type { Change } from '../reconcile/decision.ts';
import type { RolloutStatus } from '../reconcile/state.ts';
import { stopsOnVersions, stopsOverRollout } from '../reconcile/stops-over.ts';
import { makeStop } from '../stop/make-stop.ts';
import { inForce, type Stop, type StopScope } from '../stop/stop.ts';
import { scopeName, stopLine } from '../stop/stop-words.ts';
import { type Handler, identitiesOf, NOTHING_APPLIED, type RolloutCommand, type RolloutInput, whyOf } from './command.ts';
import { releaseStop } from './release-stop.ts';

/** A person's pause is a stop on the release, so that no later merge undoes it; and one beside those that failures have set. */
export const pause: Handler = (input, command) => {
  const { rollout, stops, now } = input;
  const { release } = rollout.planned;
  const before = inForce(stops, now).find((stop) => isPauseOf(stop, release));
  if (before !== undefined) return err(`already paused by ${before.by} at ${formatInstant(before.at)}: ${before.reason}`);
  const { by, reason } = command;
  const scope = { kind: 'release', release } as const;
  const stop = makeStop({ scope, cause: 'person', lets: 'nothing', by, reason, at: now, rollout: rollout.state.id }, identitiesOf(input));
  return ok({ ...NOTHING_APPLIED, stops: [stop], changes: [stopSet(stop, command)] });
};

export const isPauseOf = ({ cause, scope, lets, until }: Stop, release: string): boolean =>
  cause === 'person' && scope.kind === 'release' && scope.release === release && lets === 'nothing' && until === undefined;

export const stopSet = (stop: Stop, command: { readonly by: string; readonly reason: string }): Change => ({
  subject: 'stop',
  name: stop.id,
  from: 'none',
  to: stop.cause,
  why: whyOf(command),
});

/** Lifts the stop that pauses this rollout. Of several, one at a time: each was set for a reason of its own. */
export const resume: Handler = (input, command) => {
  const chosen = stopToLift(input, command);
  return chosen.ok ? ok(releaseStop(input, chosen.value, command)) : chosen;
};

/** Lifting one of these lets more go on than the rollout that is resumed: only by name. */
const WIDER_THAN_RELEASE: ReadonlySet<StopScope['kind']> = new Set(['fleet', 'product']);

function stopToLift(input: RolloutInput, command: RolloutCommand): Result<Stop, string> {
  const { rollout, now } = input;
  const stops = inForce(input.stops, now);
  const over = stopsOverRollout(stops, rollout);
  if (command.stop !== undefined) {
    const named = over.find(({ id }) => id === command.stop);
    return named === undefined ? err(`stop ${command.stop} does not pause this rollout: ${namesOf(over)}`) : ok(named);
  }
  const [only] = over;
  if (only === undefined) return err(whyNotPaused(input, stops));
  if (over.length > 1) return err(`${over.length} stops pause this rollout; say which one to lift: ${namesOf(over)}`);
  if (WIDER_THAN_RELEASE.has(only.scope.kind))
    return err(`${scopeName(only.scope)} is stopped, not this rollout alone; to let all of it go on, lift ${stopLine(only)}`);
  return ok(only);
}

const namesOf = (stops: readonly Stop[]): string => (stops.length === 0 ? 'none does' : stops.map(stopLine).join('; '));

/** What to do for a rollout that has not ended, and that no stop pauses. */
const NOT_PAUSED: Partial<Record<RolloutStatus, string>> = {
  pending: 'the rollout is not paused; it waits for the one before it of its release: take-over starts it at once',
  'awaiting-approval': 'the rollout is not paused; it waits for an approval: approve the phase',
};

function whyNotPaused({ rollout, ledger }: RolloutInput, stops: readonly Stop[]): string {
  const onVersion = stopsOnVersions(stops, rollout, ledger);
  if (onVersion.length > 0) return `the version is stopped, not the rollout: retry what failed, or lift ${namesOf(onVersion)}`;
  return NOT_PAUSED[rollout.state.status] ?? 'the rollout is not paused; there is nothing to resume';
}

/** For a rollout that has ended: a stop on its release may be what the person means. */
export const resumeEnded =
  (words: string): Handler =>
  ({ rollout, stops, now }) => {
    const over = stopsOverRollout(inForce(stops, now), rollout);
    return err(over.length === 0 ? words : `${words}; to let the next ones go on, lift ${namesOf(over)}`);
  };
