import type { FleetCommand } from '../../src/core/command/command.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';
import { syncJob } from '../../src/loop/jobs.ts';
import { VERSIONS } from './fleet-spec.ts';
import { lastTroubles } from './last-troubles.ts';
import { whyNotHome } from './laws/records.ts';
import { OUT } from './laws/starts.ts';
import { runs } from './laws/witness.ts';
import type { MirroredRollout } from './mirror.ts';
import { stirOnceHome } from './once-home.ts';
import type { Schedule } from './schedule.ts';
import { FLEET } from './world.ts';

const BY = ['lead', 'second', 'third'] as const;
const REASON = 'bringing everything home';
const ROUNDS_MAX = 50;
const STEPS_MAX = 160;
/** How long nothing happens before it is taken for stuck. */
const WAITS_MS = [1_000, 60_000, 300_000, 3_600_000, 4 * 3_600_000, 9 * 3_600_000, 30 * 3_600_000].map((ms) => ms + 1_000);

const minor = (version: string): number => Number(version.split('.')[1]);

/** The person on call, once nothing goes wrong any more: reads what holds, and does what it names, until all is where it should be. */
export class OnCall {
  readonly #schedule: Schedule;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** @returns what is stuck, and why; `undefined` when everything is home. */
  async bringHome(): Promise<string | undefined> {
    const { laws } = this.#schedule;
    await lastTroubles(this.#schedule);
    if (laws.isBroken) return undefined;
    this.#schedule.story.tell(() => 'from here on nothing goes wrong');
    this.#schedule.calm();
    const stuck = await this.#untilHome();
    if (stuck !== undefined || laws.isBroken || !(await stirOnceHome(this.#schedule))) return stuck;
    return await this.#untilHome();
  }

  async #untilHome(): Promise<string | undefined> {
    const { laws } = this.#schedule;
    this.#fixManifests();
    for (let round = 0; round < ROUNDS_MAX && !laws.isBroken; round += 1) {
      await this.#settle();
      if (laws.isBroken || this.#away().length === 0) return undefined;
      // What was broken needs time to come back by itself.
      if (laws.mirror.unfinished.length === 0) this.#schedule.pass(120_000);
      await this.#act(round);
    }
    return this.#away().length === 0 || laws.isBroken ? undefined : this.#stuck();
  }

  /** Clusters that are not what the newest manifests want, with why not; and rollouts that do not end. */
  #away(): readonly string[] {
    const { world, laws } = this.#schedule;
    const { mirror } = laws;
    const away: string[] = [];
    if (mirror.goodHead !== world.git.head()) away.push('the newest manifests are not in force');
    for (const { cluster, revision, spec, optOut } of mirror.desired.values()) {
      if (optOut !== undefined) continue;
      const truth = world.truth(cluster);
      const why = whyNotHome(revision, mirror.ledger.get(cluster), mirror.orders.get(cluster));
      if (truth === undefined) away.push(`${cluster} is not there`);
      else if (!runs({ ...truth, rolled: true }, spec) || !truth.healthy)
        away.push(`${cluster} does not run ${spec.version} (${revision}): ${JSON.stringify(truth.running)} ${truth.detail}`);
      else if (why !== undefined) away.push(`${cluster} ${why}; it is wanted at ${revision}`);
    }
    for (const { state, planned } of mirror.unfinished) away.push(`rollout ${state.seq} of ${planned.release} is ${state.status}`);
    return away;
  }

  /** Lets the bot work, and time pass, until nothing moves by itself: not for as long as the longest window, freeze or bake either. */
  async #settle(): Promise<void> {
    const { world, laws } = this.#schedule;
    let waits = 0;
    await this.#schedule.work();
    await this.#schedule.checkpoint();
    for (let step = 0; step < STEPS_MAX && waits < WAITS_MS.length && !laws.isBroken; step += 1) {
      const before = world.store.commits;
      await this.#schedule.work();
      const { unfinished } = laws.mirror;
      if (unfinished.length === 0) return;
      if (world.store.commits !== before) waits = 0;
      const isMoving = unfinished.some(({ state }) => [...state.targets.values()].some(({ status }) => OUT.has(status)));
      this.#schedule.pass(isMoving ? this.#untilNext() : (WAITS_MS[waits] ?? 0));
      if (!isMoving) waits += 1;
    }
  }

  /** Evidence of a soak is looked at before it is old; a roll may be left alone until it changes. */
  #untilNext(): number {
    const { world, laws } = this.#schedule;
    const statuses = laws.mirror.unfinished.flatMap(({ state }) => [...state.targets.values()].map(({ status }) => status));
    if (statuses.includes('soaking')) return 55_000;
    const next = world.planes.advance();
    return next === undefined ? 55_000 : Math.min(240_000, Math.max(5_000, next - world.clocks.trueMs));
  }

  #fixManifests(): void {
    const { world, laws } = this.#schedule;
    const { mirror } = laws;
    const good = mirror.goodHead && world.specs.get(mirror.goodHead);
    if (world.spec.broken) world.push({ ...world.spec, broken: false }, 'the manifests are fixed');
    else if (mirror.seenHead !== mirror.goodHead && mirror.seenHead === world.git.head() && good !== undefined)
      world.push({ ...good, broken: false }, 'back to the manifests that are in force');
    if (mirror.goodHead !== world.git.head()) void world.store.enqueue([syncJob(FLEET)]);
  }

  async #act(round: number): Promise<void> {
    const { laws, world } = this.#schedule;
    const { mirror } = laws;
    this.#fixManifests();
    this.#undoHandChanges();
    for (const stop of mirror.heldStops(world.clocks.bot.now())) {
      const resumes = stop.rollout !== undefined && mirror.rollouts.get(stop.rollout)?.state.finishedAt === undefined && round % 2 === 0;
      const refused =
        resumes && stop.rollout !== undefined
          ? await this.#do({ verb: 'resume', rollout: stop.rollout, stop: stop.id, by: 'lead', reason: REASON })
          : 'no';
      if (refused !== undefined) await this.#do({ verb: 'lift', stop: stop.id, by: 'lead', reason: REASON });
    }
    for (const rollout of mirror.unfinished) await this.#help(rollout);
    // Whoever took longer the last time than any window is long fits into none by itself.
    if (round % 4 === 3)
      for (const { state } of mirror.unfinished) await this.#do({ verb: 'expedite', rollout: state.id, by: 'lead', reason: REASON });
    const waiting = mirror.unfinished.find(({ state }) => state.status === 'pending');
    if (waiting !== undefined && round % 3 === 1)
      await this.#do({ verb: 'take-over', rollout: waiting.state.id, by: 'lead', reason: REASON });
    // Only a version in between gets them there.
    const off = mirror.unfinished.find((rollout) => this.#isOffPath(rollout));
    if (off !== undefined && round % 3 === 2) this.#goStepByStep(off.planned.release, '');
    if (mirror.unfinished.length > 0) return;
    const releases = new Set([...mirror.desired.values()].filter((one) => this.#isAway(one.cluster)).map(({ release }) => release));
    for (const release of releases) {
      this.#goStepByStep(release, '');
      if (mirror.goodHead !== world.git.head()) continue;
      const refused = await this.#do({ verb: 'reconcile', release, by: 'lead', reason: REASON });
      if (refused?.includes('cannot be planned') === true) this.#goStepByStep(release, refused);
    }
  }

  async #help({ planned, state }: MirroredRollout): Promise<void> {
    for (const phase of planned.phases) {
      if (state.phases.get(phase.name)?.status !== 'awaiting-approval') continue;
      for (const by of BY)
        await this.#do({ verb: 'approve', rollout: state.id, phase: phase.name, digest: state.digest, by, reason: REASON });
    }
    const statuses = [...state.targets.values()].map(({ status }) => status);
    if (statuses.some((status) => status === 'failed' || status === 'unreachable' || status === 'deferred'))
      await this.#do({ verb: 'retry', rollout: state.id, by: 'lead', reason: REASON });
    else if (state.status === 'running' || state.status === 'paused') {
      const canary = planned.phases.find((one) => one.canary && one.members.length > 0 && state.phases.get(one.name)?.status !== 'done');
      const isOver = canary?.members.every((cluster) => !['waiting', ...OUT].includes(state.targets.get(cluster)?.status ?? ''));
      if (canary !== undefined && isOver === true)
        await this.#do({ verb: 'waive', rollout: state.id, phase: canary.name, by: 'lead', reason: REASON });
    }
  }

  #isOffPath({ planned, state }: MirroredRollout): boolean {
    return [...state.targets].some(([cluster, { status }]) => {
      const to = planned.targets.get(cluster)?.spec.version;
      const brokers = this.#schedule.world.truth(cluster)?.brokers ?? [];
      return status === 'waiting' && to !== undefined && brokers.some(({ version }) => Math.abs(minor(version) - minor(to)) > 1);
    });
  }

  #do(command: FleetCommand): Promise<string | undefined> {
    return this.#schedule.commandNow(command);
  }

  /** What was changed by hand is put back by hand: it is drift, and reported as that. */
  #undoHandChanges(): void {
    const { world, laws, events } = this.#schedule;
    for (const cluster of events.changedByHand) {
      const desired = laws.mirror.desired.get(cluster);
      if (desired !== undefined && world.exists(cluster)) world.planes.changeByHand(cluster, { config: desired.spec.config });
    }
    events.changedByHand.clear();
  }

  #isAway(cluster: ClusterId): boolean {
    const { world, laws } = this.#schedule;
    const desired = laws.mirror.desired.get(cluster);
    const truth = world.truth(cluster);
    if (desired === undefined || desired.optOut !== undefined) return false;
    return (
      truth === undefined ||
      !runs({ ...truth, rolled: true }, desired.spec) ||
      whyNotHome(desired.revision, laws.mirror.ledger.get(cluster), laws.mirror.orders.get(cluster)) !== undefined
    );
  }

  /** There is no legal way in one step, or no canary to try it: what the refusal says is merged. */
  #goStepByStep(release: string, refused: string): void {
    const { world, laws } = this.#schedule;
    // Whoever is pinned goes another way, or none.
    const running = [...laws.mirror.desired.values()]
      .filter(({ release: of, pinnedBy, optOut }) => of === release && pinnedBy === undefined && optOut === undefined)
      .flatMap(({ cluster }) => world.truth(cluster)?.brokers.map(({ version }) => version) ?? []);
    const least = Math.min(...running.map(minor));
    const most = Math.max(...running.map(minor));
    const wanted = world.spec.releases.find(({ name }) => name === release);
    if (wanted === undefined) return;
    const isPinnedOff = world.spec.clusters.some(
      ({ pin, name }) => pin !== undefined && this.#minorsOf(name).some((one) => Math.abs(one - minor(pin)) > 1),
    );
    if (!isPinnedOff && running.every((version) => Math.abs(minor(version) - minor(wanted.version)) <= 1) && !refused.includes('canary'))
      return;
    const isWaived = refused.includes('canary') && !wanted.waived;
    const version =
      minor(wanted.version) > least
        ? VERSIONS.findLast((one) => minor(one) === Math.min(least + 1, minor(wanted.version)))
        : VERSIONS.find((one) => minor(one) === Math.max(most - 1, minor(wanted.version)));
    // A pin that nothing leads to goes first: the cluster stays where it is, from where a later step may lead on.
    const pinned = world.spec.clusters.find(
      ({ pin, name }) => pin !== undefined && this.#minorsOf(name).some((one) => Math.abs(one - minor(pin)) > 1),
    );
    if (pinned !== undefined) {
      const pin = world.truth(trusted.cluster(pinned.name))?.running.version;
      const own = laws.mirror.desired.get(trusted.cluster(pinned.name))?.release;
      this.#schedule.story.tell(() => `lead pins ${pinned.name} to ${pin}, which it runs`);
      world.push(
        {
          ...world.spec,
          clusters: world.spec.clusters.map((one) => (one === pinned ? { ...one, pin } : one)),
          // It may be the only canary of its release, which need not be the one that is to go on.
          releases: world.spec.releases.map((one) => (one.name === own ? { ...one, waived: true } : one)),
        },
        `${pinned.name} stays at ${pin}`,
      );
      return;
    }
    const to = isWaived ? wanted.version : (version ?? wanted.version);
    const next = { ...wanted, waived: true, version: to };
    // Where one step leads some of them, and none the others, these wait.
    const members = new Set(
      [...laws.mirror.desired.values()].filter((one) => one.release === release).map(({ cluster }) => String(cluster)),
    );
    const clusters = world.spec.clusters.map((one) => {
      const runsNow = world.truth(trusted.cluster(one.name))?.running.version;
      const waits = members.has(one.name) && this.#minorsOf(one.name).some((at) => Math.abs(at - minor(to)) > 1);
      return waits && runsNow !== undefined ? { ...one, pin: runsNow } : one;
    });
    this.#schedule.story.tell(() => `lead merges ${release} ${to}`);
    world.push(
      { ...world.spec, clusters, releases: world.spec.releases.map((one) => (one === wanted ? next : one)) },
      `${release} step by step`,
    );
    void world.store.enqueue([syncJob(FLEET)]);
  }

  #minorsOf(name: string): readonly number[] {
    return this.#schedule.world.truth(trusted.cluster(name))?.brokers.map(({ version }) => minor(version)) ?? [];
  }

  #stuck(): string {
    const { laws, world } = this.#schedule;
    const stops = laws.mirror.heldStops(world.clocks.bot.now()).map(({ id, cause, scope }) => `stop ${id} ${cause} ${scope.kind}`);
    return [...this.#away(), ...stops].join('; ');
  }
}
