import { auditLine, type FleetChange, type Heads } from '../change/fleet-change.ts';
import type { FollowUp } from '../change/follow-up.ts';
import type { DesiredState } from '../desired/desired.ts';
import { entriesToStore } from '../desired/diff-desired.ts';
import type { Observation } from '../evidence/observation.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts';
import { recordObserved, withEntries } from '../ledger/record-observed.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../reconcile/policy.ts';
import { adoptAll, adoptRunning } from './adopt.ts';
import type { Landing } from './landing.ts';
import { NOTHING_STARTED, startPlan } from './start-plan.ts';
import { withRewrite } from './with-rewrite.ts';

/** What the manifests of a commit came to. */
export type LandingOutcome =
  | { readonly kind: 'broken'; readonly errors: number }
  | {
      readonly kind: 'planned';
      readonly desired: DesiredState;
      readonly policy: Policy;
      /** `undefined` when nothing moves, opts out or leaves. */
      readonly plan: Plan | undefined;
      /** Clusters whose desired spec is not what it was. */
      readonly changed: number;
      /** What was looked at to plan: clusters that are new in the manifests. */
      readonly seen: readonly Observation[];
    };

/** What is on record of a fleet when a commit lands. */
export interface Recorded {
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  readonly orders: StandingOrders;
  /** The place of the newest rollout there ever was; 0 before the first. */
  readonly lastSeq: number;
  /** Pull requests that were open when they were last heard of: their base moves. */
  readonly openPulls: readonly number[];
}

export interface LandingInput {
  readonly heads: Heads;
  readonly landing: Pick<Landing, 'commit' | 'history' | 'pull' | 'author' | 'title'>;
  readonly recorded: Recorded;
  readonly outcome: LandingOutcome;
  readonly now: Instant;
}

type Planned = Extract<LandingOutcome, { kind: 'planned' }>;

/** What a commit of the default branch changes. */
export function land(input: LandingInput): FleetChange {
  const { heads, landing, outcome, now: at } = input;
  const change = changeBy(input);
  // Before anything is in force there is nothing that a rewritten history could change.
  if (landing.history === 'continued' || heads.seen === undefined || heads.good === undefined) return change;
  const changed = outcome.kind === 'planned' ? outcome.changed : undefined;
  const { history: how, commit, author } = landing;
  return withRewrite(change, { how, before: heads.seen, commit, author, at, changed });
}

function changeBy(input: LandingInput): FleetChange {
  const { heads, outcome } = input;
  if (outcome.kind === 'broken') return refuse(input, outcome.errors);
  return heads.good === undefined ? takeOver(input, outcome) : take(input, outcome);
}

/** The last good commit stays in force: broken manifests never stop or change what is under way. */
function refuse(input: LandingInput, errors: number): FleetChange {
  const { commit } = input.landing;
  return {
    heads: { seen: commit, good: input.heads.good },
    audit: [auditLine('desired', commit, `not taken: ${errors} errors in the manifests`)],
    followUps: reportAndReview(input),
  };
}

/**
 * The first commit ever seen is what the fleet is taken to be: nothing is rolled out because a bot was installed. What runs
 * otherwise is reported as drift.
 */
function takeOver(input: LandingInput, { desired, policy, seen }: Planned): FleetChange {
  const { landing, recorded, now } = input;
  const { commit } = landing;
  const observed = recordObserved(recorded.ledger, seen);
  return {
    heads: { seen: commit, good: commit },
    desired: { commit, ...entriesToStore(recorded.desired, desired), next: desired },
    policy,
    ledger: merged(observed, adoptAll(desired, withEntries(recorded.ledger, observed), now)),
    audit: [auditLine('desired', commit, `adopted ${desired.size} clusters as they are described`)],
    followUps: [...reportAndReview(input), { kind: 'look-for-drift' }],
  };
}

function take(input: LandingInput, { desired, policy, plan, changed, seen }: Planned): FleetChange {
  const { landing, recorded, now } = input;
  const { commit } = landing;
  const stored = entriesToStore(recorded.desired, desired);
  const observed = recordObserved(recorded.ledger, seen);
  const ledger = withEntries(recorded.ledger, observed);
  const created = stored.set.filter(({ cluster }) => !recorded.desired.has(cluster));
  const started =
    plan === undefined ? NOTHING_STARTED : startPlan(plan, { commit, by: landing, recorded: { ...recorded, ledger }, desired, now });
  return {
    heads: { seen: commit, good: commit },
    desired: { commit, ...stored, next: desired },
    policy,
    ledger: merged(observed, adoptRunning(created, plan, ledger, recorded.orders, now)),
    ...started.change,
    audit: [auditLine('desired', commit, `${changed} clusters changed`), ...started.audit],
    followUps: [...reportAndReview(input), ...started.followUps, { kind: 'look-for-drift' }],
  };
}

/** Later entries of a cluster are made from the earlier ones. */
const merged = (...entries: readonly (readonly LedgerEntry[])[]): readonly LedgerEntry[] => [
  ...new Map(entries.flat().map((entry) => [entry.cluster, entry])).values(),
];

/** The base of every open pull request has moved: each is planned again, and only what then reads differently is written. */
const reportAndReview = ({ landing, recorded }: LandingInput): readonly FollowUp[] => [
  { kind: 'report-branch', commit: landing.commit },
  ...recorded.openPulls.filter((pull) => pull !== landing.pull).map((pull) => ({ kind: 'review-again', pull }) as const),
];
