import type { FleetRecords } from '../core/change/apply-change.ts';
import type { BroughtChange } from '../core/command/brought-change.ts';
import type { Ledger } from '../core/ledger/ledger.ts';
import type { CommitSha, FleetId, PlanDigest, RolloutId } from '../core/model/ids.ts';
import { decideFleet } from '../core/reconcile/decide-fleet.ts';
import { type ActiveRollout, type HoldReason, type Holds, NO_HOLDS } from '../core/reconcile/decision.ts';
import { isFinished } from '../core/reconcile/state.ts';
import type { OtherRollout, RolloutView } from '../core/report/rollout-view.ts';
import type { Stop } from '../core/stop/stop.ts';
import type { FleetRecord, RolloutSummary, StateStore } from '../ports/state-store.ts';
import { broughtBy } from './command-input.ts';
import { fleetInput } from './fleet-input.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { pageOfFleet } from './page-of-fleet.ts';
import { loadRecords } from './records.ts';

type ReportLoop = LoopWith<'store' | 'clock'>;

/** A rollout as it stands, with the reason why each of its waiting clusters waits. */
export interface RolloutNow extends ActiveRollout {
  readonly summary: RolloutSummary;
  readonly holds: Holds;
  /** Those of the fleet that are not lifted. */
  readonly stops: readonly Stop[];
  readonly ledger: Ledger;
}

/** @throws PortError */
export async function rolloutNow(loop: ReportLoop, id: FleetId, rollout: RolloutId): Promise<RolloutNow | undefined> {
  const { store } = loop.ports;
  const fleet = await store.fleet(id);
  if (fleet === undefined) return undefined;
  const records = await loadRecords(loop, fleet);
  const decided = records.rollouts.find(({ state }) => state.id === rollout);
  const [active, summary] = await Promise.all([decided ?? store.rollout(id, rollout), store.rolloutSummary(id, rollout)]);
  if (active === undefined || summary === undefined) return undefined;
  const holds = isFinished(active.state) ? NO_HOLDS : ((await holdsNow(loop, id, records)).get(rollout) ?? NO_HOLDS);
  return { ...active, summary, holds, stops: records.stops, ledger: records.ledger };
}

/** What is reported of a commit. */
export interface CommitReport {
  readonly view: RolloutView;
  readonly pull: number | undefined;
  readonly change: BroughtChange;
  /** Of the plan that landed with the commit: a release that was reconciled since has one of its own. */
  readonly firstDigest: PlanDigest;
}

/** @returns `undefined` where the commit brought no rollouts. @throws PortError */
export async function commitReport(loop: ReportLoop, fleet: FleetRecord, commit: CommitSha): Promise<CommitReport | undefined> {
  const { store, clock } = loop.ports;
  const summaries = await store.rolloutsOfCommit(fleet.id, commit);
  const [first] = summaries;
  const newest = summaries.at(-1);
  if (first === undefined || newest === undefined) return undefined;
  const records = await loadRecords(loop, fleet);
  // What is decided on is of one moment with the stops over it. What is read now may be newer: paused, with no stop to say why.
  const decided = new Map(records.rollouts.map((one) => [one.state.id, one]));
  const found = await Promise.all(summaries.map(({ id }) => decided.get(id) ?? store.rollout(fleet.id, id)));
  const active = found.filter((one) => one !== undefined);
  // They ended so long ago that only summaries are kept: what was written of them stands.
  if (active.length === 0) return undefined;
  const holds = active.every(({ state }) => isFinished(state)) ? NO_HOLDS_AT_ALL : await holdsNow(loop, fleet.id, records);
  const rollouts = active.map((one) => ({ active: one, holds: (isFinished(one.state) ? undefined : holds.get(one.state.id)) ?? NO_HOLDS }));
  const view: RolloutView = {
    fleet: fleet.id,
    commit,
    digest: newest.digest,
    rollouts,
    stops: records.stops,
    ledger: records.ledger,
    others: await othersOf(loop, fleet.id, rollouts),
    fleetUrl: pageOfFleet(loop.settings, fleet.id),
    speed: loop.settings.speed,
    now: clock.now(),
  };
  return { view, pull: await pullOf(store, fleet.id, summaries), change: broughtBy(first), firstDigest: first.digest };
}

/**
 * In whose comment it is told: that of the pull request that brought the commit, else of the one whose release was asked for once more, as
 * soon as nothing else is told there.
 */
async function pullOf(
  store: Pick<StateStore, 'rolloutsOfCommit'>,
  fleet: FleetId,
  summaries: readonly RolloutSummary[],
): Promise<number | undefined> {
  const own = summaries.find(({ pull, origin }) => pull !== undefined && origin === undefined);
  if (own !== undefined) return own.pull;
  const again = summaries.findLast(({ pull }) => pull !== undefined);
  if (again?.origin === undefined) return undefined;
  const others = await store.rolloutsOfCommit(fleet, again.origin);
  return others.every(({ finishedAt }) => finishedAt !== undefined) ? again.pull : undefined;
}

const NO_HOLDS_AT_ALL: ReadonlyMap<RolloutId, Holds> = new Map();

/** Holds are decided anew on what was seen last: they are never stored, so they cannot be out of date. */
async function holdsNow(loop: ReportLoop, id: FleetId, records: FleetRecords): Promise<ReadonlyMap<RolloutId, Holds>> {
  const { policy } = records;
  if (policy === undefined) return NO_HOLDS_AT_ALL;
  const { store, clock } = loop.ports;
  const observations = memoryOf(loop.memory, id).observations ?? (await store.observations(id));
  const { decisions } = decideFleet(fleetInput(loop, records, policy, observations, clock.now()));
  return new Map(decisions.map(({ rollout, decision }) => [rollout.state.id, decision.holds]));
}

/** How rollouts of other commits are named where these name them. */
async function othersOf(
  { ports }: ReportLoop,
  fleet: FleetId,
  shown: RolloutView['rollouts'],
): Promise<ReadonlyMap<RolloutId, OtherRollout>> {
  const own = new Set(shown.map(({ active }) => active.state.id));
  const named = new Set(shown.flatMap(({ active, holds }) => [...supersedersOf(active), ...namedByHolds(holds)]));
  const others = new Map<RolloutId, OtherRollout>();
  for (const id of named) {
    const summary = own.has(id) ? undefined : await ports.store.rolloutSummary(fleet, id);
    if (summary === undefined) continue;
    const { title, pull, commit, release, status } = summary;
    others.set(id, { title, pull, commit, release, status });
  }
  return others;
}

function supersedersOf({ state }: ActiveRollout): readonly RolloutId[] {
  const all = [state.supersededBy, ...[...state.targets.values()].map(({ supersededBy }) => supersededBy)];
  return all.filter((id) => id !== undefined);
}

function namedByHolds({ all, phases, clusters }: Holds): readonly RolloutId[] {
  const waits = [...(all === undefined ? [] : [all]), ...phases.values(), ...clusters.values()];
  return waits.flatMap(({ reason }) => namedBy(reason));
}

const namedBy = (reason: HoldReason): readonly RolloutId[] =>
  'rollout' in reason ? [reason.rollout] : 'behind' in reason ? [reason.behind] : [];
