import type { Observation, Observed } from '../../src/core/evidence/observation.ts';
import type { Order, OrderReply } from '../../src/core/evidence/order.ts';
import { type SentObserved, unknownOf } from '../../src/core/evidence/parse.ts';
import type { ClusterId } from '../../src/core/model/ids.ts';
import { type Instant, instant } from '../../src/core/model/time.ts';
import type { DataPlane } from '../../src/ports/data-plane.ts';
import type { InMemoryDataPlanes } from '../../src/ports/in-memory/data-plane.ts';
import { called, type OnCall } from '../../src/ports/in-memory/on-call.ts';
import { PortError } from '../../src/ports/port-error.ts';
import type { Random } from '../support/small-world/random.ts';
import type { Clocks } from './clocks.ts';
import type { Faults } from './faults.ts';

export interface PlanesWatcher {
  /** Data planes have been told, and have taken it or not. */
  told(order: Order, reply: OrderReply): void;
  /** What is really there. */
  truth(cluster: ClusterId): Truth;
  /** The bot gets these samples, with what was really there when they were made. */
  seen(samples: readonly Carried[]): void;
}

type Truth = SentObserved | undefined;

/** A sample that arrives, and the truth at that time. */
export interface Carried {
  readonly sample: Observation;
  readonly truth: Truth;
}

interface Context {
  readonly planes: InMemoryDataPlanes;
  readonly clocks: Clocks;
  readonly random: Random;
  readonly watcher: PlanesWatcher;
  faults(): Faults;
  /** The data plane answers, and tells the truth: its sample need not be read from JSON to know what comes out. */
  isPlain(cluster: ClusterId): boolean;
}

const SENT_MAX = 40;
const SEEN_MAX = 4;

/** What is on its way between the bot and the data planes, whoever asks. */
export class Underway {
  readonly #context: Context;
  readonly #sent: Order[] = [];
  readonly #kept = new Map<ClusterId, Observed[]>();
  /** By data plane: how far its clock is off. */
  readonly skews = new Map<string, number>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** One data plane, as one process of the bot reaches it. */
  port(name: string, onCall: OnCall): DataPlane {
    const inner = this.#context.planes.port(name);
    return {
      name,
      apply: (orders) => called(onCall, 'data-plane.apply', () => this.#deliver(inner, orders)),
      observe: (clusters) => this.#observe(inner, clusters, onCall),
      list: () => called(onCall, 'data-plane.list', async () => this.#carry(await inner.list()).map(({ sample }) => sample)),
      watch: () => undefined,
    };
  }

  /** A restored data plane would take an old order for a new one: no network keeps orders for that long. */
  forget(cluster: ClusterId): void {
    const kept = this.#sent.filter((order) => order.cluster !== cluster);
    this.#sent.splice(0, this.#sent.length, ...kept);
    this.#kept.delete(cluster);
  }

  async #deliver(inner: DataPlane, orders: readonly Order[]): Promise<readonly OrderReply[]> {
    const { random, watcher } = this.#context;
    const { replay } = this.#context.faults();
    const replies = await inner.apply(orders);
    const byCluster = new Map(replies.map((reply) => [reply.cluster, reply]));
    for (const order of orders) {
      const reply = byCluster.get(order.cluster);
      if (reply !== undefined) watcher.told(order, reply);
      if (this.#sent.push(order) > SENT_MAX) this.#sent.shift();
    }
    const old = random.chance(replay) ? random.pickAny(this.#sent) : undefined;
    // Late, and once more: it must do no harm.
    if (old !== undefined && old.dataPlane === inner.name) for (const reply of await inner.apply([old])) watcher.told(old, reply);
    return replies;
  }

  async #observe(inner: DataPlane, clusters: readonly ClusterId[], onCall: OnCall): Promise<readonly Observation[]> {
    try {
      return this.#arrived(await called(onCall, 'data-plane.observe', () => this.#samples(inner, clusters)));
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      const receivedAt = this.#context.clocks.bot.now();
      return clusters.map((cluster) => unknownOf({ dataPlane: inner.name, cluster, receivedAt }, receivedAt, error.message));
    }
  }

  async #samples(inner: DataPlane, clusters: readonly ClusterId[]): Promise<readonly Carried[]> {
    const { watcher, clocks, isPlain } = this.#context;
    const receivedAt = clocks.bot.now();
    if (!clusters.every(isPlain)) return this.#carry(await inner.observe(clusters));
    return clusters.flatMap((cluster) => {
      const truth = watcher.truth(cluster);
      if (truth === undefined || truth.dataPlane !== inner.name) return this.#missing(inner, cluster, receivedAt);
      const sampledAt = instant(truth.sampledAt + (this.skews.get(inner.name) ?? 0));
      return { sample: this.#carryOne({ ...truth, sampledAt, receivedAt }), truth };
    });
  }

  #missing({ name }: DataPlane, cluster: ClusterId, receivedAt: Instant): Carried {
    const sample = unknownOf({ dataPlane: name, cluster, receivedAt }, receivedAt, `data plane ${name} has no cluster ${cluster}`);
    return { sample: { ...sample, missing: true }, truth: undefined };
  }

  #arrived(carried: readonly Carried[]): readonly Observation[] {
    this.#context.watcher.seen(carried);
    return carried.map(({ sample }) => sample);
  }

  #carry(samples: readonly Observation[]): readonly Carried[] {
    const { clocks, watcher } = this.#context;
    const receivedAt = clocks.bot.now();
    return samples.map((sample) => ({ sample: this.#carryOne({ ...sample, receivedAt }), truth: watcher.truth(sample.cluster) }));
  }

  /** Some are lost, some cannot be read, and some are old. */
  #carryOne(sample: Observation): Observation {
    const { random } = this.#context;
    const faults = this.#context.faults();
    const { cluster, dataPlane, receivedAt } = sample;
    if (sample.kind !== 'observed') return sample;
    const kept = this.#kept.get(cluster) ?? [];
    this.#kept.set(cluster, kept);
    const old = random.chance(faults.stale) ? random.pickAny(kept) : undefined;
    if (kept.push(sample) > SEEN_MAX) kept.shift();
    if (random.chance(faults.unknown)) return unknownOf({ dataPlane, cluster, receivedAt }, receivedAt, 'lost on the way');
    return old === undefined ? sample : { ...old, receivedAt };
  }
}
