import type { FleetRecords } from '../core/change/apply-change.ts';
import type { FleetChange } from '../core/change/fleet-change.ts';
import { auditChange } from '../core/change/record-decision.ts';
import { applyCommand } from '../core/command/apply-command.ts';
import type { Applied, CommandInput, FleetCommand } from '../core/command/command.ts';
import { reconcileRelease } from '../core/landing/reconcile-release.ts';
import type { CommitSha, FleetId, RolloutId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Instant } from '../core/model/time.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { type Decided, decideAndCommit } from './commit.ts';
import type { LoopWith } from './loop.ts';
import { type PlanningPort, planRelease } from './plan-manifests.ts';

/** What the person is told: what was changed, and what they should know besides. */
export interface Commanded {
  readonly changes: Applied['changes'];
  readonly notes: readonly string[];
}

type Answer = Result<Commanded, string>;

/**
 * Carries out a person's command, or says why not. Durable when this returns; the next decision gives the orders.
 *
 * @throws PortError
 */
export async function commandFleet(loop: LoopWith<PlanningPort>, id: FleetId, command: FleetCommand): Promise<Answer> {
  const answer = await decideAndCommit(loop, id, async (fleet, records, now): Promise<Decided<Answer>> => {
    const input = await inputOf(loop, fleet, records, command, now);
    const applied = applyCommand(input, command);
    if (!applied.ok) return { value: applied };
    const { reconcile, changes, notes } = applied.value;
    const change = changeOf(applied.value, command, input);
    if (reconcile === undefined) return { change, value: ok({ changes, notes }) };
    const planned = await reconcileChange(loop, fleet, records, reconcile, command, now);
    if (!planned.ok) return { value: planned };
    return { change: joined(change, planned.value), value: ok({ changes, notes }) };
  });
  return answer ?? err(`no fleet ${id}`);
}

/** The rollout that the command names, or whose stop it lifts, may be over, and is read for it. */
async function inputOf(
  { ports }: LoopWith<'store'>,
  { id }: FleetRecord,
  { rollouts, stops, desired, ledger }: FleetRecords,
  command: FleetCommand,
  now: Instant,
): Promise<CommandInput> {
  const named = 'rollout' in command ? command.rollout : undefined;
  const stopped = command.verb === 'lift' ? stops.find((stop) => stop.id === command.stop)?.rollout : undefined;
  const wanted = named ?? stopped;
  const known = rollouts.find(({ state }) => state.id === wanted);
  const found = known ?? (wanted === undefined ? undefined : await ports.store.rollout(id, wanted));
  const all = found === undefined || known !== undefined ? rollouts : [...rollouts, found];
  return { rollouts: all, rollout: named === undefined ? undefined : found, stops, desired, ledger, now };
}

function changeOf(applied: Applied, { by }: FleetCommand, { rollouts }: CommandInput): FleetChange {
  const { stops, changes } = applied;
  const concerned = concernedBy(applied, rollouts);
  const [first] = concerned;
  return {
    rollouts: applied.rollouts,
    stops,
    audit: changes.map((change) => auditChange(change, by, concerned.length === 1 ? first?.state.id : undefined)),
    followUps: [{ kind: 'tick' }, ...commitsOf(concerned).map((commit) => ({ kind: 'report-rollouts', commit, at: undefined }) as const)],
  };
}

/** Rollouts that changed, or whose stop did. */
function concernedBy({ rollouts, stops }: Applied, all: readonly ActiveRollout[]): readonly ActiveRollout[] {
  const ids = new Set<RolloutId>(rollouts.map(({ next }) => next.id));
  for (const { rollout } of stops) if (rollout !== undefined) ids.add(rollout);
  return all.filter(({ state }) => ids.has(state.id));
}

const commitsOf = (rollouts: readonly ActiveRollout[]): readonly CommitSha[] => [...new Set(rollouts.map(({ state }) => state.commit))];

async function reconcileChange(
  loop: LoopWith<PlanningPort>,
  fleet: FleetRecord,
  records: FleetRecords,
  release: string,
  { by, reason }: FleetCommand,
  now: Instant,
): Promise<Result<FleetChange, string>> {
  const { goodHead } = fleet;
  if (goodHead === undefined) return err('no manifests are in force yet');
  const planned = await planRelease(loop, fleet, records, goodHead, release);
  if (!planned.ok) return planned;
  const brought = await loop.ports.store.rolloutsOfCommit(fleet.id, goodHead);
  const pull = brought.find((one) => one.pull !== undefined)?.pull;
  const change = reconcileRelease({ release, by, reason, commit: goodHead, pull, recorded: records, plan: planned.value, now });
  return change === undefined ? err(`every cluster of ${release} is where it should be, or on the way there`) : ok(change);
}

const joined = (a: FleetChange, b: FleetChange): FleetChange => ({
  ...a,
  ...b,
  stops: [...(a.stops ?? []), ...(b.stops ?? [])],
  audit: [...a.audit, ...b.audit],
  followUps: [...a.followUps, ...b.followUps],
});
