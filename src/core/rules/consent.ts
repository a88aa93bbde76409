import type { PlanDigest } from '../model/ids.ts';
import { type Instant, instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { RuleApprovers, RulesReview } from './rule-change.ts';

/** What a pull request needs before its check is green: that enough people agree to what it takes away. */
export interface AskedConsent {
  /** Of the change of rules: an approval is bound to it. */
  readonly digest: PlanDigest;
  readonly approvers: RuleApprovers;
}

/** `undefined` where nobody has to agree. */
export const askedConsent = ({ digest, approvers, losing }: RulesReview): AskedConsent | undefined =>
  losing.length === 0 ? undefined : { digest, approvers };

/** `command`: by comment, button, command line or API. */
export const APPROVAL_SOURCES = ['command', 'review'] as const;

/** Somebody has agreed to the loss of protection that a pull request brings. At most one of each person for each pull request. */
export interface RuleApproval {
  readonly pull: number;
  readonly by: string;
  readonly digest: PlanDigest;
  readonly at: Instant;
  readonly source: WordOf<typeof APPROVAL_SOURCES>;
  /** Why the person may. */
  readonly because: string;
}

/** An open pull request, as far as somebody may agree to it. */
export interface Proposal {
  readonly pull: number;
  readonly isOpen: boolean;
  readonly author: string;
  /** As it was reviewed last. */
  readonly asked: AskedConsent | undefined;
  readonly approvals: readonly RuleApproval[];
}

/** Until when it counts; `undefined`: as long as the change of rules is the same. @param speed - how much faster than written times run. */
export const ruleApprovalEnds = ({ approvers }: AskedConsent, { at }: Pick<RuleApproval, 'at'>, speed: number): Instant | undefined =>
  approvers.validForMs === undefined ? undefined : instant(at + approvers.validForMs / speed);

/** How far people have agreed to what a pull request takes away. */
export interface Consent {
  readonly asked: AskedConsent;
  /** Those that count, in the order in which they were given, and until when. */
  readonly given: readonly (RuleApproval & { readonly until?: Instant | undefined })[];
  /** Approvals of this very change that do not count now, with why. */
  readonly notCounted: readonly { readonly by: string; readonly why: string }[];
}

export const isAgreed = ({ asked, given }: Consent): boolean => given.length >= asked.approvers.count;

export const isSamePerson = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
