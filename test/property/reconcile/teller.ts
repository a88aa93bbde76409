import type { FleetCommand } from '../../../src/core/command/command.ts';
import { type ClusterId, trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import type { FleetDecision } from '../../../src/core/reconcile/decision.ts';
import { FleetEngine } from '../../../src/core/reconcile/fleet-engine.ts';
import { isActive, isFinished } from '../../../src/core/reconcile/state.ts';
import { FAIR } from '../../support/small-world/carrier.ts';
import { SmallFleet } from '../../support/small-world/fleet.ts';
import { LawBook } from '../../support/small-world/laws/law-book.ts';
import type { LandShape } from '../../support/small-world/planner.ts';
import { numberOf, revision, spec, tuned } from '../../support/small-world/plans.ts';
import { dataPlane, POLICY, productPolicy, ruleOf } from '../../support/small-world/policy.ts';
import { Random } from '../../support/small-world/random.ts';
import { differenceOf } from '../../support/small-world/same-decision.ts';
import { type Merge, RELEASES, type Step, type Story, type Way } from './story.ts';

const EVERYBODY_AT_ONCE: Way = {
  places: [],
  phases: [{ maxConcurrent: 3 }],
  guardMs: 0,
  deadlineMs: 600_000,
  limits: {},
  budgets: undefined,
};

/** Plays a story, and checks the laws after every step. */
export class Teller {
  readonly fleet: SmallFleet;
  readonly #laws = new LawBook();
  readonly #random: Random;
  /** Kept while nothing but evidence and time changes. */
  #engine: FleetEngine | undefined;
  /** What each release was wanted at, newest last. */
  readonly #wanted = new Map<string, number[]>();
  readonly #left = new Map<ClusterId, NonNullable<ReturnType<SmallFleet['desired']['get']>>>();
  readonly #movedByHand = new Set<ClusterId>();
  #versions = 1;

  constructor(story: Omit<Story, 'steps'>) {
    this.#random = new Random(story.seed);
    const shape = {
      skipMinors: !story.strict,
      ...(story.minimumIntervalMs === undefined ? {} : { minimumIntervalMs: story.minimumIntervalMs }),
    };
    const policy = {
      ...POLICY,
      fleetMaxConcurrent: story.fleetMaxConcurrent,
      dataPlanes: [dataPlane('east', story.eastMaxConcurrent)],
      products: { kafka: productPolicy('kafka', shape), connect: productPolicy('connect', { ...shape, requires: ['kafka'] }) },
    };
    const clusters = story.clusters.map(({ name, release, tier }) => ({ name, labels: { tier }, ...releaseAt(release) }));
    this.fleet = new SmallFleet(clusters, this.#random, policy);
    this.fleet.weather = story.weather;
    for (const { release } of RELEASES) this.#wanted.set(release, [1]);
  }

  tell(step: Step): FleetDecision {
    const wasBehind = this.#clockIsBehind;
    this.#happen(step);
    if (step.kind !== 'pass' || wasBehind) this.#engine = undefined;
    return this.decide();
  }

  decide(): FleetDecision {
    const { fleet } = this;
    const input = fleet.input();
    const decided = fleet.decide();
    this.#laws.check(input, decided);
    this.#isSameInSteps(decided);
    fleet.commit(decided);
    this.#restsAtOnce();
    this.#sleepsUntilWoken(decided);
    return decided;
  }

  /** Everything that was broken works again, people see to what waits for them, and time passes. */
  endWell(): void {
    const { fleet } = this;
    fleet.weather = FAIR;
    fleet.world.faults.clear();
    for (const live of fleet.world.clusters.values())
      Object.assign(live, { reachable: true, unhealthy: false, lies: false, refuses: undefined });
    this.#undoByHand();
    this.#healForgotten();
    const lenient = { kafka: productPolicy('kafka'), connect: productPolicy('connect', { requires: ['kafka'] }) };
    fleet.policy = { ...fleet.policy, products: lenient, calendar: { rules: [] } };
    this.#engine = undefined;
    for (let round = 0; round < ROUNDS_TO_THE_END && !this.isHome; round += 1) {
      this.#helpOut();
      this.tell({ kind: 'pass', ms: 30_000 });
    }
  }

  /** Where no order says otherwise, what was changed by hand is not brought back by a rollout: that is drift, and for whoever did it. */
  #undoByHand(): void {
    const { world, ledger } = this.fleet;
    for (const cluster of this.#movedByHand) {
      const proven = ledger.get(cluster)?.proven[0];
      if (world.clusters.get(cluster)?.accepted?.mode !== 'run' && proven !== undefined)
        world.moveByHand(cluster, numberOf(proven.revision));
    }
  }

  /** What a data plane forgets of a cluster that no rollout moves any more, and whom it follows then, is drift as well. */
  #healForgotten(): void {
    const { fleet } = this;
    for (const order of fleet.orders.values()) {
      const mover = fleet.unfinished.find(({ state }) => state.id === order.rollout);
      if (mover !== undefined && mover.state.targets.get(order.cluster)?.status !== 'succeeded') continue;
      fleet.world.forget(order.cluster);
      fleet.world.accept(order);
    }
  }

  /** Every cluster that takes part runs what is wanted of it, and nothing is under way. */
  get isHome(): boolean {
    return this.fleet.unfinished.length === 0 && this.astray.length === 0;
  }

  get astray(): readonly ClusterId[] {
    const { desired, ledger, world } = this.fleet;
    return [...desired.values()].flatMap(({ cluster, revision, optOut }) =>
      optOut !== undefined || (world.isAt(cluster, revision) && ledger.get(cluster)?.proven[0]?.revision === revision) ? [] : [cluster],
    );
  }

  /** What people do who read why nothing goes on. */
  #helpOut(): void {
    const { fleet } = this;
    for (const { id } of fleet.heldStops) this.#ask({ verb: 'lift', by: 'ada', reason: 'all is well', stop: id });
    for (const { planned, state } of fleet.unfinished) {
      const asked = { by: 'ada', reason: 'all is well', rollout: state.id };
      if (!isActive(state)) continue;
      this.#ask({ ...asked, verb: 'retry' });
      for (const { name } of planned.phases) {
        for (const by of ['ada', 'bob']) this.#ask({ ...asked, by, verb: 'approve', phase: name, digest: state.digest });
      }
    }
    for (const { release } of RELEASES) {
      if (!this.astray.some((cluster) => fleet.desired.get(cluster)?.release === release)) continue;
      if (!fleet.unfinished.some(({ state }) => state.release === release)) this.#reconcile(release);
    }
  }

  /** Law 14: on what was just decided, at the same instant, there is nothing more to decide. */
  #restsAtOnce(): void {
    const again = this.fleet.decide();
    for (const { rollout, decision } of again.decisions) {
      if (decision.actions.length > 0 || decision.changes.length > 0 || decision.next !== rollout.state) {
        throw new Error(`law 14: deciding again changed ${JSON.stringify([rollout.state.id, decision.changes, decision.actions])}`);
      }
    }
    if (again.stops.length > 0 || again.ledger.length > 0)
      throw new Error(`law 14: deciding again set ${JSON.stringify([again.stops, again.ledger])}`);
  }

  /** `wakeAt` is not late: until then, with no new evidence, every decision is empty. */
  #sleepsUntilWoken({ wakeAt }: FleetDecision): void {
    const { fleet } = this;
    if (wakeAt !== undefined && wakeAt <= fleet.now) throw new Error(`wakeAt ${wakeAt} has passed at ${fleet.now}`);
    if (this.#clockIsBehind) return;
    const end = wakeAt === undefined ? fleet.now + 1e9 : wakeAt - 1;
    const at = instant(fleet.now + Math.floor(this.#random.next() * (end - fleet.now)));
    for (const now of [at, instant(end)]) {
      for (const { rollout, decision } of fleet.decide(now).decisions) {
        if (decision.next !== rollout.state || decision.actions.length > 0)
          throw new Error(`wakeAt ${wakeAt} is late: at ${now} (now ${fleet.now}) ${JSON.stringify([decision.changes, decision.actions])}`);
      }
    }
  }

  /** Our clock was set back: what was received before is evidence to come, by time alone. */
  get #clockIsBehind(): boolean {
    return [...this.fleet.observations.values()].some(({ receivedAt }) => receivedAt > this.fleet.now);
  }

  /** Kept between events, the engine decides what is decided on the state as a whole. */
  #isSameInSteps(decided: FleetDecision): void {
    const { fleet } = this;
    if (this.#engine === undefined) this.#engine = new FleetEngine(fleet.input());
    else this.#engine.next({ now: fleet.now, ...fleet.news });
    const kept = this.#engine.decision();
    const difference = differenceOf(decided, kept);
    if (difference !== undefined) throw new Error(`the engine that is kept decides otherwise: ${difference}`);
    const { wakeAt } = kept;
    if (wakeAt !== undefined && decided.wakeAt === undefined) return;
    if ((wakeAt ?? Number.POSITIVE_INFINITY) > (decided.wakeAt ?? Number.POSITIVE_INFINITY))
      throw new Error(`the engine that is kept wakes at ${wakeAt}, too late for ${decided.wakeAt}`);
  }

  #happen(step: Step): void {
    const { fleet } = this;
    switch (step.kind) {
      case 'pass':
        fleet.pass(step.ms);
        return;
      case 'merge':
        this.#merge(step.merges);
        return;
      case 'command':
        this.#command(step.verb, step.which);
        return;
      case 'stop':
        this.#stop(step);
        return;
      case 'lift': {
        const stop = this.#one(fleet.heldStops, step.which);
        if (stop !== undefined) this.#ask({ verb: 'lift', by: 'ada', reason: 'the story wants it', stop: stop.id });
        return;
      }
      case 'reconcile':
        this.#reconcile(releaseAt(step.which).release);
        return;
      case 'toggle': {
        const live = this.#live(step.which);
        if (step.what === 'refuses') live.refuses = live.refuses === undefined ? 'a rebalance is running' : undefined;
        else live[step.what] = !live[step.what];
        return;
      }
      case 'manifest':
        this.#edit(step.what, this.#live(step.which).cluster);
        return;
      case 'rule':
        this.#rule(step);
        return;
      case 'our-clock':
        fleet.now = instant(fleet.now + step.ms);
        return;
      case 'their-clock': {
        const { skews } = fleet.carrier;
        const name = step.which % 2 === 0 ? 'east' : 'west';
        skews.set(name, (skews.get(name) ?? 0) + step.ms);
        return;
      }
      case 'forget':
        fleet.world.forget(this.#live(step.which).cluster);
        return;
      case 'foreign': {
        const order = fleet.orders.get(this.#live(step.which).cluster);
        if (order !== undefined) fleet.world.accept({ ...order, mode: 'hold', epoch: order.epoch + 3, rollout: undefined });
        return;
      }
      case 'by-hand':
        this.#movedByHand.add(this.#live(step.which).cluster);
        fleet.world.moveByHand(this.#live(step.which).cluster, step.number);
        return;
      case 'break': {
        const [running] = fleet.world.runs(this.#live(step.which).cluster);
        if (running !== undefined && running !== revision(1)) fleet.world.breakAll(running, step.fault);
        return;
      }
      case 'fix':
        fleet.world.faults.clear();
        return;
      case 'help':
        this.#helpOut();
        return;
    }
  }

  #merge(merges: readonly Merge[]): void {
    const shapes = new Map<string, LandShape>();
    for (const { release: place, what, way, urgency, fault } of merges) {
      const { release } = releaseAt(place);
      const history = this.#wanted.get(release) ?? [1];
      const to = this.#number(history, what);
      this.#wanted.set(release, history);
      if (fault !== undefined && what !== 'back') this.fleet.world.faults.set(revision(to), fault);
      shapes.set(release, { ...this.#shapeOf(release, way), to, urgency });
    }
    this.fleet.land(...shapes.values());
  }

  #number(history: number[], what: Merge['what']): number {
    if (what === 'back' && history.length > 1) {
      history.pop();
      return history.at(-1) ?? 1;
    }
    const number = what === 'tuned' ? tuned(history.at(-1) ?? 1) : what === 'newest' ? this.#versions : this.#nextVersion();
    history.push(number);
    return number;
  }

  #nextVersion(): number {
    this.#versions += 1;
    return this.#versions;
  }

  #shapeOf(release: string, { places, phases, guardMs, deadlineMs, limits, budgets }: Way): LandShape {
    const clusters = [...this.fleet.desired.values()].filter((one) => one.release === release);
    return {
      release,
      phases: phases.map((phase, i) => ({
        ...phase,
        members: clusters.filter((_, at) => (places[at] ?? 0) === i).map(({ cluster }) => cluster),
      })),
      guardMs,
      deadlineMs,
      limits,
      budgets: budgets === undefined ? {} : { failed: { count: budgets, words: String(budgets) } },
    };
  }

  #reconcile(release: string): void {
    this.#ask({ verb: 'reconcile', by: 'ada', reason: 'bring them home', release });
  }

  #ask(command: FleetCommand): boolean {
    this.#engine = undefined;
    const shape = command.verb === 'reconcile' ? this.#shapeOf(command.release, EVERYBODY_AT_ONCE) : undefined;
    return this.fleet.command(command, shape).ok;
  }

  #command(verb: Extract<Step, { kind: 'command' }>['verb'], which: number): void {
    const { rollouts, unfinished, heldStops } = this.fleet;
    const finished = rollouts.filter(({ state }) => isFinished(state)).slice(-2);
    const rollout = this.#one([...unfinished, ...unfinished, ...finished], which);
    if (rollout === undefined) return;
    const { state, planned } = rollout;
    const asked = { by: `person-${which % 3}`, reason: 'the story wants it', rollout: state.id, digest: state.digest };
    const needsCluster = verb === 'skip' || (verb === 'retry' && which % 2 === 0);
    const waiting = planned.phases.find(({ name, approval }) => approval !== undefined && state.phases.get(name)?.status !== 'done');
    if (
      this.#ask({
        ...asked,
        verb,
        until: verb === 'expedite' ? instant(this.fleet.now + EXPEDITED_MS) : undefined,
        cluster: needsCluster ? this.#live(which).cluster : undefined,
        phase: verb === 'approve' ? waiting?.name : undefined,
      })
    )
      return;
    // Several stops, or a wide one, are lifted by name.
    const stop = this.#one(heldStops, which);
    if (verb === 'resume' && stop !== undefined) this.#ask({ ...asked, verb, stop: stop.id });
  }

  #stop({ scope, which, forMs, lets }: Extract<Step, { kind: 'stop' }>): void {
    const { cluster } = this.#live(which);
    const { release, product } = releaseAt(which);
    const scopes = {
      fleet: { kind: 'fleet' },
      product: { kind: 'product', product },
      release: { kind: 'release', release },
      'data-plane': { kind: 'data-plane', dataPlane: which % 2 === 0 ? 'east' : 'west' },
      cluster: { kind: 'cluster', cluster },
    } as const;
    const until = forMs === undefined ? undefined : instant(this.fleet.now + forMs);
    this.#ask({ verb: 'stop', by: 'ada', reason: 'the story wants it', scope: scopes[scope], lets, until });
  }

  #edit(what: Extract<Step, { kind: 'manifest' }>['what'], cluster: ClusterId): void {
    const { desired } = this.fleet;
    const before = desired.get(cluster);
    if (what === 'return') {
      const left = this.#left.get(cluster);
      const wanted = left && this.#wanted.get(left.release)?.at(-1);
      if (before === undefined && left !== undefined && wanted !== undefined)
        desired.set(cluster, { ...left, revision: revision(wanted), spec: spec(wanted, left.spec.product) });
      return;
    }
    if (before === undefined) return;
    switch (what) {
      case 'leave':
        this.#left.set(cluster, before);
        desired.delete(cluster);
        return;
      case 'opt-out':
        desired.set(cluster, { ...before, optOut: before.optOut === undefined ? { reason: 'by hand', expires: undefined } : undefined });
        return;
      case 'pin': {
        const proven = this.fleet.ledger.get(cluster)?.proven[0];
        const wanted = this.#wanted.get(before.release)?.at(-1) ?? 1;
        if (before.pinnedBy !== undefined)
          desired.set(cluster, { ...before, pinnedBy: undefined, revision: revision(wanted), spec: spec(wanted, before.spec.product) });
        else if (proven !== undefined) {
          const pinnedBy = {
            by: 'pin',
            releaseVersion: before.spec.version,
            reason: 'by hand',
            expires: instant(before.revision.length),
          } as const;
          desired.set(cluster, { ...before, pinnedBy, revision: proven.revision, spec: proven.spec });
        }
        return;
      }
      case 'move': {
        const release = before.release === 'kafka' ? 'kafka-edge' : before.release === 'kafka-edge' ? 'kafka' : before.release;
        const wanted = this.#wanted.get(release)?.at(-1) ?? numberOf(before.revision);
        desired.set(cluster, { ...before, release, revision: revision(wanted), spec: spec(wanted, before.spec.product) });
        return;
      }
    }
  }

  #rule({ rule, scope, label, inMs, forMs, lenient }: Extract<Step, { kind: 'rule' }>): void {
    const { fleet } = this;
    const from = fleet.now + inMs;
    const more = { scope, allowRollback: lenient, allowExpedite: lenient, select: label ? { matchLabels: { tier: 'gold' } } : {} };
    const made = ruleOf(rule, from, from + forMs, { ...more, name: `${rule}-${fleet.policy.calendar.rules.length}` });
    // A window that is over would close its clusters for good: a newer one takes its place.
    const others = fleet.policy.calendar.rules.filter(({ kind }) => kind === 'freeze' || rule === 'freeze');
    fleet.policy = { ...fleet.policy, calendar: { rules: [...others, made] } };
  }

  #live(which: number) {
    const live = this.#one([...this.fleet.world.clusters.values()], which);
    if (live === undefined) throw new Error('a world without clusters');
    return live;
  }

  #one<T>(things: readonly T[], which: number): T | undefined {
    return things[which % Math.max(1, things.length)];
  }
}

const ROUNDS_TO_THE_END = 300;
const EXPEDITED_MS = 60_000;

const releaseAt = (place: number) => RELEASES[place % RELEASES.length] ?? RELEASES[0];

export const cluster = trusted.cluster;
