import fc from 'fast-check';
import type { RolloutCommand } from '../../../src/core/command/apply-command.ts';
import type { ClusterId } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import type { FleetDecision } from '../../../src/core/reconcile/decide-fleet.ts';
import { isFinished } from '../../../src/core/reconcile/state.ts';
import { FAIR, SmallFleet, type Weather } from '../../support/small-world/fleet.ts';
import { checkLaws } from '../../support/small-world/laws.ts';
import { type PhaseShape, revision } from '../../support/small-world/plans.ts';
import { Random } from '../../support/small-world/random.ts';
import { SoakWitness } from '../../support/small-world/soak-witness.ts';

/** What happens in one step of a story. Numbers choose among what there is, so that shrinking keeps them meaningful. */
export type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  | {
      readonly kind: 'land';
      readonly phases: readonly PhaseShape[];
      readonly fault: 'none' | 'crash-loop' | 'stuck';
      readonly hotfix: boolean;
    }
  | { readonly kind: 'revert' }
  | { readonly kind: 'command'; readonly verb: RolloutCommand['verb']; readonly which: number }
  | { readonly kind: 'leave'; readonly which: number }
  | { readonly kind: 'reach'; readonly which: number }
  | { readonly kind: 'ail'; readonly which: number }
  | { readonly kind: 'mend' };

export interface Story {
  readonly seed: number;
  readonly clusters: readonly string[];
  readonly weather: Weather;
  readonly steps: readonly Step[];
}

const PASS_MS = [1_000, 5_000, 10_000, 25_000, 61_000, 301_000] as const;

const clustersArb = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))
  .map(([east, west]) => [...Array.from({ length: east }, (_, i) => `east-${i}`), ...Array.from({ length: west }, (_, i) => `west-${i}`)]);

/** Splits some of the clusters over one to four phases; a phase may be empty. */
const phasesArb = (clusters: readonly string[]): fc.Arbitrary<readonly PhaseShape[]> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((count) =>
      fc
        .tuple(
          fc.tuple(...clusters.map(() => fc.integer({ min: 0, max: count }))),
          fc.tuple(...Array.from({ length: count }, () => phaseArb)),
        )
        .map(([places, phases]) =>
          phases.map((phase, i) => ({ ...phase, canary: i === 0, members: clusters.filter((_, c) => places[c] === i) })),
        ),
    );

const phaseArb = fc.record({
  maxConcurrent: fc.integer({ min: 1, max: 3 }),
  bakeMs: fc.constantFrom(0, 10_000, 90_000),
  budgets: fc.record({ failed: fc.constantFrom(0, 0, 1), unreachable: fc.constantFrom(0, 1), deferred: fc.constantFrom(0, 1) }),
  maxDurationMs: fc.constantFrom(undefined, undefined, 400_000),
  approval: fc.constantFrom(undefined, undefined, undefined, approval('before', 1), approval('after', 2)),
});

function approval(when: 'before' | 'after', count: number) {
  return { when, count, teams: [], users: [], notAuthor: false } as const;
}

/** A bad release over some phases that nobody has to approve, and how far it comes before it is reverted. */
export const badReleaseArb = clustersArb.chain((clusters) =>
  fc.record({
    seed: fc.nat({ max: 2 ** 31 }),
    clusters: fc.constant(clusters),
    phases: phasesArb(clusters).map((phases) => phases.map((phase) => ({ ...phase, approval: undefined, maxDurationMs: undefined }))),
    fault: fc.constantFrom('crash-loop' as const, 'stuck' as const),
    ticks: fc.nat({ max: 80 }),
  }),
);

const landArb = (clusters: readonly string[]): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.constant('land'),
    phases: phasesArb(clusters),
    fault: fc.constantFrom('none', 'none', 'crash-loop', 'stuck'),
    hotfix: fc.boolean(),
  });

const which = fc.nat({ max: 20 });

const stepArb = (clusters: readonly string[]): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(...PASS_MS) }) },
    { weight: 3, arbitrary: landArb(clusters) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'revert' }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('command'),
        verb: fc.constantFrom('pause', 'resume', 'resume', 'retry', 'skip', 'approve', 'approve'),
        which,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('command'), verb: fc.constant('abort' as const), which }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave'), which }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('reach'), which }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('ail'), which }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'mend' }) },
  );

const weatherArb: fc.Arbitrary<Weather> = fc.oneof(
  fc.constant(FAIR),
  fc.record({
    deliver: fc.constantFrom(0.5, 0.9),
    replayOrder: fc.constantFrom(0, 0.3),
    observe: fc.constantFrom(0.5, 0.9),
    replaySample: fc.constantFrom(0, 0.2),
    unknown: fc.constantFrom(0, 0.1),
  }),
);

/** A rollout begins, and then things happen. */
export const storyArb: fc.Arbitrary<Story> = clustersArb.chain((clusters) =>
  fc.record({
    seed: fc.nat({ max: 2 ** 31 }),
    clusters: fc.constant(clusters),
    weather: weatherArb,
    steps: fc
      .tuple(landArb(clusters), fc.array(stepArb(clusters), { minLength: 1, maxLength: 60 }))
      .map(([first, rest]) => [first, ...rest]),
  }),
);

/** Plays a story, and checks the laws after every step. */
export class Teller {
  readonly fleet: SmallFleet;
  readonly #witness: SoakWitness;
  readonly #random: Random;

  constructor({ seed, clusters, weather }: Pick<Story, 'seed' | 'clusters' | 'weather'>) {
    this.#random = new Random(seed);
    this.fleet = new SmallFleet(clusters, this.#random);
    this.fleet.weather = weather;
    this.#witness = new SoakWitness(this.fleet.policy.evidenceMaxAgeMs);
  }

  tell(step: Step): FleetDecision {
    this.#happen(step);
    return this.decide();
  }

  decide(): FleetDecision {
    const { fleet } = this;
    this.#witness.see(fleet.active, fleet.orders, fleet.observations, fleet.now);
    const input = fleet.input();
    const decision = fleet.decide();
    checkLaws(input, decision, this.#witness);
    fleet.commit(decision);
    this.#restsAtOnce();
    this.#sleepsUntilWoken(decision);
    return decision;
  }

  /** Everything that was broken works again, people see to what waits for them, and time passes. */
  endWell(): void {
    const { fleet } = this;
    fleet.weather = FAIR;
    fleet.world.faults.clear();
    for (const live of fleet.world.clusters.values()) Object.assign(live, { reachable: true, unhealthy: false });
    for (let round = 0; round < 200 && fleet.active.length > 0; round += 1) {
      for (const verb of ['retry', 'resume', 'approve', 'approve'] as const) {
        for (const rollout of fleet.active) this.#command(rollout.state.id, verb, `person-${this.#random.below(3)}`);
      }
      this.tell({ kind: 'pass', ms: 30_000 });
    }
  }

  /** Law 14: on what was just decided, at the same instant, there is nothing more to decide. */
  #restsAtOnce(): void {
    const again = this.fleet.decide();
    for (const { rollout, decision } of again.decisions) {
      if (decision.actions.length > 0 || decision.changes.length > 0 || decision.next !== rollout.state) {
        throw new Error(`law 14: deciding again changed ${JSON.stringify([decision.changes, decision.actions])}`);
      }
    }
  }

  /** `wakeAt` is not late: until then, with no new evidence, every decision is empty. */
  #sleepsUntilWoken({ wakeAt }: FleetDecision): void {
    const { fleet } = this;
    const end = wakeAt === undefined ? fleet.now + 1e9 : wakeAt - 1;
    const at = instant(fleet.now + Math.floor(this.#random.next() * (end - fleet.now)));
    for (const now of [at, instant(end)]) {
      for (const { rollout, decision } of decideAt(fleet, now).decisions) {
        if (decision.next !== rollout.state) throw new Error(`wakeAt ${wakeAt} is late: at ${now} ${JSON.stringify(decision.changes)}`);
      }
    }
  }

  #happen(step: Step): void {
    const { fleet } = this;
    switch (step.kind) {
      case 'pass':
        fleet.pass(step.ms);
        return;
      case 'land': {
        const number = fleet.land(step.phases, { urgency: step.hotfix ? 'hotfix' : 'routine' });
        if (step.fault !== 'none') fleet.world.faults.set(revision(number), step.fault);
        return;
      }
      case 'revert':
        fleet.revert();
        return;
      case 'command': {
        const rollout = fleet.active[step.which % Math.max(1, fleet.active.length)];
        if (rollout !== undefined) this.#command(rollout.state.id, step.verb, `person-${step.which % 3}`);
        return;
      }
      case 'leave':
        fleet.leave(this.#cluster(step.which));
        return;
      case 'reach': {
        const live = fleet.world.clusters.get(this.#cluster(step.which));
        if (live !== undefined) live.reachable = !live.reachable;
        return;
      }
      case 'ail': {
        const live = fleet.world.clusters.get(this.#cluster(step.which));
        if (live !== undefined) live.unhealthy = !live.unhealthy;
        return;
      }
      case 'mend':
        fleet.world.faults.clear();
        return;
    }
  }

  #cluster(which: number): ClusterId {
    const clusters = [...this.fleet.world.clusters.keys()];
    const cluster = clusters[which % clusters.length];
    if (cluster === undefined) throw new Error('a world without clusters');
    return cluster;
  }

  #command(id: string, verb: RolloutCommand['verb'], by: string): void {
    const { fleet } = this;
    const rollout = fleet.rollouts.find(({ state }) => state.id === id);
    if (rollout === undefined || isFinished(rollout.state)) return;
    const cluster = verb === 'skip' ? this.#cluster(this.#random.below(20)) : undefined;
    const phase =
      verb === 'approve'
        ? rollout.plan.phases.find((one) => rollout.state.phases.get(one.id)?.status === 'awaiting-approval')?.id
        : undefined;
    fleet.command(rollout, { verb, by, reason: 'the story wants it', cluster, phase, digest: rollout.state.digest });
  }
}

function decideAt(fleet: SmallFleet, now: SmallFleet['now']): FleetDecision {
  const { now: at } = fleet;
  fleet.now = now;
  try {
    return fleet.decide();
  } finally {
    fleet.now = at;
  }
}
