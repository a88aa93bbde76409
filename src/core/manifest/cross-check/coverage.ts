import { capacityOf } from '../../model/quantity.ts';
import type { Release, Strategy } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { assignPhases } from '../phases.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import type { Known } from './known.ts';
import { type ClusterProblem, type Placement, strategyOf, type Tally } from './placement.ts';

/** A canary phase of a release without a cluster. */
export interface EmptyCanary {
  readonly release: string;
  readonly strategy: string;
  /** By its index. */
  readonly phase: number;
  readonly problem: UnlocatedProblem;
}

/**
 * The phases of each release, from counts alone: that no canary phase is empty, and that no cluster is left
 * out. Which clusters a cohort draws does not matter for that, so no hash is computed unless some are left.
 */
export function checkCoverage(
  known: Known,
  placement: Placement,
): {
  readonly problems: readonly UnlocatedProblem[];
  readonly canaries: readonly EmptyCanary[];
  readonly clusters: readonly ClusterProblem[];
} {
  const problems: UnlocatedProblem[] = [];
  const canaries: EmptyCanary[] = [];
  const clusters: ClusterProblem[] = [];
  if (!known.failures.complete('Cluster', 'Fleet', 'Strategy')) return { problems, canaries, clusters };
  for (const [name, release] of known.releases) {
    const tally = placement.tallies.get(name);
    if (tally === undefined || tally.selected === 0) {
      const message = `release ${name} selects no cluster`;
      problems.push(
        problemOf('release-empty', placeIn(release, 'spec', 'select'), message, 'correct its selection, or remove the release'),
      );
      continue;
    }
    const strategy = strategyOf(known, name);
    if (strategy === undefined) continue;
    const { members, left } = phaseSizes(strategy, tally);
    for (const [at, phase] of strategy.spec.phases.entries()) {
      if (phase.canary !== true || members[at] !== 0) continue;
      canaries.push({ release: name, strategy: strategy.metadata.name, phase: at, problem: emptyCanary(release, strategy, phase.name) });
    }
    if (left > 0) clusters.push(...leftOut(name, strategy, placement));
  }
  return { problems, canaries, clusters };
}

/** How many members each phase has, and how many clusters have no phase. */
function phaseSizes(strategy: Strategy, tally: Tally): { readonly members: readonly number[]; readonly left: number } {
  let left = tally.pool;
  const cohorts = strategy.spec.phases.map(({ cohort }) => {
    const size = cohort === undefined ? 0 : Math.min(capacityOf(cohort.size, tally.pool).count, left);
    left -= size;
    return size;
  });
  const rest = strategy.spec.phases.findIndex((phase) => phase.rest === true);
  const members = strategy.spec.phases.map((phase, at) => {
    if (phase.select !== undefined) return tally.bySelect[at] ?? 0;
    return at === rest ? left : (cohorts[at] ?? 0);
  });
  return { members, left: rest < 0 ? left : 0 };
}

function emptyCanary(release: Located<Release>, strategy: Strategy, phase: string): UnlocatedProblem {
  const message = `canary phase ${phase} of strategy ${strategy.metadata.name} has no cluster in release ${release.value.metadata.name}`;
  const path = release.value.spec.strategy === undefined ? ['spec', 'select'] : ['spec', 'strategy'];
  return problemOf(
    'canary-empty',
    placeIn(release, ...path),
    message,
    'label a cluster for it, choose another strategy, or remove `canary: true`',
  );
}

function leftOut(release: string, strategy: Strategy, placement: Placement): readonly ClusterProblem[] {
  const candidates = [...placement.clusters]
    .filter(([cluster]) => placement.releaseOf.get(cluster) === release)
    .map(([cluster, { value }]) => ({ cluster, labels: value.metadata.labels ?? {} }));
  const { unassigned } = assignPhases(strategy, candidates, release);
  return unassigned.flatMap((cluster) => {
    const document = placement.clusters.get(cluster);
    if (document === undefined) return [];
    const message = `cluster \`${cluster}\` is in no phase of strategy ${strategy.metadata.name} (release ${release})`;
    const hint = 'give the strategy a last phase with `rest: true`, or change the labels of the cluster';
    return [{ cluster, problem: problemOf('cluster-in-no-phase', placeIn(document, 'metadata', 'labels'), message, hint) }];
  });
}
