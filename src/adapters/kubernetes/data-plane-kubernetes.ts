import type { Observation } from '../../core/evidence/observation.ts';
import type { Order, OrderReply } from '../../core/evidence/order.ts';
import { parseObservation, type Receipt, unknownOf } from '../../core/evidence/parse.ts';
import { type ClusterId, type FleetId, parseClusterId } from '../../core/model/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DataPlane } from '../../ports/data-plane.ts';
import { PortError, type Retry } from '../../ports/port-error.ts';
import { CLUSTER, FLEET } from './annotations.ts';
import { applyOrder } from './apply-order.ts';
import { type Connection, NoAnswer } from './connection.ts';
import { see } from './see.ts';
import { step } from './step.ts';
import { keyOf } from './watched-kind.ts';
import { type Touched, WatchedObjects } from './watched-objects.ts';
import { isRolled, nameOf, type SaidOfWorkloads, type Workload, type Workloads } from './workload.ts';

/** Orders that are written at once. */
const ORDERS_AT_ONCE = 8;
/** A watch that ends is soon resumed: it is not taken for silence at once. */
const PATIENCE_MS = 2_000;
/** That a watch says nothing proves that nothing happened only as long as the API server answers at all. */
const PROOF_MS_MAX = 2_000;
/** Changes that come within this time are told once. */
const GATHER_MS = 10;
/** Who watches sees new namespaces after this. */
const LOOK_MS = 5_000;
/** With nobody watching, and nobody asking for this long, no watch is kept. */
const IDLE_MS = 30_000;

export interface KubernetesOptions {
  readonly name: string;
  readonly fleet: FleetId;
  readonly connection: Connection;
  readonly clock: Pick<Clock, 'now'>;
  /** What the manifests say is there; `undefined` while that is not known. */
  readonly workloads: () => Promise<SaidOfWorkloads | undefined>;
}

/**
 * StatefulSets and Deployments behind one Kubernetes API. Orders are written on the objects themselves, which so remember them. A
 * StatefulSet is rolled by steps of ours, one pod at a time: should this program end, the roll stops between two brokers.
 */
export class KubernetesDataPlane implements DataPlane {
  readonly name: string;
  readonly #options: KubernetesOptions;
  readonly #objects: WatchedObjects;
  readonly #watchers = new Set<(observation: Observation) => void>();
  readonly #touched = new Set<ClusterId>();
  readonly #stepping = new Map<ClusterId, 'once' | 'again'>();
  /** Why a roll cannot go on. */
  readonly #problems = new Map<ClusterId, string>();
  #said: SaidOfWorkloads | undefined;
  /** All that is looked at. */
  #workloads: Workloads = new Map();
  #clusters: ReadonlyMap<string, ClusterId> = new Map();
  #proof: { readonly at: number; readonly answered: Promise<void> } | undefined;
  #looking: NodeJS.Timeout | undefined;
  #usedAt = 0;

  constructor(options: KubernetesOptions) {
    this.name = options.name;
    this.#options = options;
    this.#objects = new WatchedObjects(
      options.connection,
      (touched) => this.#onTouched(touched),
      () => this.#touchAll(),
    );
  }

  async apply(orders: readonly Order[]): Promise<readonly OrderReply[]> {
    const stray = orders.find(({ dataPlane }) => dataPlane !== this.name);
    if (stray !== undefined) {
      throw this.#error('apply', { kind: 'needs-human' }, `an order for ${stray.dataPlane} was sent to data plane ${this.name}`);
    }
    const workloads = await this.#refresh('apply');
    const replies: OrderReply[] = [];
    let silence: NoAnswer | undefined;
    const left = [...orders.entries()];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [place, order] = next;
        try {
          const reply = await this.#applyOne(order, workloads.get(order.cluster));
          replies[place] = reply;
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
          silence = error;
        }
      }
    };
    await Promise.all(Array.from({ length: ORDERS_AT_ONCE }, work));
    const answered = replies.filter((reply) => reply !== undefined);
    if (answered.length === 0 && silence !== undefined) throw this.#silent('apply', silence);
    return answered;
  }

  async observe(clusters: readonly ClusterId[]): Promise<readonly Observation[]> {
    try {
      await this.#refresh('observe');
      const asked = clusters.flatMap((cluster) => this.#workloads.get(cluster) ?? []);
      await this.#objects.alive(asked, AbortSignal.timeout(PATIENCE_MS));
      await this.#prove();
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      return clusters.map((cluster) => this.#unknown(cluster, cause));
    }
    const seen = clusters.map((cluster) => this.#see(cluster));
    for (const one of seen) this.#stepFor(one);
    return seen;
  }

  async list(): Promise<readonly Observation[]> {
    const workloads = await this.#refresh('list');
    await this.#objects.alive(workloads.values(), AbortSignal.timeout(PATIENCE_MS));
    try {
      await this.#prove();
    } catch (error) {
      throw error instanceof NoAnswer ? this.#silent('list', error) : error;
    }
    const cause = this.#objects.unknownBecause();
    if (cause !== undefined) throw this.#silent('list', new NoAnswer(cause));
    const described = [...workloads.keys()].map((cluster) => this.#see(cluster));
    const isThere = (one: Observation) => one.kind === 'observed' || !one.missing;
    return [...described.filter(isThere), ...this.#undescribed(workloads)];
  }

  watch(onChange: (observation: Observation) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const watcher = (observation: Observation) => onChange(observation);
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
    void this.#look();
  }

  async #applyOne(order: Order, workload: Workload | undefined): Promise<OrderReply> {
    const { cluster, epoch } = order;
    if (workload === undefined) return { kind: 'refused', cluster, epoch, reason: `no manifest says which workload of ${this.name} it is` };
    const reply = await applyOrder(this.#options.connection, this.#options.fleet, order, workload);
    if (reply.kind === 'accepted') this.#stepSoon(cluster);
    return reply;
  }

  /** Brings the watches to what the manifests say. @returns what those in force say. @throws PortError while nobody can tell that. */
  async #refresh(operation: string): Promise<Workloads> {
    const said = await this.#options.workloads();
    if (said === undefined) throw this.#error(operation, { kind: 'retry-later' }, 'its manifests have not been read yet');
    if (this.#watchers.size === 0) this.#usedAt = performance.now();
    if (said !== this.#said) {
      this.#said = said;
      this.#workloads = new Map([...said.proposed, ...said.inForce]);
      this.#clusters = new Map([...this.#workloads].flatMap(([cluster, one]) => keysOf(one).map((key) => [key, cluster] as const)));
    }
    this.#objects.watch(this.#workloads, said.inForce);
    this.#looking ??= setTimeout(() => void this.#look(), LOOK_MS).unref();
    return said.inForce;
  }

  /** Now and then while anybody watches: clusters come to namespaces that nobody watches yet. */
  async #look(): Promise<void> {
    clearTimeout(this.#looking);
    this.#looking = undefined;
    if (this.#watchers.size === 0 && performance.now() - this.#usedAt > IDLE_MS) {
      this.#objects.stop();
      return;
    }
    const usedAt = this.#usedAt;
    await this.#refresh('watch').catch(() => undefined);
    this.#usedAt = usedAt;
    this.#looking ??= setTimeout(() => void this.#look(), LOOK_MS).unref();
  }

  /** @throws NoAnswer */
  async #prove(): Promise<void> {
    const now = performance.now();
    if (this.#proof === undefined || now - this.#proof.at > PROOF_MS_MAX) {
      const answered = this.#options.connection.ask({ method: 'GET', path: '/version' }).then(() => undefined);
      const proof = { at: now, answered };
      this.#proof = proof;
      answered.catch(() => {
        if (this.#proof === proof) this.#proof = undefined;
      });
    }
    await this.#proof.answered;
  }

  #see(cluster: ClusterId): Observation {
    const workload = this.#workloads.get(cluster);
    if (workload === undefined) return this.#unknown(cluster, `no manifest says which workload of ${this.name} it is`);
    return this.#seeWorkload(cluster, workload);
  }

  #seeWorkload(cluster: ClusterId, workload: Workload): Observation {
    const found = this.#objects.find(workload);
    const receipt = this.#receipt();
    if (found.kind === 'missing') return { ...this.#unknown(cluster, `${nameOf(workload)} does not exist`), missing: true };
    if (found.kind === 'unknown') return this.#unknown(cluster, `${nameOf(workload)}: ${found.cause}`);
    const seen = see(found.live, workload.container, { cluster, dataPlane: this.name, sampledAt: receipt.receivedAt });
    if (!seen.ok) return this.#unknown(cluster, `${nameOf(workload)}: ${seen.error}`);
    const problem = seen.value.rolled ? undefined : this.#problems.get(cluster);
    return parseObservation({ ...seen.value, detail: problem ?? seen.value.detail }, { ...receipt, cluster });
  }

  /** What bears our name, and is in no manifest. */
  #undescribed(inForce: Workloads): readonly Observation[] {
    return [...this.#objects.workloads()].flatMap(({ kind, object: { metadata } }) => {
      const cluster = parseClusterId(metadata.annotations[CLUSTER] ?? '');
      if (!cluster.ok || metadata.annotations[FLEET] !== this.#options.fleet || inForce.has(cluster.value)) return [];
      const workload = { kind, namespace: metadata.namespace, name: metadata.name, container: undefined, configMap: undefined };
      return [this.#seeWorkload(cluster.value, workload)];
    });
  }

  #onTouched({ kind, key }: Touched): void {
    const cluster = this.#clusters.get(`${kind} ${key}`);
    if (cluster !== undefined) this.#touch(cluster);
  }

  #touchAll(): void {
    for (const cluster of this.#workloads.keys()) this.#touch(cluster);
  }

  #touch(cluster: ClusterId): void {
    if (this.#touched.size === 0) setTimeout(() => this.#tell(), GATHER_MS).unref();
    this.#touched.add(cluster);
  }

  #tell(): void {
    const clusters = [...this.#touched];
    this.#touched.clear();
    for (const cluster of clusters) {
      const seen = this.#see(cluster);
      // That a watch is being resumed is no news.
      if (seen.kind === 'unknown' && !seen.missing) continue;
      this.#stepFor(seen);
      for (const watcher of [...this.#watchers]) if (this.#watchers.has(watcher)) watcher(seen);
    }
  }

  /** There is a next step only for what has an order that is not carried out. */
  #stepFor(seen: Observation): void {
    if (seen.kind === 'observed' && seen.accepted !== undefined && !seen.rolled) this.#stepSoon(seen.cluster);
  }

  /** One step at a time for each cluster, and one more when something happened meanwhile. */
  #stepSoon(cluster: ClusterId): void {
    const isStepping = this.#stepping.has(cluster);
    this.#stepping.set(cluster, isStepping ? 'again' : 'once');
    if (!isStepping) void this.#step(cluster);
  }

  async #step(cluster: ClusterId): Promise<void> {
    try {
      do {
        this.#stepping.set(cluster, 'once');
        const workload = this.#said?.inForce.get(cluster);
        if (workload === undefined || !isRolled(workload.kind)) return;
        const whose = { fleet: this.#options.fleet, cluster };
        const problem = await step(this.#options.connection, { ...workload, kind: workload.kind }, whose);
        if (problem === undefined) this.#problems.delete(cluster);
        else this.#problems.set(cluster, problem);
      } while (this.#stepping.get(cluster) === 'again');
    } finally {
      this.#stepping.delete(cluster);
    }
  }

  #unknown(cluster: ClusterId, cause: string) {
    const receipt = this.#receipt();
    return unknownOf({ ...receipt, cluster }, receipt.receivedAt, `data plane ${this.name}: ${cause}`);
  }

  #receipt(): Receipt {
    return { dataPlane: this.name, receivedAt: this.#options.clock.now() };
  }

  #silent(operation: string, cause: NoAnswer): PortError {
    return this.#error(operation, { kind: 'retry-later' }, `data plane ${this.name}: ${cause.message}`, cause);
  }

  #error(operation: string, retry: Retry, message: string, cause?: unknown): PortError {
    return new PortError({ port: 'data-plane', operation, retry, message }, { cause });
  }
}

/** By what a change of it is known. */
const keysOf = ({ kind, namespace, name, configMap }: Workload): readonly string[] => [
  `${kind} ${keyOf(namespace, name)}`,
  ...(configMap === undefined ? [] : [`ConfigMap ${keyOf(namespace, configMap)}`]),
];
