import { canonicalJson } from '../../../../core/model/hash.ts';
import { capacityOf } from '../../../../core/model/quantity.ts';
import type { KnownSpecs } from './known-specs.ts';
import type { PlanBefore, PlannedTargetBefore, ReleaseBefore } from './rows-before.ts';

/** What strategies say today when they say nothing. */
const GUARD_MS = 30 * 60_000;
const RESCUES = '10%';

/** Releases of the plan that move something, in the order in which they would start. */
export function releasesOf({ releases, phases }: PlanBefore): readonly ReleaseBefore[] {
  const moving = releases.filter(({ release }) => phases.some((phase) => phase.release === release && phase.members.length > 0));
  const requires = new Map(moving.map(({ release }) => [release, requiredReleases(phases, release)]));
  // Whoever requires another requires all that that one requires: the more, the later.
  return moving.toSorted((one, other) => (requires.get(one.release)?.size ?? 0) - (requires.get(other.release)?.size ?? 0));
}

/** One plan over several releases as it is stored today: one rollout for each. It keeps its digest, which rows refer to. */
export function convertPlan(plan: PlanBefore, known: KnownSpecs): unknown {
  const specs = new Pool();
  const differences = new Pool();
  for (const target of Object.values(plan.targets)) known.learnTarget(target);
  const rollouts = releasesOf(plan).map((release) => {
    const phases = plan.phases.filter((phase) => phase.release === release.release);
    const members = phases.flatMap((phase) => phase.members.map((member) => ({ phase: phase.name, target: targetOf(plan, member) })));
    const names = members.map(({ target }) => target.cluster);
    return {
      release: release.release,
      product: release.product,
      intent: 'release',
      strategy: release.strategy,
      urgency: release.urgency,
      kind: plan.kind,
      requires: requiredProducts(plan, release.release),
      fromVersions: release.fromVersions,
      toVersions: release.toVersions,
      selected: release.selected,
      phases: phases.map((phase) => phaseOf(plan, phase)),
      targets: members.map(({ phase, target }) => ({
        cluster: target.cluster,
        phase,
        dataPlane: target.dataPlane,
        change: target.change,
        kind: plan.kind,
        from: target.from && { revision: known.revisionOf(target.from.revision), version: target.from.version },
        revision: known.revisionOf(target.revision),
        spec: specs.place(known.learn(target.revision, target.spec).spec),
        differences: differences.place(target.differences),
        deadlineMs: target.deadlineMs,
      })),
      limits: limitsOf(release, phases, names.length),
      budgets: release.budgets,
      guardMs: GUARD_MS,
    };
  });
  const { digest, excluded, removed, risks } = plan;
  return { digest, specs: specs.entries, differences: differences.entries, rollouts, excluded, removed, risks };
}

function targetOf(plan: PlanBefore, member: string): PlannedTargetBefore {
  const target = plan.targets[member];
  if (target === undefined) throw new Error(`plan ${plan.digest} names the member ${member}, and no target of that name`);
  return target;
}

type Phase = PlanBefore['phases'][number];

/** What was called bake is the soak of today: how long each cluster is watched. Phases did not wait after that. */
function phaseOf({ kind }: PlanBefore, phase: Phase) {
  const { name, canary, members, why, maxConcurrent, bakeMs: soakMs, budgets, approval, maxDurationMs, onFailure } = phase;
  return { name, canary, kind, members, why, maxConcurrent, soakMs, bakeMs: 0, budgets, approval, maxDurationMs, onFailure };
}

function limitsOf({ release, maxConcurrent }: ReleaseBefore, phases: readonly Phase[], total: number) {
  return [
    ...phases
      .filter(({ members }) => members.length > 0)
      .map(({ name, maxConcurrent: count }) => ({ id: `phase:${name}`, kind: 'phase', name, count })),
    ...(maxConcurrent === undefined ? [] : [{ id: 'release', kind: 'release', name: release, count: maxConcurrent }]),
    { id: 'rescue', kind: 'rescue', name: release, count: capacityOf(RESCUES, total) },
  ];
}

/** Releases whose phases come before those of this one, directly or through others. */
function requiredReleases(phases: readonly Phase[], release: string): ReadonlySet<string> {
  const releaseOf = new Map(phases.map((phase) => [phase.id, phase.release]));
  const found = new Set<string>();
  const open = [release];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const before = phases.filter((phase) => phase.release === next).flatMap(({ after }) => after.flatMap((id) => releaseOf.get(id) ?? []));
    for (const one of before) {
      if (one === release || found.has(one)) continue;
      found.add(one);
      open.push(one);
    }
  }
  return found;
}

function requiredProducts({ releases, phases }: PlanBefore, release: string): readonly string[] {
  const required = requiredReleases(phases, release);
  return [...new Set(releases.filter((one) => required.has(one.release)).map(({ product }) => product))].sort();
}

/** Entries that read the same are written once. */
class Pool {
  readonly entries: unknown[] = [];
  readonly #places = new Map<string, number>();

  place(entry: unknown): number {
    const text = canonicalJson(entry);
    const place = this.#places.get(text) ?? this.entries.push(entry) - 1;
    this.#places.set(text, place);
    return place;
  }
}
