import type { ClusterId } from '../model/ids.ts';
import type { ActiveRollout } from '../reconcile/decision.ts';
import { IN_FLIGHT, type TargetStatus } from '../reconcile/state.ts';
import { grouped, plural } from './markdown.ts';
import { PHASE_STATUS_WORDS, TARGET_STATUS_WORDS } from './words.ts';

/** How far rollouts are, in clusters. */
interface HowFar {
  /** Without those that have left the manifests: nobody can be done with them. */
  readonly total: number;
  /** Settled for good: a cluster of a phase that bakes can still turn out to be bad. */
  readonly done: number;
  readonly baking: number;
  readonly inFlight: number;
  readonly halfWay: number;
  readonly failed: number;
  readonly unreachable: number;
  readonly removed: number;
}

export function howFar(all: readonly ActiveRollout[]): HowFar {
  const statuses = all.flatMap(({ state }) => [...state.targets.values()].map(({ status }) => status));
  const count = (isMeant: (status: TargetStatus) => boolean): number => statuses.filter(isMeant).length;
  const baking = all.reduce((sum, active) => sum + bakingIn(active).size, 0);
  const removed = count((status) => status === 'removed');
  return {
    total: statuses.length - removed,
    done: count((status) => status === 'succeeded' || status === 'skipped') - baking,
    baking,
    inFlight: count((status) => IN_FLIGHT.has(status)),
    halfWay: all.reduce((sum, active) => sum + halfWayIn(active).length, 0),
    failed: count((status) => status === 'failed'),
    unreachable: count((status) => status === 'unreachable'),
    removed,
  };
}

/** `6 of 12 clusters done, 2 baking, 1 half-way, 1 failed, 1 removed`. */
export function farWords(all: readonly ActiveRollout[]): string {
  const { total, done, ...others } = howFar(all);
  const more = (
    [
      ['halfWay', 'half-way'],
      ['failed', TARGET_STATUS_WORDS.failed.label],
      ['unreachable', TARGET_STATUS_WORDS.unreachable.label],
      ['baking', PHASE_STATUS_WORDS.baking.label],
      ['removed', TARGET_STATUS_WORDS.removed.label],
    ] as const
  ).flatMap(([key, label]) => (others[key] === 0 ? [] : [`, ${grouped(others[key])} ${label}`]));
  return `${grouped(done)} of ${plural(total, 'cluster')} done${more.join('')}`;
}

/** Clusters that have soaked, in phases that bake: they run the new version, and nobody knows yet whether it is good. */
export function bakingIn({ planned, state }: ActiveRollout): ReadonlySet<ClusterId> {
  const baking = planned.phases.filter(({ name }) => state.phases.get(name)?.status === 'baking');
  return new Set(baking.flatMap(({ members }) => members.filter((member) => state.targets.get(member)?.status === 'succeeded')));
}

/** A cluster that stands still between two versions. */
export interface StandsHalfWay {
  readonly cluster: ClusterId;
  readonly status: TargetStatus;
  /** `1 of 5 brokers at 4.0.1`. Plain text. */
  readonly words: string;
}

const STANDS_STILL: ReadonlySet<TargetStatus> = new Set(['held', 'failed', 'unreachable', 'deferred']);

/** In the order of the phases. One that is moving is on its way, and no news. */
export function halfWayIn({ planned, state }: ActiveRollout): readonly StandsHalfWay[] {
  return [...planned.targets.values()].flatMap(({ cluster, from, spec }) => {
    const target = state.targets.get(cluster);
    const { done, total } = target?.progress ?? { done: 0, total: 0 };
    if (target === undefined || !STANDS_STILL.has(target.status) || done === 0 || done >= total) return [];
    const what = from?.version === spec.version ? `the new configuration of ${spec.version}` : spec.version;
    return [{ cluster, status: target.status, words: `${done} of ${plural(total, 'broker')} at ${what}` }];
  });
}
