/** Plays a hundred rollouts at once and prints what it took, as JSON. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTasks } from '../../src/app/tasks.ts';
import { Watchers } from '../../src/app/watchers.ts';
import type { DesiredCluster } from '../../src/core/desired/desired.ts';
import type { Observation } from '../../src/core/evidence/observation.ts';
import type { Order, OrderReply } from '../../src/core/evidence/order.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';
import { type DurationMs, durationMs, type Instant, instant } from '../../src/core/model/time.ts';
import type { PlannedPhase, PlannedRollout } from '../../src/core/plan/plan.ts';
import type { ActiveRollout } from '../../src/core/reconcile/decision.ts';
import { PHASE_AHEAD, untouched } from '../../src/core/reconcile/state.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import type { Loop } from '../../src/loop/loop.ts';
import type { DataPlane } from '../../src/ports/data-plane.ts';
import { InMemoryCodeHostApp, InMemoryRepository } from '../../src/ports/in-memory/code-host.ts';
import type { StateChange } from '../../src/ports/state-store.ts';
import { change, FLEET, fleetRecord, planOf, sha } from '../support/state/builders.ts';
import { memoryLog, TestServer } from '../support/state/test-database.ts';
import type { ConcurrentRun } from './concurrent-rollouts.ts';
import { largeFleet, observation } from './large-rollout.ts';

const RELEASES = 100;
const CLUSTERS_EACH = 100;
const SETTLE_MS = 1_000;
/** Of each rollout; half of a phase at once. */
const PHASES = [20, 30, 50];
const clock = { now: (): Instant => instant(Date.now()) };

/** Clusters that do what they are told, and need a moment for it. */
class SettlingPlane implements DataPlane {
  readonly name: string;
  readonly #epochs = new Map<ClusterId, { readonly epoch: number; readonly doneAt: number }>();
  #onChange: (seen: Observation) => void = () => undefined;

  constructor(name: string) {
    this.name = name;
  }

  async apply(orders: readonly Order[]): Promise<readonly OrderReply[]> {
    return orders.map((order) => {
      const { cluster, epoch } = order;
      if (this.#epochs.get(cluster)?.epoch !== epoch) {
        this.#epochs.set(cluster, { epoch, doneAt: Date.now() + SETTLE_MS });
        setTimeout(() => this.#onChange(this.#see(cluster)), SETTLE_MS + 5);
      }
      return { cluster, epoch, rollout: order.rollout, kind: 'accepted' } as OrderReply;
    });
  }

  async observe(clusters: readonly ClusterId[]): Promise<readonly Observation[]> {
    return clusters.map((cluster) => this.#see(cluster));
  }

  async list(): Promise<readonly Observation[]> {
    return [];
  }

  watch(onChange: (seen: Observation) => void): void {
    this.#onChange = onChange;
  }

  #see(cluster: ClusterId): Observation {
    const order = this.#epochs.get(cluster);
    const isDone = order !== undefined && order.doneAt <= Date.now();
    return observation(cluster, isDone, clock.now(), order?.epoch);
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

async function play(): Promise<ConcurrentRun> {
  const server = await TestServer.start();
  try {
    const database = await server.database();
    const state = await database.open({ clock });
    const { store } = state;
    const repository = new InMemoryRepository({ installation: 7, owner: 'acme', name: 'clusters', defaultBranch: 'main', cloneUrl: '' });
    const planes = new Map<string, SettlingPlane>();
    const planeFor = (name: string): SettlingPlane => {
      const plane = planes.get(name) ?? new SettlingPlane(name);
      planes.set(name, plane);
      return plane;
    };
    const log = memoryLog();
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
    watchers.set(
      FLEET,
      (landed.policy?.dataPlanes ?? []).map(({ name }) => planeFor(name)),
    );

    const began = performance.now();
    const cpu = process.cpuUsage();
    const logBefore = await walOf(database.sql);
    let residentMiB = 0;
    const queue = await state.runQueue(
      createTasks(loop, () => undefined),
      log,
    );
    const timer = setInterval(() => {
      residentMiB = Math.max(residentMiB, process.memoryUsage().rss / 1_048_576);
      store.enqueue([tickJob(FLEET, clock.now())]).catch(() => undefined);
    }, 1_000);
    while ((await store.recentRollouts(FLEET, RELEASES)).some(({ finishedAt }) => finishedAt === undefined)) {
      if (performance.now() - began > 600_000) throw new Error('it did not end within ten minutes');
      await sleep(250);
    }
    const seconds = (performance.now() - began) / 1_000;
    clearInterval(timer);
    const { user, system } = process.cpuUsage(cpu);
    const logMiB = ((await walOf(database.sql)) - logBefore) / 1_048_576;
    const commits = (await store.fleet(FLEET))?.version ?? 0;
    watchers.stop();
    await queue.stop(5_000);
    const worst = log.lines.find(({ level }) => level === 'error');
    if (worst !== undefined) throw new Error(`${worst.message}: ${JSON.stringify(worst.fields)}`);
    await database.close();
    return { seconds, cpuSeconds: (user + system) / 1_000_000, residentMiB, commits, logMiB };
  } finally {
    await server.stop();
  }
}

async function walOf(sql: { query(text: string): Promise<{ rows: readonly { readonly at: string }[] }> }): Promise<number> {
  return Number((await sql.query(`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as at`)).rows[0]?.at);
}

process.stdout.write(JSON.stringify(await play()));
process.exit(0);
