import type { DesiredCluster } from '../../../src/core/desired/desired.ts';
import type { Order } from '../../../src/core/evidence/order.ts';
import type { LedgerEntry } from '../../../src/core/ledger/ledger.ts';
import type { ClusterId, Revision } from '../../../src/core/model/ids.ts';
import type { PlannedTarget } from '../../../src/core/plan/plan.ts';
import type { Stop } from '../../../src/core/stop/stop.ts';
import type { StateChange } from '../../../src/ports/state-store.ts';
import type { FleetSpec } from '../fleet-spec.ts';
import type { Mirror, MirroredRollout } from '../mirror.ts';
import type { Turn } from './outcomes.ts';
import { at } from './stops.ts';

/** Every change of state has its line in the history, written with it. */
export function missingInAudit(mirror: Mirror, change: StateChange, turns: readonly Turn[]): string | undefined {
  const audit = change.audit ?? [];
  const says = (kind: string, subject: string, to: string): boolean =>
    audit.some((line) => line.kind === kind && line.subject === subject && line.to === to);
  for (const { cluster, before, after } of turns) {
    if (before.status !== after.status && !says('target', cluster, after.status))
      return `target ${cluster} ${before.status} to ${after.status}`;
  }
  for (const { id, status, phases } of change.rollouts ?? []) {
    const before = mirror.rollouts.get(id)?.state;
    if (before === undefined) continue;
    if (before.status !== status && !says('rollout', id, status)) return `rollout ${id} ${before.status} to ${status}`;
    for (const [name, phase] of phases) {
      const was = before.phases.get(name)?.status;
      const isCommanded = audit.some(({ kind }) => kind === 'target') && audit.some(({ actor }) => actor !== 'flotilla');
      if (was !== phase.status && !isCommanded && !says('phase', name, phase.status)) return `phase ${name} ${was} to ${phase.status}`;
    }
  }
  for (const stop of change.stops ?? []) {
    const before = mirror.stops.get(stop.id);
    const isNews = before === undefined || (before.lifted === undefined) !== (stop.lifted === undefined);
    if (isNews && !audit.some(({ kind, subject }) => kind === 'stop' && subject === stop.id)) return `stop ${stop.id} (${stop.cause})`;
  }
  for (const { cluster, epoch, mode, revision } of change.orders ?? []) {
    if (!says('order', cluster, `${mode} ${revision} epoch ${epoch}`)) return `order ${epoch} of ${cluster}`;
  }
  for (const { id } of change.newRollouts?.states ?? []) if (!audit.some(({ subject }) => subject === id)) return `new rollout ${id}`;
  if (change.heads !== undefined && !audit.some(({ kind }) => kind === 'desired')) return 'landing';
  return undefined;
}

/** What follows from a change is asked for with it, in the same transaction. */
export function missingJob(mirror: Mirror, change: StateChange): string | undefined {
  const keys = new Set((change.jobs ?? []).map(({ key }) => key));
  const has = (prefix: string): boolean => [...keys].some((key) => key.startsWith(prefix));
  for (const { dataPlane } of change.orders ?? []) if (!has(`deliver:${change.fleet}:${dataPlane}`)) return `deliver to ${dataPlane}`;
  for (const { cluster } of change.sendAgain ?? []) {
    const dataPlane = mirror.orders.get(cluster)?.dataPlane;
    if (dataPlane !== undefined && !has(`deliver:${change.fleet}:${dataPlane}`)) return `deliver to ${dataPlane} again`;
  }
  if ((change.newRollouts?.states.length ?? 0) > 0 && !has('tick:')) return 'a tick for new rollouts';
  for (const { id, status } of change.rollouts ?? []) {
    const before = mirror.rollouts.get(id)?.state;
    if (before !== undefined && before.status !== status && !has(`publish:${change.fleet}:rollouts:${before.commit}`))
      return `a report of ${id}`;
  }
  return undefined;
}

/** What a person puts down is not taken up by the next merge. */
export function abortedInVain(mirror: Mirror, change: StateChange): string | undefined {
  for (const { id, status } of change.rollouts ?? []) {
    const before = mirror.rollouts.get(id);
    if (status !== 'aborted' || before === undefined || before.state.status === 'aborted') continue;
    const bringsNews = [...before.planned.targets.values()].some((target) => target.kind === 'rollout' && isNews(mirror, before, target));
    if (bringsNews && !(change.stops ?? []).some(({ cause }) => cause === 'aborted')) return `rollout ${id} is aborted without a stop`;
  }
  return undefined;
}

/** It would bring something to the cluster that was never proven there, and that the rollout before this one of its release does not bring. */
function isNews(mirror: Mirror, { state }: MirroredRollout, { cluster, from, spec, differences }: PlannedTarget): boolean {
  const isAhead = (other: MirroredRollout): boolean => other.state.release === state.release && other.state.seq < state.seq;
  const known = [
    ...(mirror.ledger.get(cluster)?.proven ?? []).map((proven) => proven.spec),
    ...mirror.unfinished.filter(isAhead).flatMap((other) => other.planned.targets.get(cluster)?.spec ?? []),
  ];
  const isUnknown = (path: string, value: unknown): boolean => !known.some((one) => at(one, path) === value);
  if (from === undefined) return isUnknown('version', spec.version);
  return differences.some(({ path, to }) => path !== 'replicas' && path !== 'product' && isUnknown(path, to));
}

/** It held nothing but a rollout that is over with this change, or was before. */
function isOfEndedRollout(mirror: Mirror, change: StateChange, { scope }: Stop): boolean {
  if (scope.kind !== 'rollout' && scope.kind !== 'phase') return false;
  const now = (change.rollouts ?? []).find(({ id }) => id === scope.rollout) ?? mirror.rollouts.get(scope.rollout)?.state;
  return now?.finishedAt !== undefined;
}

/** Stops end by a person, or by their own condition. */
export function liftedByNobody(mirror: Mirror, change: StateChange): string | undefined {
  for (const stop of change.stops ?? []) {
    const before = mirror.stops.get(stop.id);
    if (stop.lifted === undefined || before?.lifted !== undefined) continue;
    const { by } = stop.lifted;
    if (by !== 'flotilla') {
      if (!(change.audit ?? []).some(({ actor, subject }) => actor === by && subject === stop.id))
        return `stop ${stop.id} is lifted in the name of ${by}`;
      continue;
    }
    const soaked = (change.rollouts ?? []).some(({ targets }) =>
      stop.failed.some((cluster) => targets.get(cluster)?.status === 'succeeded' && targets.get(cluster)?.probe === true),
    );
    if (isOfEndedRollout(mirror, change, stop)) continue;
    const endsByASoak = stop.cause === 'quarantine' || stop.cause === 'unproven-canary';
    if (!endsByASoak || !soaked) return `stop ${stop.id} (${stop.cause}) is lifted by nobody`;
  }
  return undefined;
}

/** A commit that lands brings its rollouts, and its policy, in the same transaction: nothing that was merged is forgotten. */
export function lostByLanding(mirror: Mirror, change: StateChange, spec: FleetSpec | undefined): string | undefined {
  const { heads, desired, policy, newRollouts } = change;
  if (heads === undefined || heads.good !== heads.seen) return undefined;
  if (desired === undefined || policy === undefined) return 'desired state or policy is missing';
  if (spec !== undefined && policy.fleetMaxConcurrent !== spec.maxConcurrent)
    return `policy says ${policy.fleetMaxConcurrent}, the manifests ${spec.maxConcurrent}`;
  if (mirror.goodHead === undefined) return undefined;
  const targets = new Set(newRollouts?.plan.rollouts.flatMap(({ targets: own }) => [...own.keys()]) ?? []);
  const stored = new Set(newRollouts?.states.flatMap(({ targets: own }) => [...own.keys()]) ?? []);
  if (targets.size !== stored.size) return 'the plan has targets without a state';
  const next = new Map([...mirror.desired, ...desired.set.map((one) => [one.cluster, one] as const)]);
  for (const cluster of desired.remove) next.delete(cluster);
  const touched = new Set<string>();
  for (const one of desired.set) {
    const before = mirror.desired.get(one.cluster);
    const rejoins = before?.optOut !== undefined && one.optOut === undefined;
    if (before === undefined || before.revision !== one.revision || rejoins) touched.add(one.release);
  }
  return leftBehind(mirror, change, next, touched);
}

/** A release that is planned anew without a commit: nothing of it is left where it is. */
export function lostByReconcile(mirror: Mirror, change: StateChange): string | undefined {
  if (change.heads !== undefined || change.newRollouts === undefined) return undefined;
  return leftBehind(mirror, change, mirror.desired, new Set(change.newRollouts.states.map(({ release }) => release)));
}

/** A cluster of these releases that is not proven where it should be, and that no new rollout brings there. */
function leftBehind(
  mirror: Mirror,
  { ledger = [], newRollouts }: StateChange,
  desired: ReadonlyMap<ClusterId, DesiredCluster>,
  releases: ReadonlySet<string>,
): string | undefined {
  const planned = new Set(newRollouts?.states.flatMap(({ targets }) => [...targets.keys()]) ?? []);
  const changed = new Map(ledger.map((entry) => [entry.cluster, entry]));
  for (const { cluster, revision, release, optOut } of desired.values()) {
    if (optOut !== undefined && planned.has(cluster)) return `${cluster} has opted out, and is planned`;
    if (!releases.has(release) || optOut !== undefined || planned.has(cluster)) continue;
    const why = whyNotHome(revision, changed.get(cluster) ?? mirror.ledger.get(cluster), mirror.orders.get(cluster));
    if (why !== undefined) return `${cluster} ${why}, and no rollout brings it to ${revision}`;
  }
  return undefined;
}

/** Proven there, and then? An order that came after that may have left it half-way, whatever it said; and it may have broken. */
export function whyNotHome(revision: Revision, entry: LedgerEntry | undefined, order: Order | undefined): string | undefined {
  const top = entry?.proven[0];
  if (top?.revision !== revision) return `is proven at ${top?.revision}`;
  if (entry?.failed.some((failure) => failure.revision === revision) === true) return 'broke after its soak, and has not soaked since';
  if (order === undefined) return undefined;
  if (order.revision !== revision) return 'was ordered away';
  const isProvenSince = top.rollout === order.rollout || (top.proof === 'adopted' && top.at >= order.orderedAt);
  return isProvenSince ? undefined : 'was ordered back, and has not soaked';
}

/** What a rollout has rolled is watched for the guard time after its end. */
export function unguarded(mirror: Mirror, change: StateChange): string | undefined {
  for (const { id, finishedAt, guardUntil, targets } of change.rollouts ?? []) {
    const rollout = mirror.rollouts.get(id);
    if (rollout === undefined || finishedAt === undefined || rollout.state.finishedAt !== undefined) continue;
    const hasRolled = [...new Map([...rollout.state.targets, ...targets]).values()].some(({ status }) => status === 'succeeded');
    const { guardMs } = rollout.planned;
    if (hasRolled && guardMs > 0 && guardUntil !== finishedAt + guardMs)
      return `rollout ${id} has ended, and is guarded until ${guardUntil} instead of ${finishedAt + guardMs}`;
  }
  return undefined;
}
