import type { FleetRecords } from '../core/change/apply-change.ts';
import { computeDesired } from '../core/desired/compute-desired.ts';
import type { DesiredState } from '../core/desired/desired.ts';
import type { Observation } from '../core/evidence/observation.ts';
import { recordObserved, withEntries } from '../core/ledger/record-observed.ts';
import type { FleetModel, UnlocatedProblem } from '../core/manifest/model.ts';
import type { CommitSha } from '../core/model/ids.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Plan } from '../core/plan/plan.ts';
import { planFleet } from '../core/plan/plan-fleet.ts';
import type { DataPlanePolicy } from '../core/reconcile/policy.ts';
import type { Ports } from '../ports/ports.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { type LoadedManifests, loadManifests, locateIn } from './load-manifests.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { observeNew } from './observe.ts';

/** What is needed to make a plan. */
export type PlanningPort = Extract<keyof Ports, 'store' | 'clock' | 'log' | 'source' | 'parsed' | 'parser' | 'dataPlane'>;

/** What a tree of manifests means for the fleet: the same for a pull request and for its merge. */
export type PlannedManifests =
  | { readonly kind: 'broken'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'planned';
      readonly model: FleetModel;
      readonly desired: DesiredState;
      /** Clusters whose desired spec is not what it was. */
      readonly changed: number;
      /** `undefined` when there is nothing to do, and nothing to say. */
      readonly plan: Plan | undefined;
      /** What clusters run that are new in the manifests. */
      readonly seen: readonly Observation[];
      /** Warnings. */
      readonly problems: readonly Problem[];
    };

/**
 * From what is on record to what these manifests want, and the plan to get there. A preview is this without what follows.
 *
 * @param dataPlanes - those that may be asked what new clusters run: never those of a pull request, which could name any address.
 * @throws PortError
 */
export async function planManifests(
  loop: LoopWith<PlanningPort>,
  fleet: FleetRecord,
  records: FleetRecords,
  loaded: LoadedManifests,
  dataPlanes: readonly DataPlanePolicy[],
): Promise<PlannedManifests> {
  const { model } = loaded;
  if (model === undefined) return { kind: 'broken', problems: loaded.problems };
  const prepared = await prepareManifests(loop, fleet, records, model, dataPlanes);
  const { problems: found, ...planned } = planPrepared(prepared, records);
  const problems = [...loaded.problems, ...(await located(loop, fleet, loaded, found))];
  if (hasErrors(problems)) return { kind: 'broken', problems };
  const { desired, seen } = prepared;
  return { kind: 'planned', model, desired, seen, ...planned, problems };
}

/** All that a plan is made from besides the records. */
export interface PreparedManifests {
  readonly model: FleetModel;
  readonly desired: DesiredState;
  /** What clusters run that are new in the manifests. */
  readonly seen: readonly Observation[];
}

/** What waits for the network: before a turn. It holds as long as the desired state on record is the same. */
export async function prepareManifests(
  loop: LoopWith<PlanningPort>,
  fleet: FleetRecord,
  records: FleetRecords,
  model: FleetModel,
  dataPlanes: readonly DataPlanePolicy[],
): Promise<PreparedManifests> {
  const desired = desiredOf(loop, fleet, model);
  const clusters = newIn(records, desired);
  if (clusters.length > 0) memoryOf(loop.memory, fleet.id).proposed = { clusters, products: model.products };
  return { model, desired, seen: await observeNew(loop, fleet, clusters, dataPlanes) };
}

export interface Planned {
  /** Clusters whose desired spec is not what it was. */
  readonly changed: number;
  /** `undefined` when there is nothing to do, and nothing to say. */
  readonly plan: Plan | undefined;
  readonly problems: readonly UnlocatedProblem[];
}

/** Waits for nothing: a turn may be held over it. */
export function planPrepared({ model, desired, seen }: PreparedManifests, records: FleetRecords): Planned {
  // The first manifests ever seen are taken as they are: nothing is planned from nothing.
  if (records.heads.good === undefined) return { changed: 0, plan: undefined, problems: [] };
  const { desired: before, orders, stops } = records;
  const ledger = withEntries(records.ledger, recordObserved(records.ledger, seen));
  const { changes, plan, problems } = planFleet({ model, before, desired, ledger, orders, stops });
  return { changed: changes.length, plan, problems };
}

/**
 * The manifests of a commit in force, for a plan. An error says why they cannot be had any more.
 *
 * @throws PortError
 */
export async function readInForce(
  loop: LoopWith<PlanningPort>,
  fleet: FleetRecord,
  commit: CommitSha,
): Promise<Result<FleetModel, string>> {
  if (!(await loop.ports.source(fleet).has(commit))) return err(`commit ${commit.slice(0, 12)} is gone: its history was rewritten`);
  const { model } = await loadManifests(loop, fleet, commit);
  return model === undefined ? err(`the manifests of ${commit.slice(0, 12)} cannot be read any more`) : ok(model);
}

/** One release as if its newest commit were merged again. An error says what is wrong with the plan. */
export function planRelease(
  model: FleetModel,
  { desired, ledger, orders, stops }: FleetRecords,
  release: string,
): Result<Plan | undefined, string> {
  const { plan, problems } = planFleet({ model, before: desired, desired, ledger, orders, stops, touched: new Set([release]) });
  const [first] = problems.filter(({ severity }) => severity === 'error');
  return first === undefined ? ok(plan) : err(`${release} cannot be planned: ${first.message}`);
}

/** The desired state of the default branch is the start for what differs little from it. */
function desiredOf({ memory }: LoopWith<PlanningPort>, fleet: FleetRecord, model: FleetModel): DesiredState {
  const own = memoryOf(memory, fleet.id);
  const desired = computeDesired(model, own.computed);
  own.computed ??= { model, desired };
  return desired;
}

/** New in the manifests; nothing is new before the first. */
function newIn({ heads, desired: before }: FleetRecords, desired: DesiredState) {
  return heads.good === undefined ? [] : [...desired.values()].filter(({ cluster }) => !before.has(cluster));
}

function located(
  { ports }: LoopWith<'source' | 'parser'>,
  fleet: FleetRecord,
  { snapshot }: LoadedManifests,
  problems: readonly UnlocatedProblem[],
): Promise<readonly Problem[]> {
  return locateIn({ source: ports.source(fleet), parser: ports.parser, files: snapshot.files }, problems);
}
