import type { DesiredChange } from '../desired/desired.ts';
import type { Product } from '../manifest/generated.ts';
import type { FleetModel, UnlocatedProblem } from '../manifest/model.ts';
import { invariant } from '../model/assert.ts';
import { digestOf } from '../model/hash.ts';
import type { ClusterId, Revision } from '../model/ids.ts';
import { duration, durationMs } from '../model/time.ts';
import { compareVersions } from '../model/version.ts';
import { checkJumps, checkProducts, unplacedProblem } from './check-changes.ts';
import type { Excluded, Plan, PlannedPhase, PlannedRelease, PlannedTarget } from './plan.ts';
import { planRelease, type ReleasePlan, type TargetChange } from './plan-release.ts';
import { type OrderedRelease, orderReleases } from './release-order.ts';
import { risksOf } from './risks.ts';

export interface PlanInput {
  readonly model: FleetModel;
  readonly changes: readonly DesiredChange[];
  /** Revisions that each changed cluster was desired to be at before: tells a rollback. */
  readonly earlier: ReadonlyMap<ClusterId, readonly Revision[]>;
}

export interface MadePlan {
  readonly plan: Plan;
  /** With an error among them, the plan must be shown to nobody and run by nobody. */
  readonly problems: readonly UnlocatedProblem[];
}

/**
 * Makes the plan of one change of the fleet. The same for a pull request, its merge and the command line: it knows
 * neither commit nor clock, and the order of its input does not matter, so that equal digests mean equal plans.
 */
export function makePlan({ model, changes, earlier }: PlanInput): MadePlan {
  const sorted = [...changes].sort((a, b) => (clusterOf(a) < clusterOf(b) ? -1 : 1));
  const all = sorted.filter((change) => change.kind !== 'removed');
  const moving = all.filter(({ to }) => to.optOut === undefined);
  const kind = kindOf(moving, earlier);
  const releasePlans = planReleases(model, moving, kind);
  const phases = releasePlans.flatMap(({ phases }) => phases);
  const targets = planTargets(model, moving, phases);
  const parts = {
    kind,
    releases: releasePlans.map(({ release }) => release),
    phases,
    excluded: all.flatMap(({ to }) => excludedOf(to)),
    removed: sorted.flatMap((change) => (change.kind === 'removed' ? [change.from.cluster] : [])),
  };
  const risks = risksOf({ ...parts, model, targets });
  const problems = [
    ...checkProducts(model, moving),
    ...checkJumps(model, moving),
    ...releasePlans.flatMap(({ release, unplaced }) => unplacedProblem(model, release.release, unplaced)),
  ];
  return { plan: sealed({ ...parts, risks, targets: Object.fromEntries(targets.map((target) => [target.cluster, target])) }), problems };
}

/** Specs, versions and differences are already hashed in the two revisions: leaving them out of the digest loses nothing, and at 100,000 targets saves seconds. */
function sealed(plan: Omit<Plan, 'digest'>): Plan {
  const targets = Object.values(plan.targets).map(({ cluster, phase, dataPlane, change, from, revision, deadlineMs }) =>
    [cluster, phase, dataPlane, change, from?.revision, revision, deadlineMs].join(' '),
  );
  return { digest: digestOf({ ...plan, targets }), ...plan };
}

const clusterOf = (change: DesiredChange): string => (change.kind === 'removed' ? change.from.cluster : change.to.cluster);

/**
 * A rollback takes every cluster to an older version, or to a revision it had before, at the same version. To go up again
 * after a rollback is an ordinary rollout: what was once wanted, and then taken back, is not known to work. A cluster that only
 * rejoins says nothing either way.
 */
function kindOf(changes: readonly TargetChange[], earlier: PlanInput['earlier']): Plan['kind'] {
  const telling = changes.filter(({ kind }) => kind !== 'rejoined');
  const goesBack = (change: TargetChange): boolean => {
    const step = change.kind === 'updated' ? compareVersions(change.to.spec.version, change.from.spec.version) : 0;
    return step < 0 || (step === 0 && earlier.get(change.to.cluster)?.includes(change.to.revision) === true);
  };
  return telling.length > 0 && telling.every(goesBack) ? 'rollback' : 'rollout';
}

function planReleases(model: FleetModel, changes: readonly TargetChange[], kind: Plan['kind']): readonly ReleasePlan[] {
  const byRelease = new Map<string, TargetChange[]>();
  for (const change of changes) {
    const list = byRelease.get(change.to.release);
    if (list === undefined) byRelease.set(change.to.release, [change]);
    else list.push(change);
  }
  const selected = countSelected(model, byRelease);
  const last = new Map<string, readonly string[]>();
  return orderReleases(model, [...byRelease.keys()]).map((ordered) => {
    const planned = planOne(model, ordered, {
      changes: byRelease.get(ordered.release) ?? [],
      kind,
      selected: selected.get(ordered.release) ?? 0,
      waitsFor: ordered.waitsFor.flatMap((release) => last.get(release) ?? []),
    });
    last.set(ordered.release, planned.last);
    return planned;
  });
}

function planOne(
  model: FleetModel,
  ordered: OrderedRelease,
  input: { changes: readonly TargetChange[]; kind: Plan['kind']; selected: number; waitsFor: readonly string[] },
): ReleasePlan {
  const release = model.releases.get(ordered.release)?.value.spec;
  const strategy = model.strategies.get(release?.strategy ?? model.fleet.value.spec.defaultStrategy)?.value;
  invariant(release && strategy, `release ${ordered.release} and its strategy are in the model`);
  const urgency: PlannedRelease['urgency'] = release.urgency ?? 'routine';
  return planRelease({ ...input, ordered, strategy, urgency });
}

function countSelected(model: FleetModel, releases: ReadonlyMap<string, unknown>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const release of model.releaseOf.values()) if (releases.has(release)) counts.set(release, (counts.get(release) ?? 0) + 1);
  return counts;
}

function planTargets(model: FleetModel, changes: readonly TargetChange[], phases: readonly PlannedPhase[]): readonly PlannedTarget[] {
  const phaseOf = new Map<ClusterId, string>();
  for (const { id, members } of phases) for (const member of members) phaseOf.set(member, id);
  return changes.flatMap((change) => {
    const phase = phaseOf.get(change.to.cluster);
    return phase === undefined ? [] : [targetOf(model, change, phase)];
  });
}

const CHANGE_WORDS = { created: 'create', updated: 'update', rejoined: 'rejoin' } as const;

function targetOf(model: FleetModel, change: TargetChange, phase: string): PlannedTarget {
  const { cluster, dataPlane, revision, spec } = change.to;
  return {
    cluster,
    phase,
    dataPlane,
    change: CHANGE_WORDS[change.kind],
    from: change.kind === 'created' ? undefined : { revision: change.from.revision, version: change.from.spec.version },
    revision,
    spec,
    differences: change.kind === 'updated' ? change.differences : [],
    deadlineMs: deadlineOf(model.products.get(spec.product)?.value, spec.replicas),
  };
}

/** @see schemas/product.schema.json for the defaults */
const DEADLINE = { base: '10m', perReplica: '5m' } as const;

function deadlineOf(product: Product | undefined, replicas: number) {
  const { base = DEADLINE.base, perReplica = DEADLINE.perReplica } = product?.spec.deadline ?? {};
  return durationMs(duration(base) + duration(perReplica) * replicas);
}

function excludedOf({ cluster, release, optOut }: TargetChange['to']): readonly Excluded[] {
  return optOut === undefined ? [] : [{ cluster, release, reason: 'opted-out', words: optOut.reason }];
}
