import type { CalendarNote } from '../calendar/notes.ts';
import type { ClusterId, CommitSha, PlanDigest } from '../model/ids.ts';
import type { Problem } from '../model/problem.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import type { RolloutStatus } from '../reconcile/state.ts';
import type { Consent } from '../rules/consent.ts';
import type { ClusterLabels } from './plan-changes.ts';
import type { RulesView } from './plan-rules.ts';

/** Everything that the comment and the check say about a pull request before its merge. */
export type PlanView = Common &
  (
    | { readonly kind: 'untouched'; readonly digest: undefined }
    | { readonly kind: 'conflict'; readonly digest: undefined; readonly paths: readonly string[] }
    | { readonly kind: 'broken'; readonly digest: undefined; readonly problems: readonly Problem[] }
    | NothingMovesView
    | PlannedView
  );

/** No cluster is to run anything else; the rules may change all the same. */
export interface NothingMovesView {
  readonly kind: 'nothing-moves';
  readonly digest: undefined;
  readonly rules: RulesView | undefined;
  /** Where clusters lose protection: how far people have agreed to that. */
  readonly consent: Consent | undefined;
  readonly problems: readonly Problem[];
}

interface Common {
  readonly head: CommitSha;
  readonly base: CommitSha;
  readonly author: string;
  /** The branch is in another repository. */
  readonly fork: boolean;
  readonly draft: boolean;
  readonly now: Instant;
}

export interface PlannedView {
  readonly kind: 'planned';
  readonly digest: PlanDigest;
  readonly plan: Plan;
  /** `undefined` when every cluster is subject to what it was. */
  readonly rules: RulesView | undefined;
  /** Where clusters lose protection: how far people have agreed to that. */
  readonly consent: Consent | undefined;
  /** Warnings. */
  readonly problems: readonly Problem[];
  /** The plan that was shown before, where it was another one. */
  readonly changedFrom: string | undefined;
  /** Targets that stand between two versions now; they go first. */
  readonly halfWay: readonly HalfWay[];
  /** Of the targets. */
  readonly labels: ClusterLabels;
  readonly calendar: readonly CalendarNote[];
  readonly underWay: readonly UnderWay[];
}

/** A cluster between two versions. */
export interface HalfWay {
  readonly cluster: ClusterId;
  /** `1 of 5 brokers at 4.0.1`. */
  readonly words: string;
}

/** A rollout that is not finished, of a release that the plan changes too. */
export interface UnderWay {
  readonly release: string;
  readonly title: string;
  readonly pull: number | undefined;
  readonly status: RolloutStatus;
}
