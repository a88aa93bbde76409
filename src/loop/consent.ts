/**
 * Who has agreed to the loss of protection that a pull request brings. Looked at each time it is reviewed: an approval counts while it is
 * of this very change of rules, its giver may still give it, and, where it was a review, that still approves the newest commit.
 */
import { type AuditLine, auditLine } from '../core/change/fleet-change.ts';
import { judge, mayAgree, type Verdict } from '../core/command/who-may.ts';
import type { FleetId } from '../core/model/ids.ts';
import { formatInstant, instant } from '../core/model/time.ts';
import { losesProtection, type RulesView } from '../core/report/plan-rules.ts';
import { type AskedConsent, askedConsent, type Consent, isSamePerson, type RuleApproval, ruleApprovalEnds } from '../core/rules/consent.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { type AskingLoop, verdictWhenAsked } from './authorise.ts';
import { decideAndCommit } from './commit.ts';
import { expiryJob } from './jobs.ts';
import { memoryOf } from './memory.ts';

/**
 * @returns `undefined` where nobody has to agree.
 * @throws PortError
 */
export async function consentTo(
  loop: AskingLoop,
  fleet: FleetRecord,
  pull: PullInfo,
  rules: RulesView | undefined,
): Promise<Consent | undefined> {
  const asked = losesProtection(rules) ? askedConsent(rules) : undefined;
  const stored = await loop.ports.store.ruleApprovals(fleet.id, pull.number);
  const reviewers =
    asked?.approvers.reviews === true ? await loop.ports.host(fleet).approvingReviewers(pull.number, pull.headSha) : undefined;
  const now = loop.ports.clock.now();
  const ends = (approval: RuleApproval) => asked && ruleApprovalEnds(asked, approval, loop.settings.speed);
  const gone = stored.flatMap((approval) => {
    const until = ends(approval);
    const why = until !== undefined && until <= now ? `it counted until ${formatInstant(until)}` : whyGone(approval, asked, reviewers);
    return why === undefined ? [] : [{ approval, why }];
  });
  const kept = stored.filter((approval) => gone.every((one) => one.approval !== approval));
  if (asked === undefined) {
    await record(loop, fleet.id, [], gone);
    return undefined;
  }
  const { counted, notCounted } = await countedOf(loop, fleet, pull, asked, kept);
  const fresh = await reviewsOf(
    loop,
    fleet,
    pull,
    asked,
    (reviewers ?? []).filter((login) => !kept.some(({ by }) => isSamePerson(by, login))),
  );
  await record(loop, fleet.id, fresh, gone);
  const given = [...counted, ...fresh].map((approval) => ({ ...approval, until: ends(approval) }));
  const soonest = Math.min(...given.flatMap(({ until }) => until ?? []));
  // From that instant on the check must not say any more that people have agreed.
  if (Number.isFinite(soonest)) await loop.ports.store.enqueue([expiryJob(fleet.id, pull.number, instant(soonest))]);
  return { asked, given, notCounted };
}

function whyGone(
  { digest, source, by }: RuleApproval,
  asked: AskedConsent | undefined,
  reviewers: readonly string[] | undefined,
): string | undefined {
  if (asked === undefined) return 'the pull request takes no protection away any more';
  if (digest !== asked.digest) return `the change of rules is ${asked.digest} now, and ${digest} was approved`;
  if (source === 'command' || reviewers?.some((login) => isSamePerson(login, by)) === true) return undefined;
  return reviewers === undefined
    ? 'reviews do not count by the rules in force'
    : 'the review does not approve the newest commit, or was dismissed';
}

/** Whoever has left the team, or has a part in the change by now, no longer counts. */
async function countedOf(
  loop: AskingLoop,
  fleet: FleetRecord,
  pull: PullInfo,
  asked: AskedConsent,
  kept: readonly RuleApproval[],
): Promise<{ readonly counted: readonly RuleApproval[]; readonly notCounted: Consent['notCounted'] }> {
  const counted: RuleApproval[] = [];
  const notCounted: Consent['notCounted'][number][] = [];
  for (const approval of kept) {
    const verdict = await verdictOnPerson(loop, fleet, pull, asked, approval.by);
    if (verdict.kind === 'may') counted.push(approval);
    else notCounted.push({ by: approval.by, why: verdict.kind === 'may-not' ? `who may: ${verdict.why}` : UNKNOWN });
  }
  return { counted, notCounted };
}

const UNKNOWN = 'whether they may could not be found out';

/** Approving reviews that nobody has counted yet. Whoever may not approve has only reviewed. */
async function reviewsOf(
  loop: AskingLoop,
  fleet: FleetRecord,
  { number, ...pull }: PullInfo,
  asked: AskedConsent,
  logins: readonly string[],
): Promise<readonly RuleApproval[]> {
  const found: RuleApproval[] = [];
  for (const by of logins) {
    const verdict = await verdictOnPerson(loop, fleet, { number, ...pull }, asked, by);
    const at = loop.ports.clock.now();
    if (verdict.kind === 'may') found.push({ pull: number, by, digest: asked.digest, at, source: 'review', because: verdict.because });
  }
  return found;
}

function verdictOnPerson(
  loop: AskingLoop,
  fleet: FleetRecord,
  { number: pull, author }: PullInfo,
  asked: AskedConsent,
  login: string,
): Promise<Verdict> {
  const allowed = mayAgree({ author, pull }, asked);
  const { people } = memoryOf(loop.memory, fleet.id);
  return verdictWhenAsked(loop, fleet, login, async () =>
    judge(allowed, login, people.known(login, loop.ports.clock.now(), { kind: 'pull', number: pull })),
  );
}

interface Gone {
  readonly approval: RuleApproval;
  readonly why: string;
}

async function record(loop: AskingLoop, id: FleetId, fresh: readonly RuleApproval[], gone: readonly Gone[]): Promise<void> {
  if (fresh.length + gone.length === 0) return;
  const audit: readonly AuditLine[] = [
    ...fresh.map(({ pull, by, digest, because }) => ({
      ...auditLine('rules', `#${pull}`, `approved in a review (${because})`, by),
      to: `approved ${digest}`,
    })),
    ...gone.map(({ approval: { pull, by, digest }, why }) => ({
      ...auditLine('rules', `#${pull}`, `the approval of ${by} is withdrawn: ${why}`),
      from: `approved ${digest}`,
    })),
  ];
  const withdrawnApprovals = gone.map(({ approval: { pull, by } }) => ({ pull, by }));
  await decideAndCommit(loop, id, () => ({ change: { ruleApprovals: fresh, withdrawnApprovals, audit, followUps: [] }, value: undefined }));
}
