import type { Observation } from '../../core/evidence/observation.ts';
import { parseUnaskedObservation, type SentObservation, type SentObserved } from '../../core/evidence/parse.ts';
import { invariant } from '../../core/model/assert.ts';
import type { ClusterId } from '../../core/model/ids.ts';
import { type Instant, instant } from '../../core/model/time.ts';
import type { Clock } from '../clock.ts';
import type { DataPlane } from '../data-plane.ts';
import { InMemoryDataPlane } from './data-plane-port.ts';
import type { OnCall } from './on-call.ts';
import type { ClusterState, Fault } from './simulated-clusters/cluster-state.ts';
import type { HandChange, SeededCluster } from './simulated-clusters/events.ts';
import { World } from './simulated-clusters/world.ts';
import { WorldStoreInMemory } from './simulated-clusters/world-store.ts';

/** What a data plane says instead of the truth; what comes out is read as JSON from outside is. */
export type Distortion = (sample: SentObservation) => unknown;

/** The order is followed, or not: the data plane claims at once that all is done. What brokers run stays visible. */
export const claimsRolled: Distortion = (sample) =>
  sample.kind === 'observed' ? { ...sample, rolled: true, healthy: true, held: false, detail: undefined } : sample;

export interface InMemoryDataPlanesOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Another seed gives other durations. */
  readonly seed?: string;
  readonly onCall?: OnCall;
  /** What becomes of the changes on their way to the watchers of a data plane: lost, late, twice, in another order. */
  readonly underway?: (samples: readonly unknown[], dataPlane: string) => readonly unknown[];
}

interface Watcher {
  readonly dataPlane: string;
  readonly onChange: (observation: Observation) => void;
}

/**
 * All data planes of a simulation, their clusters, and what goes wrong with them. Nothing happens by itself: brokers move as
 * the clock does, and watchers are called by `advance` alone. The same calls at the same times give the same answers.
 */
export class InMemoryDataPlanes {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #options: InMemoryDataPlanesOptions;
  readonly #store = new WorldStoreInMemory();
  #world: World;
  readonly #ports = new Map<string, DataPlane>();
  readonly #watchers = new Set<Watcher>();
  readonly #untold: SentObservation[] = [];
  readonly #refusals = new Map<ClusterId, string>();
  readonly #distortions = new Map<ClusterId, Distortion>();
  readonly #skews = new Map<string, number>();
  #seenAt = 0;

  constructor(options: InMemoryDataPlanesOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#world = this.#open();
  }

  /** The port of one data plane; the same object each time. */
  port(name: string): DataPlane {
    const known = this.#ports.get(name);
    if (known !== undefined) return known;
    const port = new InMemoryDataPlane(name, this.#clock, this.#options.onCall, {
      isSilent: () => this.#world.isSilent(name),
      order: (order) => this.#world.order([order]),
      refusal: (cluster) => this.#refusals.get(cluster),
      observe: (clusters) => this.#world.observe(name, clusters).map((sample) => this.#told(sample)),
      list: () => this.#world.list(name).map((state) => this.#told(this.#world.see(state))),
      watch: (onChange, signal) => this.#watch({ dataPlane: name, onChange }, signal),
    });
    this.#ports.set(name, port);
    return port;
  }

  /** Adds clusters that run already, as if they had been there for years. */
  seed(clusters: readonly SeededCluster[]): void {
    this.#world.seed(clusters);
  }

  /** Brings every cluster to the time of the clock, and tells watchers what changed. @returns the next instant at which anything changes by time alone. */
  advance(): Instant | undefined {
    const { changed, at, nextInMs } = this.#world.catchUp(this.#seenAt);
    this.#seenAt = at;
    this.#tell([...this.#untold.splice(0), ...changed]);
    return nextInMs === undefined ? undefined : instant(this.#clock.now() + nextInMs);
  }

  /** Adds a fault, or clears all with `undefined`. With a version, brokers that run it already crash at once. */
  break(cluster: ClusterId, fault: PartialFault | undefined): void {
    this.#world.setFault({ kind: 'cluster', cluster: this.state(cluster) }, wholeFault(fault));
  }

  /** The same for all clusters, and those to come. */
  breakAll(fault: PartialFault | undefined): void {
    this.#world.setFault({ kind: 'all' }, wholeFault(fault));
  }

  /** Makes a whole data plane answer nobody, or answer again. Its clusters go on. */
  silence(dataPlane: string, silent: boolean): void {
    this.#world.silence(dataPlane, silent);
    if (!silent) this.#tellAll(dataPlane);
  }

  /** Orders to the cluster are refused with this reason, until `undefined`. */
  refuse(cluster: ClusterId, reason: string | undefined): void {
    if (reason === undefined) this.#refusals.delete(cluster);
    else this.#refusals.set(cluster, reason);
  }

  /** What is said of the cluster from now on: a lie (`claimsRolled`), nonsense (`() => raw`); `undefined`: the truth again. */
  distort(cluster: ClusterId, distortion: Distortion | undefined): void {
    if (distortion === undefined) this.#distortions.delete(cluster);
    else this.#distortions.set(cluster, distortion);
  }

  /** From now on the same old sample is given again and again. */
  freeze(cluster: ClusterId): void {
    const sample = this.#told(this.#world.see(this.state(cluster)));
    this.distort(cluster, () => sample);
  }

  /** How far the data plane's clock is ahead of ours; negative: behind. A second call is a jump. */
  skew(dataPlane: string, ms: number): void {
    this.#skews.set(dataPlane, ms);
  }

  changeByHand(cluster: ClusterId, change: Partial<HandChange>): void {
    const nothing = { version: undefined, image: undefined, replicas: undefined, config: {} };
    this.#world.changeByHand(this.state(cluster), { ...nothing, ...change });
  }

  /** The data plane is restored from a backup that knows of no order: the cluster runs on, and any epoch is accepted. */
  forgetOrders(cluster: ClusterId): void {
    this.#world.forgetOrders(this.state(cluster));
  }

  /** The whole cluster as it was when `state` was read: brokers, accepted order and all. */
  restore(state: ClusterState): void {
    this.#world.restore(state);
  }

  /** The state of a cluster, to be restored later. @throws InvariantError when there is none, or more than one. */
  state(cluster: ClusterId, dataPlane?: string): ClusterState {
    const [state, other] = this.#world.named(cluster).filter((one) => dataPlane === undefined || one.dataPlane === dataPlane);
    invariant(state !== undefined, `some data plane has a cluster ${cluster}`);
    invariant(other === undefined, `only one data plane has a cluster ${cluster}`);
    return state;
  }

  /** What is really there, whatever is said of it. */
  inspect(cluster: ClusterId, dataPlane?: string): SentObserved {
    return this.#world.inspect(this.state(cluster, dataPlane));
  }

  clusters(): readonly ClusterState[] {
    return this.#world.list(undefined);
  }

  /** All data planes end, and come back with what they had stored. */
  restart(): void {
    this.#world.close();
    this.#world = this.#open();
    for (const dataPlane of this.#world.dataPlanes()) this.#tellAll(dataPlane);
  }

  #open(): World {
    return new World({
      store: this.#store,
      clock: this.#clock,
      speed: 1,
      seed: this.#options.seed ?? 'in-memory',
      onChange: (state) => this.#untold.push(this.#world.see(state)),
    });
  }

  /** Watchers that were cut off hear everything when they are back. */
  #tellAll(dataPlane: string): void {
    for (const state of this.#world.list(dataPlane)) this.#untold.push(this.#world.see(state));
  }

  #tell(samples: readonly SentObservation[]): void {
    for (const dataPlane of new Set([...this.#watchers].map((watcher) => watcher.dataPlane))) {
      if (this.#world.isSilent(dataPlane)) continue;
      const own = samples.filter((sample) => sample.dataPlane === dataPlane).map((sample) => this.#told(sample));
      for (const sample of this.#options.underway?.(own, dataPlane) ?? own) this.#tellWatchers(dataPlane, sample);
    }
  }

  #tellWatchers(dataPlane: string, sample: unknown): void {
    const seen = parseUnaskedObservation(sample, { dataPlane, receivedAt: this.#clock.now() });
    if (!seen.ok) return;
    for (const watcher of [...this.#watchers]) {
      // One that was called before may have stopped this one.
      if (watcher.dataPlane === dataPlane && this.#watchers.has(watcher)) watcher.onChange(seen.value);
    }
  }

  #watch(watcher: Watcher, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
  }

  #told(sample: SentObservation): unknown {
    const sampledAt = instant(sample.sampledAt + (this.#skews.get(sample.dataPlane) ?? 0));
    const skewed = { ...sample, sampledAt };
    return this.#distortions.get(sample.cluster)?.(skewed) ?? skewed;
  }
}

/** A fault of which only the kind has to be said. */
export interface PartialFault extends Pick<Fault, 'kind'> {
  readonly version?: string;
  readonly broker?: number;
}

const wholeFault = (fault: PartialFault | undefined): Fault | undefined =>
  fault && { kind: fault.kind, version: fault.version, broker: fault.broker };
