import fc from 'fast-check';
import type { RolloutVerb } from '../../../src/core/command/command.ts';
import { durationMs } from '../../../src/core/model/time.ts';
import type { Urgency } from '../../../src/core/plan/plan.ts';
import { FAIR, type Weather } from '../../support/small-world/carrier.ts';
import type { PhaseShape } from '../../support/small-world/plans.ts';
import type { Fault } from '../../support/small-world/world.ts';

/** How a release travels: which of its clusters is in which phase, by their place. */
export interface Way {
  readonly places: readonly number[];
  readonly phases: readonly Omit<PhaseShape, 'members'>[];
  readonly guardMs: number;
  readonly deadlineMs: number;
  readonly limits: Partial<Record<'release' | 'rescue', number>>;
  readonly budgets: number | undefined;
}

export interface Merge {
  readonly release: number;
  /** A version that nobody had yet, the newest that any release had, the same one with another setting, or what was wanted before. */
  readonly what: 'next' | 'newest' | 'tuned' | 'back';
  readonly way: Way;
  readonly urgency: Urgency;
  readonly fault: Fault | undefined;
}

/** What happens in one step of a story. Numbers choose among what there is, so that shrinking keeps them meaningful. */
export type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  /** Releases of one commit. */
  | { readonly kind: 'merge'; readonly merges: readonly Merge[] }
  | { readonly kind: 'command'; readonly verb: RolloutVerb; readonly which: number }
  | {
      readonly kind: 'stop';
      readonly scope: 'fleet' | 'product' | 'release' | 'data-plane' | 'cluster';
      readonly which: number;
      readonly forMs: number | undefined;
      readonly lets: 'nothing' | 'rollbacks';
    }
  | { readonly kind: 'lift'; readonly which: number }
  | { readonly kind: 'reconcile'; readonly which: number }
  | { readonly kind: 'toggle'; readonly what: 'reachable' | 'unhealthy' | 'lies' | 'refuses'; readonly which: number }
  | { readonly kind: 'manifest'; readonly what: 'leave' | 'return' | 'opt-out' | 'pin' | 'move'; readonly which: number }
  | {
      readonly kind: 'rule';
      readonly rule: 'freeze' | 'window';
      readonly scope: 'all' | 'minor';
      readonly label: boolean;
      readonly inMs: number;
      readonly forMs: number;
      readonly lenient: boolean;
    }
  | { readonly kind: 'our-clock'; readonly ms: number }
  | { readonly kind: 'their-clock'; readonly which: number; readonly ms: number }
  | { readonly kind: 'forget'; readonly which: number }
  | { readonly kind: 'foreign'; readonly which: number }
  /** Somebody changes by hand what a cluster runs. */
  | { readonly kind: 'by-hand'; readonly which: number; readonly number: number }
  /** A revision that runs somewhere breaks, or all that is broken works again. */
  | { readonly kind: 'break'; readonly which: number; readonly fault: Fault }
  | { readonly kind: 'fix' }
  /** People see to all that waits for them. */
  | { readonly kind: 'help' };

export interface Story {
  readonly seed: number;
  /** By data plane and place: the release of each cluster. */
  readonly clusters: readonly { readonly name: string; readonly release: number; readonly tier: string }[];
  readonly strict: boolean;
  readonly minimumIntervalMs: number | undefined;
  readonly fleetMaxConcurrent: number;
  readonly eastMaxConcurrent: number;
  readonly weather: Weather;
  readonly steps: readonly Step[];
}

export const RELEASES = [
  { release: 'kafka', product: 'kafka' },
  { release: 'connect', product: 'connect' },
  { release: 'kafka-edge', product: 'kafka' },
] as const;

const CLUSTERS_MAX = 9;

const clustersArb = fc
  .array(fc.record({ east: fc.boolean(), release: fc.constantFrom(0, 0, 0, 1, 2), tier: fc.constantFrom('gold', 'tin') }), {
    minLength: 1,
    maxLength: CLUSTERS_MAX,
    size: 'max',
  })
  .map((all) => all.map(({ east, release, tier }, i) => ({ name: `${east ? 'east' : 'west'}-${i}`, release, tier })));

const approval = (when: 'before' | 'after', count: number, validFor?: number) =>
  ({
    when,
    count,
    teams: [],
    users: [],
    notAuthor: false,
    ...(validFor === undefined ? {} : { validForMs: durationMs(validFor) }),
  }) as const;

const phaseArb: fc.Arbitrary<Way['phases'][number]> = fc.record({
  canary: fc.boolean(),
  maxConcurrent: fc.integer({ min: 1, max: 3 }),
  soakMs: fc.constantFrom(0, 10_000, 40_000, 90_000),
  bakeMs: fc.constantFrom(0, 0, 30_000, 200_000),
  budgets: fc.record({ failed: fc.constantFrom(0, 0, 1), unreachable: fc.constantFrom(0, 1), deferred: fc.constantFrom(0, 1, 5) }),
  maxDurationMs: fc.constantFrom(undefined, undefined, undefined, 400_000),
  approval: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    undefined,
    approval('before', 1),
    approval('after', 2),
    approval('before', 2, 200_000),
  ),
});

const wayArb: fc.Arbitrary<Way> = fc.integer({ min: 1, max: 3 }).chain((count) =>
  fc.record({
    places: fc.array(fc.nat({ max: count - 1 }), { minLength: CLUSTERS_MAX, maxLength: CLUSTERS_MAX }),
    phases: fc.array(phaseArb, { minLength: count, maxLength: count }),
    guardMs: fc.constantFrom(0, 100_000, 600_000),
    deadlineMs: fc.constantFrom(150_000, 600_000),
    limits: fc.constantFrom({}, {}, { release: 2 }, { rescue: 1 }, { release: 3, rescue: 1 }),
    budgets: fc.constantFrom(undefined, undefined, 0, 1),
  }),
);

export const mergeArb: fc.Arbitrary<Merge> = fc.record({
  release: fc.constantFrom(0, 0, 0, 1, 2),
  what: fc.constantFrom('next', 'next', 'next', 'newest', 'newest', 'tuned', 'back', 'back'),
  way: wayArb,
  urgency: fc.constantFrom('routine', 'routine', 'routine', 'hotfix'),
  fault: fc.constantFrom(undefined, undefined, undefined, undefined, 'crash-loop', 'stuck'),
});

const which = fc.nat({ max: 20 });
const PASS_MS = [1_000, 5_000, 10_000, 30_000, 30_000, 30_000, 61_000, 301_000] as const;

const eventArb: fc.Arbitrary<Step> = fc.oneof(
  { weight: 80, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(...PASS_MS) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('merge'), merges: fc.array(mergeArb, { minLength: 1, maxLength: 2 }) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('command'),
      verb: fc.constantFrom(
        'pause',
        'resume',
        'resume',
        'resume',
        'retry',
        'retry',
        'skip',
        'approve',
        'approve',
        'approve',
        'expedite',
        'waive',
        'take-over',
        'abort',
      ),
      which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('stop'),
      scope: fc.constantFrom('fleet', 'product', 'release', 'data-plane', 'cluster'),
      which,
      forMs: fc.constantFrom(undefined, 50_000),
      lets: fc.constantFrom('nothing', 'rollbacks'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('lift'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconcile'), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('toggle'),
      what: fc.constantFrom('reachable', 'reachable', 'unhealthy', 'lies', 'refuses'),
      which,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('manifest'), what: fc.constantFrom('leave', 'return', 'opt-out', 'pin', 'move'), which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rule'),
      rule: fc.constantFrom('freeze', 'freeze', 'window'),
      scope: fc.constantFrom('all', 'minor'),
      label: fc.boolean(),
      inMs: fc.constantFrom(0, 60_000),
      forMs: fc.constantFrom(30_000, 300_000),
      lenient: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('our-clock'), ms: fc.constantFrom(-400_000, -20_000, -1, 20_000, 400_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('their-clock'), which, ms: fc.constantFrom(-3_600_000, -20_000, 20_000, 3_600_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('foreign'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('by-hand'), which, number: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('break'), which, fault: fc.constantFrom('crash-loop', 'crash-loop', 'stuck') }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'fix' }) },
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'help' }) },
);

const weatherArb: fc.Arbitrary<Weather> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(FAIR) },
  {
    weight: 1,
    arbitrary: fc.record({
      deliver: fc.constantFrom(0.5, 0.9),
      answer: fc.constantFrom(0.7, 1),
      replayOrder: fc.constantFrom(0, 0.3),
      observe: fc.constantFrom(0.5, 0.9),
      replaySample: fc.constantFrom(0, 0.2),
      unknown: fc.constantFrom(0, 0.1),
      malformed: fc.constantFrom(0, 0.1),
    }),
  },
);

/** A rollout begins, and then things happen. */
export const storyArb: fc.Arbitrary<Story> = fc.record({
  seed: fc.nat({ max: 2 ** 31 }),
  clusters: clustersArb,
  strict: fc.boolean(),
  minimumIntervalMs: fc.constantFrom(undefined, undefined, 120_000),
  fleetMaxConcurrent: fc.constantFrom(1, 3, 5),
  eastMaxConcurrent: fc.constantFrom(1, 2, 9),
  weather: weatherArb,
  steps: fc
    .tuple(mergeArb, fc.array(eventArb, { minLength: 1, maxLength: 60, size: 'max' }))
    .map(([merge, rest]): Step[] => [{ kind: 'merge', merges: [{ ...merge, release: 0 }] }, ...rest]),
});
