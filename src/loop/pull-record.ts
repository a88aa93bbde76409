import type { CommitSha, FleetId } from '../core/model/ids.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { Projection } from '../ports/state-store.ts';
import type { Loop } from './loop.ts';

/** What we know of a pull request: whether its comment is a plan, and of which head. */
export const PULL_RECORDS = 'pull:';

const keyOf = (pull: number): string => `${PULL_RECORDS}${pull}`;

export function pullRecord(loop: Loop, fleet: FleetId, pull: number): Promise<Projection | undefined> {
  return loop.ports.store.projection(fleet, keyOf(pull));
}

export async function rememberPull(loop: Loop, fleet: FleetId, pull: PullInfo, base: CommitSha, digest: string | undefined): Promise<void> {
  const memo = {
    pull: String(pull.number),
    state: 'open',
    head: pull.headSha,
    base,
    info: JSON.stringify(pull),
    ...(digest === undefined ? {} : { digest }),
  };
  await loop.ports.store.saveProjection(fleet, { key: keyOf(pull.number), remoteId: undefined, hash: undefined, memo });
}

/**
 * Merged or closed: no plan of it is written any more. The digest that was shown last stays known. On record also for a
 * pull request that was merged before its first plan: that plan may be under way.
 */
export async function closePull(loop: Loop, fleet: FleetId, pull: number): Promise<void> {
  const known = await pullRecord(loop, fleet, pull);
  const { remoteId, hash, memo } = known ?? { remoteId: undefined, hash: undefined, memo: { pull: String(pull) } };
  await loop.ports.store.saveProjection(fleet, { key: keyOf(pull), remoteId, hash, memo: { ...memo, state: 'closed' } });
}

/** Closed since it was read as open, or as unknown: then its comment tells of the rollout. */
export async function isClosedSince(loop: Loop, fleet: FleetId, pull: number, read: Projection | undefined): Promise<boolean> {
  return read?.memo['state'] !== 'closed' && (await pullRecord(loop, fleet, pull))?.memo['state'] === 'closed';
}

/** The pull request as it was when its head was this. */
export function knownPull(known: Projection | undefined, head: CommitSha): PullInfo | undefined {
  const memo = known?.memo;
  return memo?.['head'] === head && memo['info'] !== undefined ? (JSON.parse(memo['info']) as PullInfo) : undefined;
}
