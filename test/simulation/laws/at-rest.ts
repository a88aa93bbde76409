import { holdOf } from '../../../src/core/reconcile/decision.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import { memoryOf } from '../../../src/loop/memory.ts';
import { loadRecords } from '../../../src/loop/records.ts';
import { rolloutNow } from '../../../src/loop/rollouts-now.ts';
import { OUR_LOGIN } from '../../../src/ports/in-memory/code-host.ts';
import type { Mirror } from '../mirror.ts';
import { FLEET, type SimulatedWorld } from '../world.ts';
import { outNow } from './limits.ts';
import { spentBeyond } from './spent.ts';
import { OUT } from './starts.ts';
import { holds } from './stops.ts';
import type { Witness } from './witness.ts';

/** What holds whenever a tick has just had its say. */
export function wrongInQueue({ unfinished }: Mirror): string | undefined {
  const lines = new Map<string, { active: number; pending: number }>();
  for (const { planned, state } of unfinished) {
    const line = lines.get(planned.release) ?? { active: 0, pending: 0 };
    lines.set(planned.release, line);
    if (state.status === 'pending') line.pending += 1;
    else if (state.status !== 'aborted' && state.status !== 'superseded') line.active += 1;
  }
  for (const [release, { active, pending }] of lines) {
    if (active > 1) return `${active} rollouts of ${release} are active`;
    if (pending > 1) return `${pending} rollouts of ${release} are pending`;
    if (pending === 1 && active === 0) return `a rollout of ${release} is pending, and nothing is before it`;
  }
  return undefined;
}

/** A stop reaches what is in flight: it is ordered to hold, until nothing stops it. And what has ended moves nothing. */
export function wrongMode(mirror: Mirror, now: number): string | undefined {
  const held = mirror.heldStops(now);
  for (const rollout of mirror.rollouts.values()) {
    const { planned, state } = rollout;
    for (const [cluster, target] of state.targets) {
      const order = mirror.orders.get(cluster);
      const plan = planned.targets.get(cluster);
      if (order?.rollout !== state.id || plan === undefined || target.attempt === 0) continue;
      if (state.finishedAt !== undefined && order.mode === 'run' && target.status !== 'succeeded')
        return `rollout ${state.id} is finished, ${cluster} ${target.status}, and its order still says run`;
      if (state.finishedAt !== undefined || !OUT.has(target.status) || target.status === 'soaking') continue;
      const proven = mirror.ledger.get(cluster)?.proven[0]?.spec;
      const stop = held.find((one) => holds(one, rollout, plan, target, proven));
      const isEnding = state.status === 'aborted' || state.status === 'superseded';
      if ((stop !== undefined || isEnding) && order.mode === 'run')
        return `${cluster} (${target.status}) may run under ${stop === undefined ? `a rollout that is ${state.status}` : `stop ${stop.id} (${stop.cause})`}`;
      if (stop === undefined && !isEnding && order.mode === 'hold') return `${cluster} (${target.status}) is held by nothing`;
    }
  }
  return undefined;
}

/** Nobody waits without a reason, and no reason is made up. */
export async function wrongHold(loop: Loop, mirror: Mirror, world: SimulatedWorld): Promise<string | undefined> {
  const out = outNow(mirror);
  const spec = mirror.goodHead && world.specs.get(mirror.goodHead);
  for (const { state } of mirror.unfinished) {
    const now = await rolloutNow(loop, FLEET, state.id);
    if (now === undefined) return `rollout ${state.id} is not found`;
    for (const [cluster, { status, attempt }] of now.state.targets) {
      if (status !== 'waiting' && !OUT.has(status)) continue;
      const wait = holdOf(now.holds, now, cluster);
      if (wait === undefined) return `${cluster} of rollout ${state.id} is ${status} (attempt ${attempt}), and nothing says why`;
      const { reason } = wait;
      const isBack = now.planned.targets.get(cluster)?.kind === 'rollback';
      const freeze = reason.kind === 'freeze' ? spec?.freezes.find(({ name }) => name === reason.name) : undefined;
      if (isBack && (reason.kind === 'window' || freeze?.allowRollback === true))
        return `${cluster} goes back, and waits for ${reason.kind} ${'name' in reason ? reason.name : ''}`;
      if (reason.kind !== 'concurrency' || spec === undefined) continue;
      const here = [...out.values()].filter((dataPlane) => dataPlane === reason.name).length;
      if (reason.of === 'fleet' && out.size < spec.maxConcurrent)
        return `${cluster} waits for a slot of the fleet, with ${out.size} of ${spec.maxConcurrent} taken`;
      if (reason.of === 'data-plane' && here < reason.limit)
        return `${cluster} waits for a slot on ${reason.name}, with ${here} of ${reason.limit} taken`;
    }
  }
  return undefined;
}

/** What is kept in memory is what the store would give. */
export async function wrongMemory(loop: Loop): Promise<string | undefined> {
  const fleet = await loop.ports.store.fleet(FLEET);
  const kept = memoryOf(loop.memory, FLEET).records;
  if (fleet === undefined || kept === undefined || kept.version !== fleet.version) return undefined;
  const stored = await loadRecords({ ...loop, memory: new Map() }, fleet);
  for (const [name, value] of Object.entries(stored)) {
    const remembered: unknown = Reflect.get(kept.records, name);
    if (plain(value) !== plain(remembered))
      return `${name} in memory is not what is stored: ${plain(remembered).slice(0, 300)} for ${plain(value).slice(0, 300)}`;
  }
  return undefined;
}

/** Maps in order of key; what is left out is as good as undefined. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (isEntries(part)) return [...part.entries()].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) ?? 'undefined';

const isEntries = (part: unknown): part is ReadonlyMap<unknown, unknown> =>
  typeof part === 'object' && part !== null && 'entries' in part && 'has' in part && typeof part.entries === 'function';

/** One comment of a kind for a pull request, one check of a name for a commit, one issue for a matter. */
export function twiceOnHost({ repository, git, specs }: SimulatedWorld): string | undefined {
  for (let number = 1; number < 400; number += 1) {
    const ours = repository.comments(number).filter(({ author }) => author === OUR_LOGIN);
    const said = ours.map(({ body }) => body.slice(0, body.indexOf('\n')));
    const again = said.find((marker, at) => said.indexOf(marker) !== at);
    if (again !== undefined) return `pull request ${number} has two comments of ours that begin with ${again}`;
  }
  void git;
  for (const sha of specs.keys()) {
    const names = repository.checks(sha).filter(({ annotations }) => annotations.length === 0);
    if (new Set(names.map(({ name }) => name)).size < names.length) return `commit ${sha} has the same check twice`;
  }
  const markers = repository.issues().flatMap(({ body }) => /<!-- flotilla:v1 [^>]*-->/.exec(body)?.[0] ?? []);
  const twice = markers.find((marker, at) => markers.indexOf(marker) !== at);
  return twice && `two issues of ours say ${twice}`;
}

/** More has gone wrong than is allowed, and no person has seen it: something stops the rollout. A second failure of a cluster is news. */
export function overspent(mirror: Mirror, now: number): string | undefined {
  const stopped = new Set(mirror.heldStops(now).map(({ scope }) => (scope.kind === 'rollout' ? scope.rollout : undefined)));
  for (const { state, planned } of mirror.unfinished) {
    if (state.status === 'pending' || state.status === 'aborted' || state.status === 'superseded' || stopped.has(state.id)) continue;
    const spent = spentBeyond(planned, state.targets);
    if (spent !== undefined) return `rollout ${state.id} goes on with ${spent}`;
  }
  return undefined;
}

/** A cluster that broke after it had succeeded is counted, while its rollout, or the guard after it, watches; unless it has left the manifests. */
export function watchedInVain(mirror: Mirror, witness: Witness): string | undefined {
  for (const { state, planned } of mirror.rollouts.values()) {
    if (state.finishedAt !== undefined && state.guardUntil === undefined) continue;
    for (const [cluster, { status, epoch }] of state.targets) {
      const order = mirror.orders.get(cluster);
      if (status !== 'succeeded' || order?.rollout !== state.id || !mirror.desired.has(cluster)) continue;
      const revision = planned.targets.get(cluster)?.revision;
      const brokenMs = revision === undefined ? 0 : witness.brokenMs(cluster, revision, epoch);
      if (brokenMs > BROKEN_FOR_SURE_MS) return `${cluster} of rollout ${state.id} succeeded, and was seen broken for ${brokenMs} ms since`;
    }
  }
  return undefined;
}

/** Longer than a regression has to last, and a tick that was lost. */
const BROKEN_FOR_SURE_MS = 180_000;

/** An order that nobody has answered is still to be sent; and one that was lost, or will never be taken, is sent again or replaced. */
export async function unanswered({ store, clocks }: SimulatedWorld, mirror: Mirror, witness: Witness): Promise<string | undefined> {
  const waiting = new Set(store.jobs.waiting().map(({ key }) => key));
  const looksAgain = waiting.has(`wake:${FLEET}`) || waiting.has(`tick:${FLEET}`);
  for (const order of (await store.orders(FLEET)).values()) {
    const { cluster, dataPlane, epoch, reply } = order;
    if (reply === undefined) {
      if (!waiting.has(`deliver:${FLEET}:${dataPlane}`)) return `order ${epoch} of ${cluster} was not answered, and nobody asks again`;
      continue;
    }
    const rollout = order.rollout === undefined ? undefined : mirror.rollouts.get(order.rollout);
    const target = rollout?.state.targets.get(cluster);
    if (target === undefined || !OUT.has(target.status) || target.status === 'soaking' || target.epoch !== epoch) continue;
    if (reply.kind === 'stale') {
      const standsMs = clocks.bot.now() - order.orderedAt;
      if (looksAgain && standsMs >= 0 && standsMs < STALE_FOR_MS) continue;
      return `order ${epoch} of ${cluster} will never be taken, and stands`;
    }
    const seen = witness.newest.get(cluster);
    const isLost = seen?.kind === 'observed' && (seen.accepted?.epoch ?? 0) < epoch;
    if (isLost && seen.receivedAt - reply.at > LOST_AFTER_MS) return `order ${epoch} of ${cluster} is lost, and is not sent again`;
  }
  return undefined;
}

/** One that follows a stale one is not given faster than this; but somebody is to look again by then. */
const STALE_FOR_MS = 1_000;
/** So much later than the answer, evidence has not crossed it on the way. */
const LOST_AFTER_MS = 20_000;
