import type { ClusterId } from '../../src/core/model/ids.ts';
import { claimsRolled } from '../../src/ports/in-memory/data-plane.ts';
import type { ClusterState } from '../../src/ports/in-memory/simulated-clusters/cluster-state.ts';
import { VERSIONS } from './fleet-spec.ts';
import { OUT } from './laws/starts.ts';
import type { Schedule } from './schedule.ts';

/** What goes wrong with clusters, data planes and clocks, and is set right again. */
export class WorldEvents {
  readonly #schedule: Schedule;
  /** Changed behind everybody's back, and not by an order since. */
  readonly changedByHand = new Set<ClusterId>();
  /** Whose samples were not true at some time. */
  readonly everDistorted = new Set<ClusterId>();
  readonly #silent = new Set<string>();
  readonly #refusing = new Set<ClusterId>();
  readonly #distorted = new Set<ClusterId>();
  readonly #broken = new Set<ClusterId>();
  readonly #unreachable = new Set<ClusterId>();

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  happen(): void {
    const { random, world, laws } = this.#schedule;
    // Where something moves is where it hurts.
    const moving = new Set(
      laws.mirror.unfinished.flatMap(({ state }) =>
        [...state.targets].flatMap(([cluster, { status }]) => (OUT.has(status) ? [cluster] : [])),
      ),
    );
    const all = world.planes.clusters();
    const state =
      (random.chance(0.6) ? random.pickAny(all.filter(({ cluster }) => moving.has(cluster))) : undefined) ?? random.pickAny(all);
    if (state === undefined) return;
    const { cluster } = state;
    const drawn = random.below(24);
    if (drawn < 7) this.#breakOrHeal(cluster);
    else if (drawn < 9) this.#silence(state.dataPlane);
    else if (drawn < 11) this.#refuse(cluster);
    else if (drawn < 13) this.#distort(cluster);
    else if (drawn < 15) this.#restore(state);
    else if (drawn < 16) this.#changeByHand(cluster);
    else if (drawn < 17) this.#tell('data planes start anew', () => world.planes.restart());
    else if (drawn < 18) this.#seeHigherEpoch(state);
    else if (drawn < 20) this.healSome();
    else if (drawn < 22) this.#distort(cluster);
    else if (this.#schedule.faults.clocks) this.setClocks();
  }

  setClocks(): void {
    const { random, world } = this.#schedule;
    const { clocks } = world;
    const skew = random.pick([0, 1_000, -20_000, 90_000, -90_000, 3_600_000, -3_600_000, 86_400_000, -86_400_000]);
    const what = random.below(3);
    if (what === 0) this.#tell(`the bot's clock is ${skew / 1_000} s off`, () => void Object.assign(clocks, { botSkewMs: skew }));
    else if (what === 1) {
      const ahead = Math.max(clocks.databaseSkewMs, Math.min(60_000, Math.abs(skew)));
      this.#tell(`the database's clock is ${ahead / 1_000} s ahead`, () => void Object.assign(clocks, { databaseSkewMs: ahead }));
    } else {
      const dataPlane = random.pickAny(world.spec.dataPlanes)?.name ?? 'east';
      this.#tell(`the clock of ${dataPlane} is ${skew / 1_000} s off`, () => this.#skew(dataPlane, skew));
    }
  }

  healSome(): void {
    const { random } = this.#schedule;
    for (const cluster of this.#broken) if (random.chance(0.5)) this.#heal(cluster);
    for (const dataPlane of this.#silent) if (random.chance(0.7)) this.#silence(dataPlane);
    for (const cluster of this.#refusing) if (random.chance(0.7)) this.#refuse(cluster);
    for (const cluster of this.#distorted) if (random.chance(0.7)) this.#distort(cluster);
  }

  /** Everything is set right, and clocks run true. */
  calm(): void {
    const { world } = this.#schedule;
    for (const { cluster } of world.planes.clusters()) world.planes.break(cluster, undefined);
    world.planes.breakAll(undefined);
    this.#broken.clear();
    this.#unreachable.clear();
    for (const dataPlane of [...this.#silent]) this.#silence(dataPlane);
    for (const cluster of [...this.#refusing]) this.#refuse(cluster);
    for (const cluster of [...this.#distorted]) this.#distort(cluster);
    for (const { name } of world.spec.dataPlanes) this.#skew(name, 0);
    world.clocks.botSkewMs = world.clocks.databaseSkewMs;
  }

  /** It answers, and what it says is true. */
  isPlain(cluster: ClusterId, dataPlane: string | undefined): boolean {
    if (this.#distorted.has(cluster) || (this.#broken.has(cluster) && this.#unreachable.has(cluster))) return false;
    return dataPlane !== undefined && !this.#silent.has(dataPlane);
  }

  #skew(dataPlane: string, ms: number): void {
    const { planes, underway } = this.#schedule.world;
    planes.skew(dataPlane, ms);
    underway.skews.set(dataPlane, ms);
  }

  #tell(words: string, work: () => void): void {
    this.#schedule.story.tell(() => words);
    work();
  }

  #breakOrHeal(cluster: ClusterId): void {
    const { random, world } = this.#schedule;
    if (this.#broken.has(cluster)) {
      this.#heal(cluster);
      return;
    }
    const kind = random.pick(['crash-loop', 'crash-loop', 'crash-loop', 'stuck', 'slow', 'unreachable'] as const);
    const desired = this.#wantedVersion(cluster);
    // At the new version only, or wherever it is: also after its soak.
    const version = random.chance(0.7) ? desired : undefined;
    this.#broken.add(cluster);
    if (kind === 'unreachable') this.#unreachable.add(cluster);
    this.#tell(`${cluster}: ${kind}${version === undefined ? '' : ` at ${version}`}`, () =>
      world.planes.break(cluster, { kind, ...(version === undefined || kind === 'unreachable' ? {} : { version }) }),
    );
  }

  #heal(cluster: ClusterId): void {
    const { random, world } = this.#schedule;
    this.#broken.delete(cluster);
    this.#tell(`${cluster} works again`, () => world.planes.break(cluster, undefined));
    // What was cut off has missed something, and cannot run what all the others run.
    if (!this.#unreachable.delete(cluster) || !random.chance(0.5)) return;
    const version = this.#wantedVersion(cluster);
    this.#broken.add(cluster);
    this.#tell(`${cluster}: crash-loop at ${version}`, () => world.planes.break(cluster, { kind: 'crash-loop', version }));
  }

  #wantedVersion(cluster: ClusterId): string {
    return this.#schedule.laws.mirror.desired.get(cluster)?.spec.version ?? VERSIONS[0];
  }

  #silence(dataPlane: string): void {
    const silent = !this.#silent.has(dataPlane);
    if (silent) this.#silent.add(dataPlane);
    else this.#silent.delete(dataPlane);
    this.#tell(`${dataPlane} ${silent ? 'falls silent' : 'answers again'}`, () => this.#schedule.world.planes.silence(dataPlane, silent));
  }

  #refuse(cluster: ClusterId): void {
    const refuses = !this.#refusing.has(cluster);
    if (refuses) this.#refusing.add(cluster);
    else this.#refusing.delete(cluster);
    this.#tell(`${cluster} ${refuses ? 'refuses orders' : 'takes orders again'}`, () =>
      this.#schedule.world.planes.refuse(cluster, refuses ? 'no quota' : undefined),
    );
  }

  #distort(cluster: ClusterId): void {
    const { planes } = this.#schedule.world;
    if (this.#distorted.delete(cluster)) {
      this.#tell(`${cluster} is told of truly`, () => planes.distort(cluster, undefined));
      return;
    }
    this.#distorted.add(cluster);
    this.everDistorted.add(cluster);
    const kind = this.#schedule.random.below(4);
    if (kind % 2 === 0) this.#tell(`${cluster} is said to be rolled`, () => planes.distort(cluster, claimsRolled));
    else if (kind === 1) this.#tell(`${cluster}: the same old sample again and again`, () => planes.freeze(cluster));
    else this.#tell(`${cluster}: nonsense`, () => planes.distort(cluster, (sample) => ({ ...sample, healthy: 'yes' })));
  }

  /** From a backup: the orders are gone, and at times the brokers are where they were too. */
  #restore({ cluster }: ClusterState): void {
    const { world } = this.#schedule;
    world.underway.forget(cluster);
    this.#schedule.laws.restored(cluster);
    this.#tell(`${cluster} knows of no order any more`, () => world.planes.forgetOrders(cluster));
  }

  /** Records of ours were lost: the data plane has followed somebody with a higher epoch. */
  #seeHigherEpoch(state: ClusterState): void {
    const { accepted } = state;
    if (accepted.epoch === 0) return;
    const epoch = accepted.epoch + 1 + this.#schedule.random.below(4);
    this.#schedule.laws.restored(state.cluster);
    this.#tell(`${state.cluster} has seen epoch ${epoch}`, () =>
      this.#schedule.world.planes.restore({ ...state, accepted: { ...accepted, epoch } }),
    );
  }

  #changeByHand(cluster: ClusterId): void {
    const { world, random } = this.#schedule;
    this.changedByHand.add(cluster);
    this.#tell(`${cluster} is changed by hand`, () => world.planes.changeByHand(cluster, { config: { threads: 7 + random.below(3) } }));
  }
}
