/** A hundred releases of a hundred clusters each, with a rollout for each of them, and data planes whose clusters need a while. */
import { Watchers } from '../../src/app/watchers.ts';
import type { DesiredCluster } from '../../src/core/desired/desired.ts';
import type { Observation } from '../../src/core/evidence/observation.ts';
import type { Order, OrderReply } from '../../src/core/evidence/order.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';
import { type DurationMs, durationMs, type Instant, instant } from '../../src/core/model/time.ts';
import type { PlannedPhase, PlannedRollout } from '../../src/core/plan/plan.ts';
import type { ActiveRollout } from '../../src/core/reconcile/decision.ts';
import { PHASE_AHEAD, untouched } from '../../src/core/reconcile/state.ts';
import type { Loop } from '../../src/loop/loop.ts';
import type { DataPlane } from '../../src/ports/data-plane.ts';
import { InMemoryCodeHostApp, InMemoryRepository } from '../../src/ports/in-memory/code-host.ts';
import type { Log } from '../../src/ports/log.ts';
import type { StateChange, StateStore } from '../../src/ports/state-store.ts';
import { change, FLEET, fleetRecord, planOf, sha } from '../support/state/builders.ts';
import { largeFleet, observation } from './large-rollout.ts';

export const RELEASES = 100;
const CLUSTERS_EACH = 100;
/** Of each rollout; half of a phase at once. */
const PHASES = [20, 30, 50];
export const clock = { now: (): Instant => instant(Date.now()) };

/** Clusters that do what they are told, and say so once they have done it. */
export class SettlingPlane implements DataPlane {
  readonly name: string;
  readonly #settleMs: () => number;
  readonly #onSettled: (cluster: ClusterId) => void;
  readonly #orders = new Map<ClusterId, { readonly epoch: number; isDone: boolean }>();
  #onChange: (seen: Observation) => void = () => undefined;

  /** @param onSettled - told right before the bot is. */
  constructor(name: string, settleMs: () => number, onSettled: (cluster: ClusterId) => void = () => undefined) {
    this.name = name;
    this.#settleMs = settleMs;
    this.#onSettled = onSettled;
  }

  async apply(orders: readonly Order[]): Promise<readonly OrderReply[]> {
    return orders.map((order) => {
      const { cluster, epoch } = order;
      if (this.#orders.get(cluster)?.epoch !== epoch) this.#begin(cluster, epoch);
      return { cluster, epoch, rollout: order.rollout, kind: 'accepted' } as OrderReply;
    });
  }

  async observe(clusters: readonly ClusterId[]): Promise<readonly Observation[]> {
    return clusters.map((cluster) => this.see(cluster));
  }

  async list(): Promise<readonly Observation[]> {
    return [];
  }

  watch(onChange: (seen: Observation) => void): void {
    this.#onChange = onChange;
  }

  /** What its watch says, asked for or not. */
  say(seen: Observation): void {
    this.#onChange(seen);
  }

  see(cluster: ClusterId): Observation {
    const order = this.#orders.get(cluster);
    return observation(cluster, order?.isDone === true, clock.now(), order?.epoch);
  }

  #begin(cluster: ClusterId, epoch: number): void {
    const order = { epoch, isDone: false };
    this.#orders.set(cluster, order);
    setTimeout(() => {
      order.isDone = true;
      this.#onSettled(cluster);
      this.say(this.see(cluster));
    }, this.#settleMs());
  }
}

const releaseOf = (nth: number): string => `release-${String(nth).padStart(3, '0')}`;

function phasesOf(members: readonly ClusterId[], like: PlannedPhase): readonly PlannedPhase[] {
  let from = 0;
  return PHASES.map((size, at) => {
    const own = members.slice(from, from + size);
    from += size;
    const count = Math.ceil(size / 2);
    return {
      ...like,
      name: `phase-${at}`,
      canary: at === 0,
      members: own,
      soakMs: 0 as DurationMs,
      maxConcurrent: { count, words: String(count) },
    };
  });
}

function concurrent({ planned, state }: ActiveRollout, members: readonly ClusterId[], nth: number): ActiveRollout {
  const [like] = planned.phases;
  if (like === undefined) throw new Error('a rollout has phases');
  const phases = phasesOf(members, like);
  const release = releaseOf(nth);
  const targets = new Map(
    phases.flatMap(({ name, members: own }) =>
      own.map((cluster) => {
        const target = planned.targets.get(cluster);
        if (target === undefined) throw new Error(`${cluster} is no target`);
        return [cluster, { ...target, phase: name }] as const;
      }),
    ),
  );
  const now = clock.now();
  const rollout: PlannedRollout = { ...planned, release, selected: members.length, phases, targets, guardMs: durationMs(0) };
  return {
    planned: rollout,
    state: {
      ...state,
      id: trusted.rollout(`${String(nth).padStart(12, '0')}-${'0'.repeat(16)}`),
      release,
      seq: nth + 1,
      inLineSince: nth + 1,
      createdAt: now,
      startedAt: now,
      goingSince: now,
      phases: new Map(phases.map(({ name }) => [name, PHASE_AHEAD])),
      targets: new Map(members.map((cluster) => [cluster, untouched(now)])),
    },
  };
}

function landing(): StateChange {
  const { desired, ledger, policy, rollouts } = largeFleet(RELEASES * CLUSTERS_EACH, 0);
  const [whole] = rollouts;
  if (whole === undefined) throw new Error('a fleet has a rollout');
  const ids = [...desired.keys()];
  const active = Array.from({ length: RELEASES }, (_, nth) =>
    concurrent(whole, ids.slice(nth * CLUSTERS_EACH, (nth + 1) * CLUSTERS_EACH), nth),
  );
  const plan = planOf(...active.map(({ planned }) => planned));
  const owned: DesiredCluster[] = active.flatMap(({ planned }) =>
    [...planned.targets.keys()].flatMap((cluster) => {
      const one = desired.get(cluster);
      return one === undefined ? [] : [{ ...one, release: planned.release }];
    }),
  );
  return change(0, {
    at: clock.now(),
    heads: { seen: sha('0'), good: sha('0') },
    desired: { commit: sha('0'), set: owned, remove: [] },
    ledger: [...ledger.values()],
    policy: {
      ...policy,
      fleetMaxConcurrent: RELEASES * CLUSTERS_EACH,
      dataPlanes: policy.dataPlanes.map((one) => ({ ...one, maxConcurrent: 10_000 })),
    },
    newRollouts: {
      plan,
      states: active.map(({ state }) => ({ ...state, digest: plan.digest })),
      pull: undefined,
      author: 'octocat',
      title: 'All at once',
    },
  });
}

/** All rollouts are stored and not begun; every data plane is watched. */
export async function landAll(store: StateStore, log: Log, planeFor: (name: string) => SettlingPlane) {
  const repository = new InMemoryRepository({ installation: 7, owner: 'acme', name: 'clusters', defaultBranch: 'main', cloneUrl: '' });
  const ports = {
    store,
    clock,
    log,
    app: new InMemoryCodeHostApp([repository]),
    host: () => repository,
    dataPlane: (_fleet: unknown, { name }: { readonly name: string }) => planeFor(name),
  } as unknown as Loop['ports'];
  const loop: Loop = { ports, settings: { speed: 1, publishIntervalMs: 15_000, publicUrl: 'http://127.0.0.1' }, memory: new Map() };
  await store.saveFleet(fleetRecord());
  const landed = landing();
  await store.commit(landed);
  const watchers = new Watchers(loop);
  const planes = (landed.policy?.dataPlanes ?? []).map(({ name }) => planeFor(name));
  watchers.set(FLEET, planes);
  return { loop, watchers, planes };
}

/** Until every rollout has ended. @throws Error after ten minutes. */
export async function untilEnded(store: StateStore): Promise<void> {
  const until = performance.now() + 600_000;
  while ((await store.recentRollouts(FLEET, RELEASES)).some(({ finishedAt }) => finishedAt === undefined)) {
    if (performance.now() > until) throw new Error('it did not end within ten minutes');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
