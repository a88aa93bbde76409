import type { DesiredSpec } from '../../../src/core/desired/desired.ts';
import { observedDifferences } from '../../../src/core/desired/normalise.ts';
import type { Observed } from '../../../src/core/evidence/observation.ts';
import type { ClusterId, RolloutId } from '../../../src/core/model/ids.ts';
import type { Instant } from '../../../src/core/model/time.ts';
import type { FleetInput } from '../../../src/core/reconcile/decision.ts';

interface Soak {
  attempt: number;
  soakedMs: number;
  lastHealthyAt: Instant | undefined;
  newest: { readonly sampledAt: Instant; readonly receivedAt: Instant } | undefined;
}

/**
 * Watches all evidence beside the engine, and keeps its own account of who has soaked for how long: counted from
 * samples alone, and never from anything that the engine remembers.
 */
export class SoakWitness {
  readonly #soaks = new Map<string, Soak>();

  /** To be told of what is about to be decided on. */
  see({ rollouts, orders, observations, policy, now }: FleetInput): void {
    for (const { planned, state } of rollouts) {
      for (const [cluster, { attempt, startedAt }] of state.targets) {
        const order = orders.get(cluster);
        if (startedAt === undefined || order?.rollout !== state.id) continue;
        const soak = this.#soakOf(state.id, cluster, attempt);
        const seen = observations.get(cluster);
        const target = planned.targets.get(cluster);
        if (seen?.kind !== 'observed' || target === undefined) continue;
        const isUnderOrder = seen.accepted?.epoch === order.epoch && seen.accepted.revision === target.revision;
        if (!isUnderOrder && seen.receivedAt <= order.orderedAt) continue;
        if (Math.abs(now - seen.receivedAt) > policy.evidenceMaxAgeMs || isNotNewer(seen, soak, policy.evidenceMaxAgeMs)) continue;
        count(soak, seen, isUnderOrder && isThere(seen, target.spec), policy.evidenceMaxAgeMs);
      }
    }
  }

  /** -1: not seen healthy in this attempt. */
  soakedMs(rollout: RolloutId, cluster: ClusterId, attempt: number): number {
    const soak = this.#soaks.get(`${rollout} ${cluster}`);
    return soak?.attempt === attempt && soak.lastHealthyAt !== undefined ? soak.soakedMs : -1;
  }

  #soakOf(rollout: RolloutId, cluster: ClusterId, attempt: number): Soak {
    const key = `${rollout} ${cluster}`;
    let soak = this.#soaks.get(key);
    if (soak?.attempt !== attempt) {
      soak = { attempt, soakedMs: 0, lastHealthyAt: undefined, newest: undefined };
      this.#soaks.set(key, soak);
    }
    return soak;
  }
}

/** The same sample again, or one that was overtaken. Much later, or where ours was set back, an earlier time can only mean another clock. */
function isNotNewer({ sampledAt, receivedAt }: Observed, { newest }: Soak, maxAgeMs: number): boolean {
  if (newest === undefined) return false;
  const gapMs = receivedAt - newest.receivedAt;
  return sampledAt === newest.sampledAt || (sampledAt < newest.sampledAt && Math.abs(gapMs) <= maxAgeMs);
}

const isThere = (seen: Observed, spec: DesiredSpec): boolean =>
  seen.rolled &&
  seen.healthy &&
  seen.brokers.every(({ version }) => version === spec.version) &&
  observedDifferences(spec, seen.running).length === 0;

function count(soak: Soak, { sampledAt, receivedAt }: Observed, healthy: boolean, maxAgeMs: number): void {
  const gapMs = soak.newest === undefined ? 0 : receivedAt - soak.newest.receivedAt;
  soak.newest = { sampledAt, receivedAt };
  if (!healthy || gapMs < 0) {
    soak.soakedMs = 0;
    soak.lastHealthyAt = healthy ? receivedAt : undefined;
    return;
  }
  // Only time between two healthy samples counts, and only if they are close enough to vouch for it.
  if (soak.lastHealthyAt !== undefined && gapMs <= maxAgeMs) soak.soakedMs += gapMs;
  soak.lastHealthyAt = receivedAt;
}
