import type { ClusterId, Revision } from '../../../src/core/model/ids.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import type { Broker, Observation, Order } from '../../../src/core/reconcile/evidence.ts';
import { dataPlaneOf, revision, spec } from './plans.ts';

/** One restart, and the smallest step in which this world moves. */
export const RESTART_MS = 10_000;
const BROKERS = 3;

export type Fault = 'crash-loop' | 'stuck';

interface LiveBroker {
  revision: Revision;
  version: string;
  /** How it stands; a restart under way ends with the next step. */
  state: Broker['state'];
}

interface LiveCluster {
  readonly cluster: ClusterId;
  readonly brokers: LiveBroker[];
  accepted: Order | undefined;
  reachable: boolean;
  unhealthy: boolean;
}

/**
 * Clusters that do as they are ordered, one broker after another, and that can be broken.
 *
 * Honest: what it reports is what is. Stale and lost reports are made by whoever carries them.
 */
export class World {
  readonly clusters = new Map<ClusterId, LiveCluster>();
  /** Revisions that cannot run. */
  readonly faults = new Map<Revision, Fault>();
  #now: Instant;

  constructor(clusters: readonly ClusterId[], startRevision: number, now: Instant) {
    this.#now = now;
    for (const cluster of clusters) {
      const brokers = Array.from({ length: BROKERS }, (): LiveBroker => ({ ...brokerAt(startRevision), state: 'ready' }));
      this.clusters.set(cluster, { cluster, brokers, accepted: undefined, reachable: true, unhealthy: false });
    }
  }

  /** @returns whether it took the order; a stale epoch is refused. */
  accept(order: Order): boolean {
    const live = this.clusters.get(order.cluster);
    if (live === undefined || !live.reachable) return false;
    if (live.accepted !== undefined && order.epoch < live.accepted.epoch) return false;
    live.accepted = order;
    return true;
  }

  moveTo(now: Instant): void {
    while (now - this.#now >= RESTART_MS) {
      this.#now = instant(this.#now + RESTART_MS);
      for (const live of this.clusters.values()) this.#step(live);
    }
  }

  observe(cluster: ClusterId, now: Instant): Observation {
    const live = this.clusters.get(cluster);
    const dataPlane = dataPlaneOf(cluster);
    if (live === undefined) return { kind: 'unknown', cluster, dataPlane, sampledAt: now, cause: 'no such cluster', missing: true };
    if (!live.reachable) return { kind: 'unknown', cluster, dataPlane, sampledAt: now, cause: 'does not answer', missing: false };
    const { accepted, brokers } = live;
    const worst = brokers.find(({ state }) => state !== 'ready') ?? brokers[0];
    return {
      kind: 'observed',
      cluster,
      dataPlane,
      sampledAt: now,
      accepted: accepted === undefined ? undefined : { epoch: accepted.epoch, revision: accepted.revision, mode: accepted.mode },
      rolled: accepted !== undefined && brokers.every((broker) => broker.revision === accepted.revision && broker.state !== 'restarting'),
      healthy: !live.unhealthy && brokers.every(({ state }) => state === 'ready' || state === 'restarting'),
      held: accepted?.mode === 'hold' && brokers.every(({ state }) => state !== 'restarting'),
      running: { version: worst?.version ?? '', image: undefined, replicas: brokers.length, config: {}, featureFlags: {} },
      brokers: brokers.map(({ version, state }, ordinal) => ({ ordinal, version, state })),
      detail: undefined,
    };
  }

  /** Every broker runs this revision and is ready. */
  isAt(cluster: ClusterId, wanted: Revision): boolean {
    const live = this.clusters.get(cluster);
    return live?.brokers.every((broker) => broker.revision === wanted && broker.state === 'ready') ?? false;
  }

  #step(live: LiveCluster): void {
    const { accepted } = live;
    const restarting = live.brokers.find(({ state }) => state === 'restarting');
    if (restarting !== undefined) {
      restarting.state = this.#afterRestart(restarting.revision);
      return;
    }
    if (accepted === undefined) return;
    const broken = live.brokers.find(({ state }) => state !== 'ready');
    if (broken !== undefined) {
      this.#mend(broken, accepted);
      return;
    }
    const next = live.brokers.find((broker) => broker.revision !== accepted.revision);
    if (next !== undefined && accepted.mode === 'run') this.#restart(next, accepted);
  }

  #afterRestart(running: Revision): Broker['state'] {
    const fault = this.faults.get(running);
    return fault === 'crash-loop' || fault === 'stuck' ? fault : 'ready';
  }

  /** A broken broker comes back when its revision works again, or by an order for another one. */
  #mend(broken: LiveBroker, accepted: Order): void {
    if (broken.revision !== accepted.revision && accepted.mode === 'run') this.#restart(broken, accepted);
    else broken.state = this.#afterRestart(broken.revision);
  }

  #restart(broker: LiveBroker, order: Order): void {
    broker.revision = order.revision;
    broker.version = order.spec.version;
    broker.state = 'restarting';
  }
}

const brokerAt = (number: number) => ({ revision: revision(number), version: spec(number).version });
