import type { ConfigValue, DesiredSpec } from '../../../core/desired/desired.ts';
import type { Order, OrderReply } from '../../../core/evidence/order.ts';
import { canonicalJson, hash16 } from '../../../core/model/hash.ts';
import type { ClusterId, Revision } from '../../../core/model/ids.ts';
import { type ClusterState, type Fault, type SimulatedBroker, type Template, templateAt } from './cluster-state.ts';
import { strikes, withFault } from './faults.ts';
import { advance, planMove, startNext } from './roll.ts';

/** What somebody changed on a cluster without an order. */
export interface HandChange {
  readonly version: string | undefined;
  readonly image: string | undefined;
  readonly replicas: number | undefined;
  readonly config: Readonly<Record<string, ConfigValue>>;
}

/** A cluster that was there before the first order. */
export interface SeededCluster {
  readonly cluster: ClusterId;
  readonly dataPlane: string;
  readonly spec: DesiredSpec;
  readonly revision: Revision;
}

/** A cluster that already runs its spec, as if it had been there for years. Epoch 0: any order replaces it. */
export function existingCluster(seeded: SeededCluster): ClusterState {
  const { key, template } = templateOf(seeded.spec);
  return {
    cluster: seeded.cluster,
    dataPlane: seeded.dataPlane,
    product: seeded.spec.product,
    accepted: { epoch: 0, revision: seeded.revision, mode: 'run' },
    target: key,
    replicas: seeded.spec.replicas,
    ordered: { target: key, replicas: seeded.spec.replicas },
    settled: key,
    templates: { [key]: template },
    brokers: brokersAt(key, seeded.spec.replicas),
    move: undefined,
    faults: [],
  };
}

/** What an order does to a cluster, and what the cluster answers. `state` is `undefined` for a cluster that is not there yet. */
export function acceptOrder(
  state: ClusterState | undefined,
  order: Order,
  at: number,
  seed: string,
  defaultFaults: readonly Fault[],
): { readonly state: ClusterState | undefined; readonly reply: OrderReply } {
  const { cluster, epoch } = order;
  const accepted: OrderReply = { kind: 'accepted', cluster, epoch };
  const refused = (reason: string): OrderReply => ({ kind: 'refused', cluster, epoch, reason });
  if (state === undefined) return { state: startNext(emptyCluster(order, defaultFaults), at, seed), reply: accepted };

  const last = state.accepted;
  if (epoch < last.epoch) return { state, reply: { kind: 'stale', cluster, epoch, seen: last.epoch } };
  if (order.spec.product !== state.product) {
    return { state, reply: refused(`${cluster} runs ${state.product}; a cluster cannot become ${order.spec.product}`) };
  }
  if (epoch === last.epoch) {
    const same = order.revision === last.revision && order.mode === last.mode;
    return { state, reply: same ? accepted : refused(`epoch ${epoch} was already used for another order to ${cluster}`) };
  }
  return { state: followOrder(advance(state, at, seed), order, at, seed), reply: accepted };
}

/** Adds a fault, or clears all with `undefined`. Faults that fit brokers that run already strike them at once. */
export function setFault(before: ClusterState, fault: Fault | undefined, at: number, seed: string): ClusterState {
  const state = advance(before, at, seed);
  const struck = fallOver({ ...state, faults: withFault(state.faults, fault) }, at);
  if (struck.move === undefined) return startNext(struck, at, seed);
  // A fault that comes or goes in the middle of a restart lets it begin again; one that changes nothing leaves it alone.
  const asBefore = planMove(state, struck.move, at, seed);
  const asNow = planMove(struck, struck.move, at, seed);
  const unchanged = asBefore.endsAt === asNow.endsAt && asBefore.outcome === asNow.outcome;
  return unchanged ? struck : { ...struck, move: asNow };
}

/** Changes the running cluster at once and behind everybody's back; the next order with a higher epoch undoes it. */
export function changeByHand(before: ClusterState, change: HandChange, at: number, seed: string): ClusterState {
  const state = advance(before, at, seed);
  const running = templateAt(state, state.target);
  const template: Template = {
    ...running,
    version: change.version ?? running.version,
    image: change.image ?? running.image,
    config: { ...running.config, ...change.config },
  };
  const key = keyOf(template);
  const replicas = change.replicas ?? state.replicas;
  const changed: ClusterState = {
    ...state,
    target: key,
    replicas,
    templates: { [key]: template },
    settled: key,
    brokers: brokersAt(key, replicas),
    move: undefined,
  };
  return startNext(fallOver(changed, at), at, seed);
}

/** What a restored backup does to the data plane's own memory: the cluster runs on, and no order is known that it follows. */
export function forgetOrders(before: ClusterState, at: number, seed: string): ClusterState {
  const state = advance(before, at, seed);
  return { ...state, accepted: { ...state.accepted, epoch: 0 } };
}

function followOrder(state: ClusterState, order: Order, at: number, seed: string): ClusterState {
  const { key, template } = templateOf(order.spec);
  const ordered: ClusterState = {
    ...state,
    accepted: { epoch: order.epoch, revision: order.revision, mode: order.mode },
    target: key,
    replicas: order.spec.replicas,
    ordered: { target: key, replicas: order.spec.replicas },
    templates: reachable(state, key, template),
  };
  return startNext(abandonStuckMove(ordered, at), at, seed);
}

/** A broker that will never come back at the old target is given the new one at once; any other first finishes its restart. */
function abandonStuckMove(state: ClusterState, at: number): ClusterState {
  const { move } = state;
  if (move === undefined || move.endsAt !== undefined || move.to === state.target || state.accepted.mode === 'hold') return state;
  const brokers = state.brokers.map((broker) => (broker.ordinal === move.ordinal ? { ...broker, runs: move.to, brokenSince: at } : broker));
  return { ...state, move: undefined, brokers };
}

/** Ready brokers that already run a version that is now said to crash. Without a version only coming restarts are meant. */
function fallOver(state: ClusterState, at: number): ClusterState {
  const named = { ...state, faults: state.faults.filter((fault) => fault.version !== undefined) };
  const brokers = state.brokers.map((broker) => {
    const falls =
      broker.brokenSince === undefined &&
      broker.ordinal !== state.move?.ordinal &&
      strikes(named, 'crash-loop', broker.runs, broker.ordinal);
    return falls ? { ...broker, brokenSince: at } : broker;
  });
  return { ...state, brokers };
}

function emptyCluster(order: Order, faults: readonly Fault[]): ClusterState {
  const { key, template } = templateOf(order.spec);
  return {
    cluster: order.cluster,
    dataPlane: order.dataPlane,
    product: order.spec.product,
    accepted: { epoch: order.epoch, revision: order.revision, mode: order.mode },
    target: key,
    replicas: order.spec.replicas,
    ordered: { target: key, replicas: order.spec.replicas },
    settled: undefined,
    templates: { [key]: template },
    brokers: [],
    move: undefined,
    faults,
  };
}

function templateOf(spec: DesiredSpec): { readonly key: string; readonly template: Template } {
  const { version, image, config, featureFlags } = spec;
  const template: Template = { version, image, config, featureFlags };
  return { key: keyOf(template), template };
}

const keyOf = (template: Template): string => hash16(canonicalJson(template));

const brokersAt = (runs: string, count: number): readonly SimulatedBroker[] =>
  Array.from({ length: count }, (_, ordinal) => ({ ordinal, runs, brokenSince: undefined }));

/** Keeps only the templates that something still points at, so that a cluster does not grow with its history. */
function reachable(state: ClusterState, key: string, template: Template): ClusterState['templates'] {
  const kept = new Set([state.settled, state.move?.to, ...state.brokers.map((broker) => broker.runs)]);
  const old = Object.entries(state.templates).filter(([other]) => kept.has(other));
  return { ...Object.fromEntries(old), [key]: template };
}
