import type { FollowUp } from '../change/follow-up.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { CommitSha } from '../model/ids.ts';

/** A pull request as the code host knows it. */
export interface OpenPull {
  readonly number: number;
  readonly headSha: CommitSha;
  readonly baseRef: string;
}

/** A pull request that is open by our record. */
export interface KnownPull {
  readonly number: number;
  /** What its plan was made for. */
  readonly head: CommitSha | undefined;
  readonly base: CommitSha | undefined;
}

export interface SweepInput {
  readonly defaultBranch: string;
  readonly seenHead: CommitSha | undefined;
  readonly open: readonly OpenPull[];
  readonly known: readonly KnownPull[];
  readonly orders: StandingOrders;
}

/**
 * What has to be caught up: webhooks and answers may have been lost. Pull requests whose head was planned on this base cost
 * nothing more. The default branch, the rollouts and the drift are looked at either way.
 */
export function missedOf({ defaultBranch, seenHead, open, known, orders }: SweepInput): readonly FollowUp[] {
  const byNumber = new Map(known.map((pull) => [pull.number, pull]));
  const stillOpen = new Set(open.map(({ number }) => number));
  const followUps: FollowUp[] = [{ kind: 'sync' }];
  for (const { number, headSha, baseRef } of open) {
    if (baseRef !== defaultBranch) continue;
    const record = byNumber.get(number);
    if (record?.head !== headSha) followUps.push({ kind: 'review', pull: number });
    // A bot that was killed right after a landing has asked for no new plans of it.
    else if (record.base !== seenHead) followUps.push({ kind: 'review-again', pull: number });
  }
  for (const { number } of known) if (!stillOpen.has(number)) followUps.push({ kind: 'review', pull: number });
  for (const dataPlane of unanswered(orders)) followUps.push({ kind: 'deliver', dataPlane });
  return [...followUps, { kind: 'tick' }, { kind: 'look-for-drift' }];
}

function unanswered(orders: StandingOrders): ReadonlySet<string> {
  const dataPlanes = new Set<string>();
  for (const { dataPlane, reply } of orders.values()) if (reply === undefined) dataPlanes.add(dataPlane);
  return dataPlanes;
}
