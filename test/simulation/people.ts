import type { FleetCommand, RolloutVerb, StoppableScope } from '../../src/core/command/command.ts';
import { ROLLOUT_VERBS } from '../../src/core/command/command.ts';
import { type CommitSha, trusted } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';
import type { Stop } from '../../src/core/stop/stop.ts';
import { reviewJob, syncJob } from '../../src/loop/jobs.ts';
import { randomEdit } from './edits.ts';
import type { FleetSpec } from './fleet-spec.ts';
import { OUT } from './laws/starts.ts';
import type { MirroredRollout } from './mirror.ts';
import type { Schedule } from './schedule.ts';
import { FLEET } from './world.ts';

interface OpenPull {
  readonly number: number;
  readonly title: string;
  readonly base: FleetSpec;
  readonly next: FleetSpec;
  readonly headSha: CommitSha;
}

/** Everybody who merges and commands: at the worst moments, and not always wisely. */
export class People {
  readonly #schedule: Schedule;
  #open: OpenPull | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Opens a pull request, merges one, or pushes. */
  merge(): void {
    const { world, random, story, faults } = this.#schedule;
    if (this.#open !== undefined) {
      const { number, title, base, next, headSha } = this.#open;
      this.#open = undefined;
      if (base === world.spec && world.merge(number, headSha, next, title)) {
        story.tell(() => `#${number} is merged: ${title}`);
        this.#webhook(!random.chance(faults.lost));
      } else world.repository.closePull(number);
      return;
    }
    const edit = randomEdit({ random, spec: world.spec, history: world.history, nowMs: world.clocks.trueMs });
    if (edit === undefined) return;
    if (random.chance(0.3)) this.#propose(edit.next, edit.title);
    else {
      story.tell(() => `pushed: ${edit.title}`);
      this.#seedJoiners(edit.next);
      world.push(edit.next, edit.title);
      this.#webhook(!random.chance(faults.lost));
    }
  }

  async command(): Promise<void> {
    const command = this.#schedule.random.chance(this.#schedule.faults.nonsense) ? this.#nonsense() : this.#sensible();
    if (command !== undefined) await this.#schedule.command(command);
  }

  #webhook(arrives: boolean): void {
    if (arrives) void this.#schedule.world.store.enqueue([syncJob(FLEET)]);
  }

  #propose(next: FleetSpec, title: string): void {
    const { world, random, story, faults } = this.#schedule;
    const base = world.spec;
    const number = world.open(next, title);
    const headSha = world.git.head(`refs/pull/${number}/head`);
    if (headSha === undefined) return;
    story.tell(() => `#${number} is opened: ${title}`);
    this.#seedJoiners(next);
    this.#open = { number, title, base, next, headSha };
    if (!random.chance(faults.lost)) void world.store.enqueue([reviewJob(FLEET, number)]);
  }

  /** Some that join have been there for long: they run what a sibling runs. */
  #seedJoiners(next: FleetSpec): void {
    const { world, random, laws } = this.#schedule;
    for (const { name, product, dataPlane, replicas } of next.clusters) {
      const cluster = trusted.cluster(name);
      if (world.exists(cluster) || laws.mirror.desired.has(cluster) || random.chance(0.5)) continue;
      const sibling = [...laws.mirror.desired.values()].find(({ spec }) => spec.product === product);
      if (sibling === undefined) continue;
      const spec = { ...sibling.spec, replicas };
      world.planes.seed([{ cluster, dataPlane, spec, revision: sibling.revision }]);
    }
  }

  #rollout(): MirroredRollout | undefined {
    const { random, laws } = this.#schedule;
    const { unfinished } = laws.mirror;
    return random.pickAny(unfinished.length > 0 && random.chance(0.85) ? unfinished : [...laws.mirror.rollouts.values()]);
  }

  #stop(): Stop | undefined {
    const { random, laws, world } = this.#schedule;
    return random.pickAny(laws.mirror.heldStops(world.clocks.bot.now()));
  }

  #sensible(): FleetCommand | undefined {
    const { random, world, laws } = this.#schedule;
    const by = random.pick(['lead', 'second', 'third']);
    const reason = 'because';
    const rollout = this.#rollout();
    const stop = this.#stop();
    const now = world.clocks.bot.now();
    if (stop !== undefined && random.chance(0.5)) {
      if (stop.rollout === undefined || random.chance(0.6)) return { verb: 'lift', stop: stop.id, by, reason };
      return { verb: 'resume', rollout: stop.rollout, stop: stop.id, by, reason };
    }
    if (random.chance(0.35)) {
      const waiting = laws.mirror.unfinished.flatMap(({ state }) => [...state.targets].filter(([, { status }]) => status === 'waiting'));
      const cluster =
        laws.mirror.desired.get(random.pickAny(waiting)?.[0] ?? trusted.cluster('')) ?? random.pickAny([...laws.mirror.desired.values()]);
      if (cluster === undefined) return undefined;
      const scope = random.pick<StoppableScope>([
        { kind: 'fleet' },
        { kind: 'release', release: cluster.release },
        { kind: 'product', product: cluster.spec.product },
        { kind: 'data-plane', dataPlane: cluster.dataPlane },
        { kind: 'data-plane', dataPlane: cluster.dataPlane },
        { kind: 'cluster', cluster: cluster.cluster },
        { kind: 'cluster', cluster: cluster.cluster },
        // Where a product has more than one release, a stop on it is over all of them.
        ...(cluster.release === cluster.spec.product
          ? []
          : [
              { kind: 'product', product: cluster.spec.product } as const,
              { kind: 'product', product: cluster.spec.product } as const,
              { kind: 'product', product: cluster.spec.product } as const,
            ]),
      ]);
      const until = random.chance(0.3) ? instant(now + 600_000) : undefined;
      return { verb: 'stop', scope, lets: random.pick(['nothing', 'rollbacks']), until, by, reason };
    }
    if (rollout === undefined) return undefined;
    const { planned, state } = rollout;
    const isGoingBack = planned.kind === 'rollback' && [...state.targets.values()].some(({ status }) => OUT.has(status));
    if (isGoingBack && random.chance(0.3)) return { verb: 'abort', rollout: state.id, by, reason };
    if (random.chance(0.1)) return { verb: 'reconcile', release: planned.release, by, reason };
    const common = { rollout: state.id, by, reason };
    const targets = [...state.targets];
    const wrong = targets.filter(([, { status }]) => status === 'failed' || status === 'unreachable' || status === 'deferred');
    const waiting = planned.phases.find(({ name }) => state.phases.get(name)?.status === 'awaiting-approval');
    if (waiting !== undefined && random.chance(0.7)) return { verb: 'approve', phase: waiting.name, digest: state.digest, ...common };
    if (wrong.length > 0 && random.chance(0.6)) {
      const cluster = random.chance(0.5) ? random.pickAny(wrong)?.[0] : undefined;
      return { verb: 'retry', cluster, ...common };
    }
    const verb = random.pick(['pause', 'pause', 'abort', 'skip', 'expedite', 'take-over', 'resume'] as const);
    // Those that go first are those that somebody wants left out.
    const cluster = verb === 'skip' ? (random.chance(0.5) ? planned.phases[0]?.members[0] : random.pickAny(targets)?.[0]) : undefined;
    return { verb, cluster, ...common };
  }

  /** Any verb on any rollout, with any argument. */
  #nonsense(): FleetCommand | undefined {
    const { random, laws } = this.#schedule;
    const rollout = random.pickAny([...laws.mirror.rollouts.values()]);
    if (rollout === undefined) return undefined;
    const { planned, state } = rollout;
    const verb: RolloutVerb = random.pickAny(ROLLOUT_VERBS) ?? 'pause';
    return {
      verb,
      rollout: state.id,
      phase: random.chance(0.5) ? random.pickAny(planned.phases)?.name : undefined,
      cluster: random.chance(0.5) ? random.pickAny([...laws.mirror.desired.keys()]) : undefined,
      stop: random.chance(0.3) ? this.#stop()?.id : undefined,
      digest: random.chance(0.8) ? state.digest : undefined,
      by: random.pick(['lead', 'second']),
      reason: 'nobody knows',
    };
  }
}
