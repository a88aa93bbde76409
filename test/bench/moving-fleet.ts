import type { JobHandlers } from '../../src/adapters/postgres/queue.ts';
import type { Instant } from '../../src/core/model/time.ts';
import type { LoopWith } from '../../src/loop/loop.ts';
import { observeFleet } from '../../src/loop/observe-fleet.ts';
import { tick } from '../../src/loop/tick.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { DataPlane } from '../../src/ports/data-plane.ts';
import type { StateStore } from '../../src/ports/state-store.ts';
import { change, FLEET, planOf, sha } from '../support/state/builders.ts';
import { handlers } from '../support/state/job-handlers.ts';
import { memoryLog } from '../support/state/test-database.ts';
import { largeFleet, NOW, observation } from './large-rollout.ts';

/** A fleet with a rollout of 20 phases that is half done. @param atOnce - of a phase; as it is by default. */
export async function land(store: StateStore, clusters: number, atOnce?: number): Promise<void> {
  const fleet = largeFleet(clusters, 0.5);
  const { desired, ledger, policy } = fleet;
  const maxConcurrent = atOnce === undefined ? {} : { maxConcurrent: { count: atOnce, words: String(atOnce) } };
  const rollouts = fleet.rollouts.map(({ planned, state }) => ({
    planned: { ...planned, phases: planned.phases.map((phase) => ({ ...phase, ...maxConcurrent })) },
    state,
  }));
  const plan = planOf(...rollouts.map(({ planned }) => planned));
  const states = rollouts.map(({ state }) => ({ ...state, digest: plan.digest }));
  const newRollouts = { plan, states, pull: undefined, author: 'octocat', title: 'Kafka 4.1' };
  await store.commit(
    change(0, {
      at: NOW,
      heads: { seen: sha('0'), good: sha('0') },
      desired: { commit: sha('0'), set: [...desired.values()], remove: [] },
      ledger: [...ledger.values()],
      policy,
      newRollouts,
    }),
  );
}

export class SettableClock implements Clock {
  at: Instant = NOW;
  now = (): Instant => this.at;
}

/** Clusters that stand still until they are told to move on. */
export class MovingFleet {
  readonly handlers: JobHandlers;
  readonly #epochs = new Map<string, number>();

  constructor(store: StateStore, clock: Clock) {
    const dataPlane = (name: string): DataPlane => ({
      name,
      apply: async () => [],
      observe: async (clusters) =>
        clusters.map((cluster) => observation(cluster, this.#epochs.has(cluster), clock.now(), this.#epochs.get(cluster))),
      list: async () => [],
      watch: () => undefined,
    });
    const ports = {
      store,
      clock,
      log: memoryLog(),
      dataPlane: (_fleet: unknown, { name }: { readonly name: string }) => dataPlane(name),
    };
    const loop: LoopWith<'store' | 'clock' | 'log' | 'dataPlane'> = {
      ports,
      settings: { speed: 1, publishIntervalMs: 15_000, publicUrl: '' },
      memory: new Map(),
    };
    this.handlers = {
      ...handlers(async () => undefined),
      tick: ({ news }) => tick(loop, FLEET, news === true),
      observe: () => observeFleet(loop, FLEET),
    };
  }

  carryOut(orders: Awaited<ReturnType<StateStore['orders']>>): void {
    for (const { cluster, epoch } of orders.values()) this.#epochs.set(cluster, epoch);
  }
}
