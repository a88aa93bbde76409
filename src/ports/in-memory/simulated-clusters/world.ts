import type { Order, OrderReply } from '../../../core/evidence/order.ts';
import type { SentObservation, SentObserved } from '../../../core/evidence/parse.ts';
import type { ClusterId } from '../../../core/model/ids.ts';
import type { Clock } from '../../clock.ts';
import type { ClusterState, Fault } from './cluster-state.ts';
import { acceptOrder, changeByHand, existingCluster, forgetOrders, type HandChange, type SeededCluster, setFault } from './events.ts';
import { isUnreachable, withFault } from './faults.ts';
import { inspectCluster, nextChangeAt, observeCluster } from './observe-cluster.ts';
import { advance } from './roll.ts';
import type { WorldFacts, WorldStore } from './world-store.ts';
import { WorldTime } from './world-time.ts';

/** Whom a fault strikes. */
export type FaultTarget = { readonly kind: 'all' } | { readonly kind: 'cluster'; readonly cluster: ClusterState };

/**
 * All simulated clusters of all data planes. Writes go to the store first and to memory after, so that memory
 * never knows of anything that a restart would forget.
 */
export class World {
  readonly #store: WorldStore;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #seed: string;
  readonly #clusters = new Map<string, ClusterState>();
  readonly #names = new Map<string, readonly string[]>();
  /** Keys of the clusters that change by time alone. */
  readonly #active = new Set<string>();
  readonly #onChange: (state: ClusterState) => void;
  readonly #time: WorldTime;
  #facts: WorldFacts;

  constructor(fields: {
    readonly store: WorldStore;
    readonly clock: Pick<Clock, 'now'>;
    /** Milliseconds of the world's own time in one of the clock. */
    readonly speed: number;
    readonly seed: string;
    /** Called after each change that came by an event. */
    readonly onChange: (state: ClusterState) => void;
  }) {
    this.#store = fields.store;
    this.#clock = fields.clock;
    this.#seed = fields.seed;
    this.#onChange = fields.onChange;
    this.#facts = fields.store.facts();
    this.#time = new WorldTime(fields.clock, fields.speed, this.#facts.time);
    for (const state of fields.store.clusters()) this.#remember(state);
  }

  /** Adds clusters that run already; those that are known stay as they are. @returns how many were new. */
  seed(clusters: readonly SeededCluster[]): number {
    const fresh = clusters.filter((seeded) => !this.#clusters.has(keyOf(seeded.dataPlane, seeded.cluster)));
    if (fresh.length > 0) this.#save(fresh.map(existingCluster));
    return fresh.length;
  }

  /** Orders of one data plane. A cluster that does not answer gives no reply. */
  order(orders: readonly Order[]): readonly OrderReply[] {
    const at = this.#now();
    // A later order of the same batch must see what the earlier one did.
    const changed = new Map<string, ClusterState>();
    const replies: OrderReply[] = [];
    for (const order of orders) {
      const key = keyOf(order.dataPlane, order.cluster);
      const before = changed.get(key) ?? this.#clusters.get(key);
      if (isUnreachableNow(before, this.#facts.defaultFaults)) continue;
      const { state, reply } = acceptOrder(before, order, at, this.#seed, this.#facts.defaultFaults);
      if (state !== undefined && state !== before) changed.set(key, state);
      replies.push(reply);
    }
    if (changed.size > 0) this.#save([...changed.values()]);
    return replies;
  }

  observe(dataPlane: string, clusters: readonly ClusterId[]): readonly SentObservation[] {
    const at = this.#now();
    return clusters.map((cluster) => {
      const state = this.#clusters.get(keyOf(dataPlane, cluster));
      if (state !== undefined) return this.#see(state, at);
      const cause = `data plane ${dataPlane} has no cluster ${cluster}`;
      return { kind: 'unknown', cluster, dataPlane, sampledAt: this.#clock.now(), cause, missing: true };
    });
  }

  /** Clusters of a data plane, or of all, in order of name, as they are now. */
  list(dataPlane: string | undefined): readonly ClusterState[] {
    const at = this.#now();
    const states = [...this.#clusters.values()].filter((state) => dataPlane === undefined || state.dataPlane === dataPlane);
    return states.sort((a, b) => (a.cluster < b.cluster ? -1 : 1)).map((state) => advance(state, at, this.#seed));
  }

  see(state: ClusterState): SentObservation {
    return this.#see(state, this.#now());
  }

  /** What is really there, also of a cluster that cannot be reached. */
  inspect(state: ClusterState): SentObserved {
    const at = this.#now();
    return inspectCluster(advance(state, at, this.#seed), at, this.#clock.now());
  }

  get(dataPlane: string, cluster: ClusterId): ClusterState | undefined {
    return this.#clusters.get(keyOf(dataPlane, cluster));
  }

  /** Clusters of this name; more than one when several data planes have it. */
  named(cluster: string): readonly ClusterState[] {
    return (this.#names.get(cluster) ?? []).flatMap((key) => this.#clusters.get(key) ?? []);
  }

  names(): readonly string[] {
    return [...this.#names.keys()];
  }

  dataPlanes(): readonly string[] {
    return [...new Set([...[...this.#clusters.values()].map((state) => state.dataPlane), ...this.#facts.silentPlanes])].sort();
  }

  isSilent(dataPlane: string): boolean {
    return this.#facts.silentPlanes.includes(dataPlane);
  }

  /** Makes a whole data plane answer nobody, or answer again. Its clusters go on. */
  silence(dataPlane: string, silent: boolean): void {
    const others = this.#facts.silentPlanes.filter((name) => name !== dataPlane);
    this.#save([], { ...this.#facts, silentPlanes: silent ? [...others, dataPlane] : others });
  }

  /** Adds a fault, or clears all with `undefined`. @returns how many clusters it was set on. */
  setFault(target: FaultTarget, fault: Fault | undefined): number {
    const at = this.#now();
    const struck = target.kind === 'all' ? [...this.#clusters.values()] : [target.cluster];
    const defaultFaults = target.kind === 'all' ? withFault(this.#facts.defaultFaults, fault) : this.#facts.defaultFaults;
    const states = struck.map((state) => setFault(state, fault, at, this.#seed));
    this.#save(states, { ...this.#facts, defaultFaults });
    return states.length;
  }

  changeByHand(state: ClusterState, change: HandChange): void {
    this.#save([changeByHand(state, change, this.#now(), this.#seed)]);
  }

  /** The data plane is restored from a backup that knows of no order. */
  forgetOrders(state: ClusterState): void {
    this.#save([forgetOrders(state, this.#now(), this.#seed)]);
  }

  /** Puts a cluster back to a state that was read before. */
  restore(state: ClusterState): void {
    this.#save([state]);
  }

  /** Brings every cluster that moved since to now. @returns what is seen of them, and milliseconds of the world's own time to the next change. */
  catchUp(since: number): { readonly changed: readonly SentObservation[]; readonly at: number; readonly nextInMs: number | undefined } {
    const at = this.#now();
    const changed: SentObservation[] = [];
    let next: number | undefined;
    for (const key of this.#active) {
      const state = this.#clusters.get(key);
      if (state === undefined) continue;
      const changedAt = nextChangeAt(state, since);
      const current = advance(state, at, this.#seed);
      if (changedAt !== undefined && changedAt <= at) changed.push(observeCluster(current, at, this.#clock.now()));
      const nextOfCluster = nextChangeAt(current, at);
      if (nextOfCluster === undefined) this.#active.delete(key);
      else next = next === undefined ? nextOfCluster : Math.min(next, nextOfCluster);
      this.#clusters.set(key, current);
    }
    return { changed, at, nextInMs: next === undefined ? undefined : next - at };
  }

  /** Remembers how far time has come, so that a clock that is set back while we are down does not undo restarts. */
  close(): void {
    this.#store.write([], { ...this.#facts, time: this.#time.read() });
    this.#store.close();
  }

  #now(): number {
    return this.#time.now();
  }

  #see(state: ClusterState, at: number): SentObservation {
    return observeCluster(advance(state, at, this.#seed), at, this.#clock.now());
  }

  #save(states: readonly ClusterState[], facts: WorldFacts = this.#facts): void {
    const current = { ...facts, time: this.#time.read() };
    this.#store.write(states, current);
    this.#facts = current;
    for (const state of states) {
      this.#remember(state);
      this.#onChange(state);
    }
  }

  #remember(state: ClusterState): void {
    const key = keyOf(state.dataPlane, state.cluster);
    if (!this.#clusters.has(key)) this.#names.set(state.cluster, [...(this.#names.get(state.cluster) ?? []), key]);
    this.#clusters.set(key, state);
    if (nextChangeAt(state, this.#now()) !== undefined || state.move !== undefined) this.#active.add(key);
  }
}

const keyOf = (dataPlane: string, cluster: string): string => `${dataPlane}/${cluster}`;

const isUnreachableNow = (state: ClusterState | undefined, defaults: readonly Fault[]): boolean =>
  state === undefined ? defaults.some((fault) => fault.kind === 'unreachable') : isUnreachable(state);
