import type { Order } from '../../../src/core/evidence/order.ts';
import type { ClusterId, RolloutId } from '../../../src/core/model/ids.ts';
import type { PlannedPhase, PlannedTarget } from '../../../src/core/plan/plan.ts';
import type { TargetState, TargetStatus } from '../../../src/core/reconcile/state.ts';
import type { StateChange } from '../../../src/ports/state-store.ts';
import type { FleetSpec } from '../fleet-spec.ts';
import type { Mirror, MirroredRollout } from '../mirror.ts';
import { holds } from './stops.ts';
import { EVIDENCE_MAX_AGE_MS, type Witness } from './witness.ts';

/** Ordered, and not soaked: what can break. */
export const OUT: ReadonlySet<TargetStatus> = new Set(['applying', 'rolling', 'held', 'soaking']);
const OVER: ReadonlySet<TargetStatus> = new Set(['succeeded', 'failed', 'unreachable', 'deferred', 'skipped', 'removed', 'superseded']);

/** A run order that is about to be written, with what the mirror had before. */
export interface RunOrder {
  readonly order: Order;
  readonly rollout: MirroredRollout;
  readonly planned: PlannedTarget;
  readonly before: TargetState;
  readonly after: TargetState;
  /** A new attempt; else it goes on from where it stood. */
  readonly isStart: boolean;
}

export function runOrders(mirror: Mirror, change: StateChange): readonly RunOrder[] {
  return (change.orders ?? []).flatMap((order) => {
    if (order.rollout === undefined) return [];
    const rollout = mirror.rollouts.get(order.rollout);
    const planned = rollout?.planned.targets.get(order.cluster);
    const before = rollout?.state.targets.get(order.cluster);
    const after = change.rollouts?.find(({ id }) => id === order.rollout)?.targets.get(order.cluster) ?? before;
    if (rollout === undefined || planned === undefined || before === undefined || after === undefined) return [];
    const isStart = after.attempt > before.attempt;
    // A start that is held at once is a start all the same.
    return order.mode === 'run' || isStart ? [{ order, rollout, planned, before, after, isStart }] : [];
  });
}

interface Context {
  readonly mirror: Mirror;
  readonly change: StateChange;
  readonly witness: Witness;
  /** What the manifests in force say. */
  readonly spec: FleetSpec | undefined;
}

type Law = (run: RunOrder, context: Context) => string | undefined;

/** Laws of every order that lets brokers move. */
export const ORDER_LAWS: Readonly<Record<string, Law>> = {
  /** Nothing starts, or goes on, under a stop. */
  stops({ order, rollout, planned, after }, { mirror, change }) {
    // What soaked in this very decision is not moved to that version any more.
    const entry = change.ledger?.find(({ cluster }) => cluster === order.cluster) ?? mirror.ledger.get(order.cluster);
    const proven = entry?.proven[0]?.spec;
    const changed = new Map((change.stops ?? []).map((stop) => [stop.id, stop]));
    const held = [...new Map([...mirror.stops, ...changed]).values()].filter(
      ({ lifted, until }) => lifted === undefined && (until === undefined || order.orderedAt < until),
    );
    const stop = held.find((one) => holds(one, rollout, planned, after, proven));
    return stop && `${order.cluster} is ordered to run under stop ${stop.id} (${stop.cause}, ${JSON.stringify(stop.scope)})`;
  },
  'grows-epochs'({ order }, { mirror, witness }) {
    const seen = witness.newest.get(order.cluster);
    const isKnown =
      seen?.kind === 'observed' && seen.receivedAt <= order.orderedAt && order.orderedAt - seen.receivedAt < EVIDENCE_MAX_AGE_MS;
    const accepted = isKnown ? (seen.accepted?.epoch ?? 0) : 0;
    const last = Math.max(mirror.orders.get(order.cluster)?.epoch ?? 0, accepted);
    return order.epoch > last ? undefined : `${order.cluster} is ordered epoch ${order.epoch} after ${last}`;
  },
  /** The plan is what was reviewed, and the order is of the plan. */
  'orders-the-plan'({ order, planned }) {
    return order.revision === planned.revision
      ? undefined
      : `${order.cluster} is ordered ${order.revision}, and planned ${planned.revision}`;
  },
};

/** Laws of a new attempt. */
export const START_LAWS: Readonly<Record<string, Law>> = {
  calendar({ order, rollout, planned }, { mirror, spec }) {
    const tier = mirror.desired.get(order.cluster)?.labels['tier'];
    const at = order.orderedAt;
    const isBack = planned.kind === 'rollback';
    const freeze = spec?.freezes.find(
      (one) => (one.tier === undefined || one.tier === tier) && at >= one.fromMs && at < one.toMs && !(isBack && one.allowRollback),
    );
    if (freeze !== undefined) return `${order.cluster} (${tier}) is started in ${freeze.name}`;
    const expedited = rollout.state.overrides.some(
      ({ kind, phase, until }) =>
        kind === 'expedite' && (phase === undefined || phase === planned.phase) && until !== undefined && at < until,
    );
    const windows = (spec?.windows ?? []).filter((one) => one.tier === tier);
    if (windows.length === 0 || isBack || expedited) return undefined;
    const open = windows.some(({ hour, hours }) => (new Date(at).getUTCHours() - hour + 24) % 24 < hours);
    return open ? undefined : `${order.cluster} is started outside of its window, at ${new Date(at).toISOString()}`;
  },

  'required-products'({ order, rollout }, { mirror, spec, change }) {
    const { state, planned } = rollout;
    if (planned.kind === 'rollback') return undefined;
    const requires = requiredBy(spec, planned.product);
    // It may have taken a place in line over just now.
    const inLineSince = change.rollouts?.find(({ id }) => id === state.id)?.inLineSince ?? state.inLineSince;
    const first = mirror.unfinished.find(
      (other) =>
        requires.has(other.planned.product) &&
        change.rollouts?.find(({ id }) => id === other.state.id)?.finishedAt === undefined &&
        (other.state.inLineSince <= inLineSince || (other.state.commit === state.commit && other.state.createdAt === state.createdAt)),
    );
    return first && `${order.cluster} is started while ${first.planned.product} (seq ${first.state.seq}) is under way`;
  },

  'takes-part'({ order, planned, rollout }, { mirror }) {
    const desired = mirror.desired.get(order.cluster);
    if (desired === undefined) return `${order.cluster} is started, and no longer in the manifests`;
    if (desired.optOut !== undefined) return `${order.cluster} is started, and has opted out`;
    if (desired.pinnedBy !== undefined && desired.spec.version !== planned.spec.version)
      return `${order.cluster} is started towards ${planned.spec.version}, and pinned at ${desired.spec.version}`;
    if (desired.release !== rollout.planned.release) return `${order.cluster} is started by another release`;
    const isWanted =
      desired.revision === planned.revision ||
      mirror.unfinished.some((other) => other.state.seq > rollout.state.seq && other.planned.targets.has(order.cluster));
    return isWanted ? undefined : `${order.cluster} is started towards ${planned.revision}, which nobody wants any more`;
  },

  /** Nothing is started blind. */
  'sees-first'({ order, planned }, { witness }) {
    if (planned.change === 'create') return undefined;
    const seen = witness.newest.get(order.cluster);
    if (seen === undefined) return `${order.cluster} is started, and was never seen`;
    return Math.abs(order.orderedAt - seen.receivedAt) <= EVIDENCE_MAX_AGE_MS
      ? undefined
      : `${order.cluster} is started, and was seen ${order.orderedAt - seen.receivedAt} ms ago`;
  },

  'one-owner'({ order, rollout }, { mirror, change }) {
    const other = mirror.unfinished.find(({ state }) => {
      if (state.id === rollout.state.id) return false;
      const before = state.targets.get(order.cluster);
      const after = change.rollouts?.find(({ id }) => id === state.id)?.targets.get(order.cluster) ?? before;
      if (before === undefined || after === undefined || !OUT.has(before.status)) return false;
      // It has come to rest by itself, or it was ordered away in the middle of its move.
      return OUT.has(after.status) || (after.detail?.startsWith('taken over') === true && !isGivenUp(change, state.id, order.cluster));
    });
    return other && `${order.cluster} is started while rollout ${other.state.id} has it in flight`;
  },

  interval({ order, planned, after }, { mirror, change, spec }) {
    // It may have soaked in this very decision, at another version.
    const entry = change.ledger?.find(({ cluster }) => cluster === order.cluster) ?? mirror.ledger.get(order.cluster);
    const last = entry?.proven[0];
    const minutes = spec?.products.find(({ name }) => name === planned.spec.product)?.minimumIntervalMinutes;
    if (last === undefined || minutes === undefined || last.proof !== 'soaked' || planned.kind === 'rollback' || after.rescue)
      return undefined;
    if (last.spec.version === planned.spec.version || order.orderedAt - last.at >= minutes * 60_000) return undefined;
    return `${order.cluster} is started ${order.orderedAt - last.at} ms after its last upgrade`;
  },

  budgets({ order, rollout, planned }, { mirror, change }) {
    if (planned.kind === 'rollback') return undefined;
    const now = change.rollouts?.find(({ id }) => id === rollout.state.id)?.targets;
    for (const phase of rollout.planned.phases) {
      for (const kind of ['failed', 'unreachable', 'deferred'] as const) {
        const spent = phase.members.filter((cluster) => {
          const [before, after] = [rollout.state.targets.get(cluster), now?.get(cluster) ?? rollout.state.targets.get(cluster)];
          return isSpent(before, kind) && isSpent(after, kind);
        });
        if (spent.length > phase.budgets[kind].count)
          return `${order.cluster} is started with ${spent.length} ${kind} in phase ${phase.name} (${spent.join(', ')}), budget ${phase.budgets[kind].count}`;
      }
    }
    void mirror;
    return undefined;
  },

  'phase-order'(run, context) {
    const { order, rollout, planned, after } = run;
    if (after.rescue || rollout.state.phases.get(planned.phase)?.startedAt !== undefined) return undefined;
    for (const phase of rollout.planned.phases) {
      if (phase.name === planned.phase) break;
      const wrong = whyNotBehind(phase, run, context);
      if (wrong !== undefined) return `${order.cluster} of phase ${planned.phase} is started: ${wrong}`;
    }
    return undefined;
  },

  approvals({ order, rollout, planned, after }) {
    for (const phase of rollout.planned.phases) {
      const { approval } = phase;
      const isOwn = phase.name === planned.phase;
      const needed = approval !== undefined && (isOwn ? approval.when === 'before' : approval.when === 'after' && !after.rescue);
      const untouched = !isOwn && !phase.members.some((cluster) => (rollout.state.targets.get(cluster)?.attempt ?? 0) > 0);
      if (needed && !untouched && !after.probe && peopleFor(rollout, phase) < approval.count)
        return `${order.cluster} is started, and phase ${phase.name} lacks approvals`;
      if (isOwn) break;
    }
    return undefined;
  },
};

/** Gone wrong in this way, and not acknowledged by identity. */
export const isSpent = (target: TargetState | undefined, kind: TargetStatus): boolean =>
  target?.status === kind && !(target.acknowledged?.attempt === target.attempt && target.acknowledged.status === kind);

/** On the way to where this change leaves it, its rollout has given it up: only then may another have it. */
function isGivenUp({ audit = [] }: StateChange, rollout: RolloutId, cluster: ClusterId): boolean {
  return audit.some(
    (line) =>
      line.kind === 'target' &&
      line.rollout === rollout &&
      line.subject === cluster &&
      (line.to === 'unreachable' || line.to === 'failed' || line.to === 'deferred'),
  );
}

const peopleFor = ({ state }: MirroredRollout, { name }: PlannedPhase): number =>
  new Set(state.approvals.filter(({ phase, digest }) => phase === name && digest === state.digest).map(({ by }) => by)).size;

function requiredBy(spec: FleetSpec | undefined, product: string): ReadonlySet<string> {
  const found = new Set<string>();
  const ahead = [product];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    for (const other of spec?.products.find((one) => one.name === name)?.requires ?? []) {
      if (!found.has(other)) ahead.push(other);
      found.add(other);
    }
  }
  return found;
}

/** Why an earlier phase is not behind the rollout. */
function whyNotBehind(phase: PlannedPhase, { rollout, order }: RunOrder, { mirror, change }: Context): string | undefined {
  const now = change.rollouts?.find(({ id }) => id === rollout.state.id);
  const stateOf = (cluster: ClusterId): TargetState | undefined => now?.targets.get(cluster) ?? rollout.state.targets.get(cluster);
  const members = phase.members.flatMap((cluster) => {
    const target = stateOf(cluster);
    return target === undefined ? [] : [{ cluster, target }];
  });
  const open = members.find(({ target }) => !OVER.has(target.status));
  if (open !== undefined) return `${open.cluster} of phase ${phase.name} is ${open.target.status}`;
  const overrides = rollout.state.overrides.filter((one) => one.phase === undefined || one.phase === phase.name);
  if (phase.canary && members.length > 0 && !overrides.some(({ kind }) => kind === 'waiver')) {
    const proven = members.some(({ cluster, target }) => {
      if (target.status === 'succeeded') return true;
      const entry = change.ledger?.find((one) => one.cluster === cluster) ?? mirror.ledger.get(cluster);
      const top = entry?.proven[0];
      return target.status === 'skipped' && top?.proof === 'soaked' && top.revision === rollout.planned.targets.get(cluster)?.revision;
    });
    if (!proven)
      return `no canary of phase ${phase.name} has soaked: ${members.map(({ cluster, target }) => `${cluster} ${target.status}`).join(', ')}`;
  }
  const expedited = overrides.some(({ kind, until }) => kind === 'expedite' && until !== undefined && until > order.orderedAt);
  // One that could not be seen may be found to have soaked long after the phase was done without it.
  const doneAt = now?.phases.get(phase.name)?.finishedAt ?? rollout.state.phases.get(phase.name)?.finishedAt ?? Number.POSITIVE_INFINITY;
  const soakedAt = Math.max(
    ...members.filter(({ target }) => target.status === 'succeeded' && target.since <= doneAt).map(({ target }) => target.since),
  );
  if (expedited || !Number.isFinite(soakedAt) || order.orderedAt - soakedAt >= phase.bakeMs) return undefined;
  return `phase ${phase.name} has baked for ${order.orderedAt - soakedAt} of ${phase.bakeMs} ms`;
}
