import type { Approval } from '../manifest/generated.ts';
import { formatDuration } from '../model/time.ts';
import { type Compared, msOf } from './compare-values.ts';

/** An approval on the way of a cluster. */
export interface ApprovalOnWay {
  readonly phase: string;
  readonly approval: Approval;
  /** The cluster is not touched before it is given. */
  readonly isFirst: boolean;
}

/** Approvals of a way that nothing on the other way makes up for: there are fewer, by other people, or they come later. */
export function compareApprovals(was: readonly ApprovalOnWay[], is: readonly ApprovalOnWay[]): readonly (Compared & { phase: string })[] {
  const [lost, gained] = [missingFrom(was, is), missingFrom(is, was)];
  const phasesLost = new Set(lost.map(({ phase }) => phase));
  return [
    ...lost.map((one): Compared & { phase: string } => ({ phase: one.phase, effect: 'loses', ...texts(one, ofPhase(is, one)) })),
    ...gained
      .filter(({ phase }) => !phasesLost.has(phase))
      .map((one): Compared & { phase: string } => ({ phase: one.phase, effect: 'gains', ...texts(ofPhase(was, one), one) })),
  ];
}

const ofPhase = (way: readonly ApprovalOnWay[], { phase }: ApprovalOnWay): ApprovalOnWay | undefined =>
  way.find((one) => one.phase === phase);

const texts = (before: ApprovalOnWay | undefined, after: ApprovalOnWay | undefined) => ({
  before: before && approvalText(before),
  after: after && approvalText(after),
});

/** Each approval makes up for one only. */
function missingFrom(was: readonly ApprovalOnWay[], is: readonly ApprovalOnWay[]): readonly ApprovalOnWay[] {
  const left = [...is];
  return was.filter((one) => {
    const at = left.findIndex((other) => makesUpFor(other, one));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function makesUpFor({ approval: one, isFirst }: ApprovalOnWay, other: ApprovalOnWay): boolean {
  const named = new Set(namesOf(other.approval));
  return (
    (isFirst || !other.isFirst) &&
    one.count >= other.approval.count &&
    namesOf(one).every((name) => named.has(name)) &&
    isAsShort(one.validFor, other.approval.validFor) &&
    ((one.notAuthor ?? true) || other.approval.notAuthor === false)
  );
}

/** One that expires protects more than one that does not. */
const isAsShort = (one: string | undefined, other: string | undefined): boolean =>
  other === undefined || (one !== undefined && msOf(one) <= msOf(other));

const namesOf = ({ teams = [], users = [] }: Approval): readonly string[] => [...teams.map((team) => `team ${team}`), ...users];

const validWords = (validFor: string | undefined): string => (validFor === undefined ? '' : `, each for ${formatDuration(msOf(validFor))}`);

/** `2 before it starts, by team kafka-leads or otto, nobody who took part in the change`. */
function approvalText({ approval }: ApprovalOnWay): string {
  const when = approval.when === 'before' ? 'before it starts' : 'after it has baked';
  const notAuthor = (approval.notAuthor ?? true) ? ', nobody who took part in the change' : '';
  return `${approval.count} ${when}, by ${namesOf(approval).join(' or ') || 'nobody'}${notAuthor}${validWords(approval.validFor)}`;
}
