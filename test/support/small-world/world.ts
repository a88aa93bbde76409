import type { DesiredSpec } from '../../../src/core/desired/desired.ts';
import type { Broker, Observed } from '../../../src/core/evidence/observation.ts';
import type { Order, OrderReply } from '../../../src/core/evidence/order.ts';
import type { ClusterId, Revision } from '../../../src/core/model/ids.ts';
import { revision, spec } from './plans.ts';

/** One restart, and the smallest step in which this world moves. */
export const RESTART_MS = 10_000;
const BROKERS = 3;

export type Fault = 'crash-loop' | 'stuck';

interface LiveBroker {
  revision: Revision;
  spec: DesiredSpec;
  /** How it stands; a restart under way ends with the next step. */
  state: Broker['state'];
}

export interface LiveCluster {
  readonly cluster: ClusterId;
  /** None: it has not been made yet. */
  readonly brokers: LiveBroker[];
  accepted: Order | undefined;
  /** The highest epoch that was taken: lower ones are refused. */
  epoch: number;
  reachable: boolean;
  unhealthy: boolean;
  /** Says of every order that it is done, and does nothing. */
  lies: boolean;
  /** Refuses every order, with this reason. */
  refuses: string | undefined;
}

/** A sample as a data plane makes it, by no clock of its own. */
export type Sample = Omit<Observed, 'kind' | 'cluster' | 'dataPlane' | 'sampledAt' | 'receivedAt'> | 'missing' | 'silent';

/**
 * Clusters that do as they are ordered, one broker after another, and that can be broken. Its time is its own: what data planes
 * and the bot read from their clocks is for whoever carries the samples.
 */
export class World {
  readonly clusters = new Map<ClusterId, LiveCluster>();
  /** Revisions that cannot run. */
  readonly faults = new Map<Revision, Fault>();
  #restMs = 0;

  /** A cluster that runs this revision; without one, it is to be created. */
  add(cluster: ClusterId, number: number | undefined, product?: string): void {
    const broker = (of: number): LiveBroker => ({ revision: revision(of), spec: spec(of, product), state: 'ready' });
    const brokers = number === undefined ? [] : Array.from({ length: BROKERS }, () => broker(number));
    const healthy = { reachable: true, unhealthy: false, lies: false, refuses: undefined };
    this.clusters.set(cluster, { cluster, brokers, accepted: undefined, epoch: 0, ...healthy });
  }

  /** @returns the answer; none when the data plane cannot be reached. */
  accept(order: Order): OrderReply | undefined {
    const { cluster, epoch } = order;
    const live = this.clusters.get(cluster);
    if (live === undefined || !live.reachable) return undefined;
    if (epoch < live.epoch) return { kind: 'stale', cluster, epoch, seen: live.epoch };
    if (live.refuses !== undefined) return { kind: 'refused', cluster, epoch, reason: live.refuses };
    live.accepted = order;
    live.epoch = epoch;
    return { kind: 'accepted', cluster, epoch };
  }

  /** Somebody moves its brokers by hand, past every order. */
  moveByHand(cluster: ClusterId, number: number): void {
    for (const broker of this.clusters.get(cluster)?.brokers ?? []) {
      broker.revision = revision(number);
      broker.spec = spec(number, broker.spec.product);
      broker.state = 'ready';
    }
  }

  /** The data plane forgets its newest order, as a restored backup does. */
  forget(cluster: ClusterId): void {
    const live = this.clusters.get(cluster);
    if (live === undefined) return;
    live.accepted = undefined;
    live.epoch = 0;
  }

  pass(ms: number): void {
    this.#restMs += ms;
    for (; this.#restMs >= RESTART_MS; this.#restMs -= RESTART_MS) for (const live of this.clusters.values()) this.#step(live);
  }

  sample(cluster: ClusterId): Sample {
    const live = this.clusters.get(cluster);
    if (live === undefined || (live.reachable && live.brokers.length === 0)) return 'missing';
    if (!live.reachable) return 'silent';
    const { accepted, brokers, lies } = live;
    const worst = brokers.find(({ state }) => state !== 'ready') ?? brokers.find(({ revision }) => revision !== accepted?.revision);
    const { version, config } = (worst ?? brokers[0])?.spec ?? spec(0);
    const isRolled =
      brokers.length === BROKERS && brokers.every((broker) => broker.revision === accepted?.revision && broker.state !== 'restarting');
    return {
      accepted: accepted && { epoch: accepted.epoch, revision: accepted.revision, mode: accepted.mode },
      rolled: accepted !== undefined && (lies || isRolled),
      healthy: !live.unhealthy && brokers.every(({ state }) => state === 'ready' || state === 'restarting'),
      held: accepted?.mode === 'hold' && brokers.every(({ state }) => state !== 'restarting'),
      running: { version, image: undefined, replicas: brokers.length, config, featureFlags: {} },
      brokers: brokers.map((broker, ordinal) => ({ ordinal, version: broker.spec.version, state: broker.state })),
      detail: undefined,
    };
  }

  /** Every broker runs this revision and is ready. */
  isAt(cluster: ClusterId, wanted: Revision): boolean {
    const brokers = this.clusters.get(cluster)?.brokers ?? [];
    return brokers.length > 0 && brokers.every((broker) => broker.revision === wanted && broker.state === 'ready');
  }

  /** Does each broker run it, whatever the data plane says? */
  runs(cluster: ClusterId): readonly Revision[] {
    return this.clusters.get(cluster)?.brokers.map((broker) => broker.revision) ?? [];
  }

  #step(live: LiveCluster): void {
    const { accepted } = live;
    const restarting = live.brokers.find(({ state }) => state === 'restarting');
    if (restarting !== undefined) {
      restarting.state = this.faults.get(restarting.revision) ?? 'ready';
      return;
    }
    if (live.lies) return;
    if (accepted === undefined) {
      for (const broker of live.brokers) if (broker.state !== 'ready') broker.state = this.faults.get(broker.revision) ?? 'ready';
      return;
    }
    if (live.brokers.length < BROKERS && accepted.mode === 'run') {
      live.brokers.push({ revision: accepted.revision, spec: accepted.spec, state: 'restarting' });
      return;
    }
    const broken = live.brokers.find(({ state }) => state !== 'ready');
    if (broken !== undefined) {
      this.#revive(broken, accepted);
      return;
    }
    const next = live.brokers.find((broker) => broker.revision !== accepted.revision);
    if (next !== undefined && accepted.mode === 'run') restart(next, accepted);
  }

  /** A broken broker comes back when its revision works again, or by an order for another one. */
  #revive(broken: LiveBroker, accepted: Order): void {
    if (broken.revision !== accepted.revision && accepted.mode === 'run') restart(broken, accepted);
    else broken.state = this.faults.get(broken.revision) ?? 'ready';
  }

  /** Brokers that ran well break: a version that fails only after its soak. */
  breakAll(of: Revision, fault: Fault): void {
    this.faults.set(of, fault);
    for (const { brokers } of this.clusters.values()) {
      for (const broker of brokers) if (broker.revision === of && broker.state === 'ready') broker.state = fault;
    }
  }
}

function restart(broker: LiveBroker, order: Order): void {
  broker.revision = order.revision;
  broker.spec = order.spec;
  broker.state = 'restarting';
}
