import type { ClusterId, RolloutId } from '../../../src/core/model/ids.ts';
import type { Instant } from '../../../src/core/model/time.ts';
import type { ActiveRollout } from '../../../src/core/reconcile/decision.ts';
import type { Observation, Order } from '../../../src/core/reconcile/evidence.ts';

interface Soak {
  attempt: number;
  soakedMs: number;
  lastHealthyAt: Instant | undefined;
  newestAt: Instant | undefined;
}

/**
 * Watches all evidence beside `decide`, and keeps its own account of who has soaked for how long: counted from
 * samples alone, and never from anything that `decide` remembers.
 */
export class SoakWitness {
  readonly #soaks = new Map<string, Soak>();
  readonly #maxAgeMs: number;

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /** To be told of what `decide` is about to see. */
  see(
    rollouts: readonly ActiveRollout[],
    orders: ReadonlyMap<ClusterId, Order>,
    observations: ReadonlyMap<ClusterId, Observation>,
    now: Instant,
  ): void {
    for (const { plan, state } of rollouts) {
      for (const [cluster, { attempt, startedAt }] of state.targets) {
        const order = orders.get(cluster);
        if (startedAt === undefined || order?.rollout !== state.id) continue;
        const soak = this.#soakOf(state.id, cluster, attempt);
        const seen = observations.get(cluster);
        const revision = plan.targets[cluster]?.revision;
        if (seen?.kind !== 'observed' || now - seen.sampledAt > this.#maxAgeMs || seen.sampledAt < order.orderedAt) continue;
        if (soak.newestAt !== undefined && seen.sampledAt <= soak.newestAt) continue;
        if (seen.accepted?.epoch !== order.epoch || seen.accepted.revision !== revision) continue;
        this.#count(soak, seen.sampledAt, seen.rolled && seen.healthy);
      }
    }
  }

  soakedMs(rollout: RolloutId, cluster: ClusterId, attempt: number): number {
    const soak = this.#soaks.get(`${rollout} ${cluster}`);
    return soak?.attempt === attempt && soak.lastHealthyAt !== undefined ? soak.soakedMs : -1;
  }

  #soakOf(rollout: RolloutId, cluster: ClusterId, attempt: number): Soak {
    const key = `${rollout} ${cluster}`;
    let soak = this.#soaks.get(key);
    if (soak?.attempt !== attempt) {
      soak = { attempt, soakedMs: 0, lastHealthyAt: undefined, newestAt: undefined };
      this.#soaks.set(key, soak);
    }
    return soak;
  }

  #count(soak: Soak, at: Instant, healthy: boolean): void {
    const gapMs = soak.newestAt === undefined ? 0 : at - soak.newestAt;
    soak.newestAt = at;
    if (!healthy) {
      soak.soakedMs = 0;
      soak.lastHealthyAt = undefined;
      return;
    }
    // Only time between two healthy samples counts, and only if they are close enough to vouch for it.
    if (soak.lastHealthyAt !== undefined && gapMs <= this.#maxAgeMs) soak.soakedMs += gapMs;
    soak.lastHealthyAt = at;
  }
}
