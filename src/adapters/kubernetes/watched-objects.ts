import { COLLECTIONS, ownedByDeployment, ownedBySet } from './api.ts';
import type { Connection } from './connection.ts';
import {
  type ConfigMap,
  type Deployment,
  type Pod,
  readConfigMap,
  readDeployment,
  readPod,
  readStatefulSet,
  type StatefulSet,
} from './objects.ts';
import type { Live } from './see.ts';
import { keyOf, type Watched, WatchedKind } from './watched-kind.ts';
import { isRolled, type RolledKind, type Workload, type Workloads } from './workload.ts';

/** With more namespaces than this, one watch is over all of them: each has connections of its own. */
const NAMESPACES_MAX = 8;

type Kind = keyof typeof COLLECTIONS;
interface ObjectOf {
  readonly StatefulSet: StatefulSet;
  readonly Deployment: Deployment;
  readonly Pod: Pod;
  readonly ConfigMap: ConfigMap;
}
const READERS: { readonly [K in Kind]: (value: unknown) => Watched<ObjectOf[K]> } = {
  StatefulSet: readStatefulSet,
  Deployment: readDeployment,
  Pod: readPod,
  ConfigMap: readConfigMap,
};

/** What belongs to which workload: the kind and the key of a workload, or of the ConfigMap of one. */
export interface Touched {
  readonly kind: RolledKind | 'ConfigMap';
  readonly key: string;
}

/** What is known of a workload. */
export type Found =
  | { readonly kind: 'live'; readonly live: Live }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown'; readonly cause: string };

interface Running<T> {
  readonly watched: WatchedKind<T>;
  readonly stop: AbortController;
}

/** The watches that the workloads of one data plane need, no more, and what they tell together. */
export class WatchedObjects {
  readonly #connection: Connection;
  readonly #onTouched: (touched: Touched) => void;
  readonly #onState: () => void;
  readonly #running: { readonly [K in Kind]: Map<string, Running<ObjectOf[K]>> } = {
    StatefulSet: new Map(),
    Deployment: new Map(),
    Pod: new Map(),
    ConfigMap: new Map(),
  };
  /** Names of pods by the workload that they belong to. */
  readonly #podsOf = new Map<string, Set<string>>();
  #isWide = false;

  constructor(connection: Connection, onTouched: (touched: Touched) => void, onState: () => void) {
    this.#connection = connection;
    this.#onTouched = onTouched;
    this.#onState = onState;
  }

  /**
   * Watches what these workloads need, and nothing else any more.
   *
   * @param inForce - those alone decide how it is watched: what somebody proposes must not change how the others are seen.
   */
  watch(workloads: Workloads, inForce: Workloads): void {
    const all = [...workloads.values()].filter(({ kind }) => isRolled(kind));
    this.#isWide = new Set([...inForce.values()].map(({ namespace }) => namespace)).size > NAMESPACES_MAX;
    const wanted = new Set(all.flatMap((one) => this.#needs(one).map(([kind, path]) => `${kind} ${path}`)));
    for (const kind of Object.keys(READERS) as Kind[]) {
      for (const [path, { stop }] of this.#running[kind]) {
        if (wanted.has(`${kind} ${path}`)) continue;
        stop.abort();
        this.#running[kind].delete(path);
      }
    }
    for (const one of all) for (const [kind, path] of this.#needs(one)) this.#begin(kind, path);
  }

  stop(): void {
    this.watch(new Map(), new Map());
    this.#podsOf.clear();
  }

  /** Waits until all that is told of these workloads is known to be true, or for as long as there is patience. */
  async alive(workloads: Iterable<Workload>, patience: AbortSignal): Promise<void> {
    const needed = new Set([...workloads].flatMap((one) => this.#watchesOf(one)));
    await Promise.all([...needed].map((watched) => watched.alive(patience)));
  }

  find(workload: Workload): Found {
    if (!isRolled(workload.kind)) return { kind: 'unknown', cause: `this version cannot see a ${workload.kind}` };
    const watches = this.#watchesOf(workload);
    if (watches.length < this.#needs(workload).length) return { kind: 'unknown', cause: 'it is not watched' };
    const cause = watches.find(({ unknownBecause }) => unknownBecause !== undefined)?.unknownBecause;
    if (cause !== undefined) return { kind: 'unknown', cause };
    const { namespace, name, configMap: configMapName } = workload;
    const pods = this.#readPods(workload.kind, keyOf(namespace, name));
    if (!pods.ok) return { kind: 'unknown', cause: pods.error };
    const configMap = configMapName === undefined ? undefined : this.#get('ConfigMap', namespace, configMapName);
    if (configMap?.ok === false) return { kind: 'unknown', cause: `ConfigMap ${configMapName} cannot be read: ${configMap.error}` };
    const rest = { configMap: configMap?.value };
    if (workload.kind === 'StatefulSet') {
      const object = this.#get('StatefulSet', namespace, name);
      if (!object?.ok) return unread(object);
      return {
        kind: 'live',
        live: { kind: 'StatefulSet', object: object.value, pods: pods.value.filter(ownedBySet(object.value)), ...rest },
      };
    }
    const object = this.#get('Deployment', namespace, name);
    if (!object?.ok) return unread(object);
    return {
      kind: 'live',
      live: { kind: 'Deployment', object: object.value, pods: pods.value.filter(ownedByDeployment(object.value)), ...rest },
    };
  }

  /** All workloads in sight, also those that nobody described. */
  *workloads(): Generator<{ readonly kind: RolledKind; readonly object: StatefulSet | Deployment }> {
    for (const kind of ['StatefulSet', 'Deployment'] as const) {
      for (const { watched } of this.#running[kind].values()) {
        for (const [, object] of watched.entries()) if (object.ok) yield { kind, object: object.value };
      }
    }
  }

  /** Why some of it is not known. */
  unknownBecause(): string | undefined {
    const all = Object.values(this.#running).flatMap((kind) => [...kind.values()].map(({ watched }) => watched.unknownBecause));
    return all.find((cause) => cause !== undefined);
  }

  #needs({ kind, namespace, configMap }: Workload): readonly [Kind, string][] {
    if (!isRolled(kind)) return [];
    const kinds: readonly Kind[] = [kind, 'Pod', ...(configMap === undefined ? [] : (['ConfigMap'] as const))];
    return kinds.map((one) => [one, COLLECTIONS[one](this.#isWide ? undefined : namespace)]);
  }

  #watchesOf(workload: Workload): readonly Pick<WatchedKind<unknown>, 'alive' | 'unknownBecause'>[] {
    return this.#needs(workload).flatMap(([kind, path]) => this.#running[kind].get(path)?.watched ?? []);
  }

  #begin<K extends Kind>(kind: K, path: string): void {
    const running: Map<string, Running<ObjectOf[K]>> = this.#running[kind];
    if (running.has(path)) return;
    const stop = new AbortController();
    const watched = new WatchedKind<ObjectOf[K]>({
      connection: this.#connection,
      path,
      read: READERS[kind],
      onChange: (key, now, before) => this.#changed(kind, key, now, before),
      onState: this.#onState,
    });
    running.set(path, { watched, stop });
    // Not awaited: it ends when it is told to, and never rejects.
    void watched.run(stop.signal);
  }

  #get<K extends Kind>(kind: K, namespace: string, name: string): Watched<ObjectOf[K]> | undefined {
    const running: Map<string, Running<ObjectOf[K]>> = this.#running[kind];
    return running.get(COLLECTIONS[kind](this.#isWide ? undefined : namespace))?.watched.get(keyOf(namespace, name));
  }

  #readPods(kind: RolledKind, key: string): Watched<readonly Pod[]> {
    const pods: Pod[] = [];
    const namespace = key.slice(0, key.indexOf('/'));
    for (const podKey of this.#podsOf.get(`${kind} ${key}`) ?? []) {
      const pod = this.#get('Pod', namespace, podKey.slice(namespace.length + 1));
      if (pod?.ok === false) return { ok: false, error: `pod ${podKey} cannot be read: ${pod.error}` };
      if (pod !== undefined) pods.push(pod.value);
    }
    return { ok: true, value: pods };
  }

  #changed(kind: Kind, key: string, now: Watched<unknown> | undefined, before: Watched<unknown> | undefined): void {
    if (kind === 'Pod') this.#podChanged(key, ownerOf(now), ownerOf(before));
    else this.#onTouched({ kind, key });
  }

  #podChanged(key: string, now: Touched | undefined, before: Touched | undefined): void {
    if (before !== undefined) {
      const pods = this.#podsOf.get(nameOf(before));
      pods?.delete(key);
      if (pods?.size === 0) this.#podsOf.delete(nameOf(before));
    }
    if (now !== undefined) this.#podsOf.set(nameOf(now), (this.#podsOf.get(nameOf(now)) ?? new Set()).add(key));
    const owner = now ?? before;
    if (owner !== undefined) this.#onTouched(owner);
  }
}

const nameOf = ({ kind, key }: Touched): string => `${kind} ${key}`;

function unread(object: Watched<unknown> | undefined): Found {
  return object === undefined || object.ok ? { kind: 'missing' } : { kind: 'unknown', cause: `it cannot be read: ${object.error}` };
}

/** The workload of a pod, read or not. */
function ownerOf(watched: Watched<unknown> | undefined): Touched | undefined {
  const pod = watched?.ok ? readPod(watched.value) : undefined;
  if (!pod?.ok) return undefined;
  const { namespace, ownerReferences } = pod.value.metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner?.kind === 'StatefulSet') return { kind: 'StatefulSet', key: keyOf(namespace, owner.name) };
  return owner?.kind === 'ReplicaSet' ? { kind: 'Deployment', key: keyOf(namespace, owner.name.replace(/-[^-]+$/, '')) } : undefined;
}
