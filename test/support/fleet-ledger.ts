import type { DesiredCluster, DesiredState } from '../../src/core/desired/desired.ts';
import type { Running } from '../../src/core/evidence/observation.ts';
import type { StandingOrder } from '../../src/core/evidence/order.ts';
import type { Ledger, LedgerEntry } from '../../src/core/ledger/ledger.ts';
import { unknownCluster } from '../../src/core/ledger/record.ts';
import { invariant } from '../../src/core/model/assert.ts';
import { trusted } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';
import type { Stop } from '../../src/core/stop/stop.ts';

/** What is known of a fleet, put together cluster by cluster. */
export class FleetLedger {
  readonly entries = new Map<LedgerEntry['cluster'], LedgerEntry>();
  readonly orders = new Map<LedgerEntry['cluster'], StandingOrder>();

  constructor(entries: Ledger = new Map()) {
    for (const [cluster, entry] of entries) this.entries.set(cluster, entry);
  }

  change(cluster: string, change: (entry: LedgerEntry) => LedgerEntry): this {
    const id = trusted.cluster(cluster);
    this.entries.set(id, change(this.entries.get(id) ?? unknownCluster(id)));
    return this;
  }

  /** It was last seen to run the spec that it has in this desired state, but for some of it. */
  seen(desired: DesiredState, cluster: string, over: Partial<Running> = {}): this {
    const { spec, dataPlane } = desiredOf(desired, cluster);
    const { version, image, replicas, config, featureFlags } = spec;
    const running = { version, image, replicas, config, featureFlags, ...over };
    return this.change(cluster, (entry) => ({ ...entry, observed: { dataPlane, running, receivedAt: instant(0) } }));
  }

  /** Its newest order is to what this desired state says. */
  ordered(desired: DesiredState, cluster: string, over: Partial<Pick<StandingOrder, 'rollout' | 'orderedAt' | 'mode'>> = {}): this {
    const { revision, spec, dataPlane, cluster: id } = desiredOf(desired, cluster);
    const order = {
      cluster: id,
      dataPlane,
      revision,
      spec,
      mode: 'hold',
      epoch: 1,
      rollout: undefined,
      orderedAt: instant(0),
      reply: undefined,
      ...over,
    } as const;
    this.orders.set(id, order);
    return this;
  }

  /** Nothing was ever proven there. */
  unproven(...clusters: readonly string[]): this {
    for (const cluster of clusters) this.change(cluster, (entry) => ({ ...entry, proven: [] }));
    return this;
  }
}

export function desiredOf(desired: DesiredState, cluster: string): DesiredCluster {
  const found = desired.get(trusted.cluster(cluster));
  invariant(found !== undefined, `${cluster} is desired`);
  return found;
}

export const stopOf = (over: Partial<Stop> & Pick<Stop, 'scope'>): Stop => ({
  id: trusted.stop('5'.repeat(16)),
  cause: 'person',
  lets: 'nothing',
  by: 'ada',
  reason: 'disks fill up',
  at: instant(0),
  until: undefined,
  rollout: undefined,
  phase: undefined,
  failed: [],
  lifted: undefined,
  ...over,
});
