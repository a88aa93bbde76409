/**
 * Writes what people read on the code host: checks, comments, issues. Each is a projection of our state under a key
 * of ours; writing the same again costs no request, and a crash in the middle makes no second one.
 */
import { hash16 } from '../core/model/hash.ts';
import type { CheckWrite, IssueWrite } from '../ports/code-host.ts';
import type { FleetRecord, Projection, StateStore } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';

type ProjectingLoop = LoopWith<'store' | 'host'>;
type Projections = Pick<StateStore, 'projection' | 'projections'>;

/** What is to be written under one key. */
interface Projected {
  readonly key: string;
  readonly hash: string;
  readonly memo: Projection['memo'];
  /** @param adopt - a creation may have gone through unseen: one of ours is looked for before another is made. */
  readonly write: (id: number | undefined, adopt: boolean) => Promise<number>;
  readonly isOver?: (() => Promise<boolean>) | undefined;
}

export async function projectCheck(
  loop: ProjectingLoop,
  fleet: FleetRecord,
  key: string,
  check: Omit<CheckWrite, 'id' | 'adopt'>,
): Promise<void> {
  const host = loop.ports.host(fleet);
  await project(loop, fleet, {
    key,
    hash: hash16(JSON.stringify(check)),
    memo: {},
    write: async (id, adopt) => (await host.writeCheck({ ...check, id, adopt })).id,
  });
}

/** @param isOver - asked when nobody else writes this comment any more: whether what it says no longer holds, so that it is not written. */
export async function projectComment(
  loop: ProjectingLoop,
  fleet: FleetRecord,
  key: string,
  comment: { readonly pull: number; readonly body: string; readonly marker: string },
  isOver?: () => Promise<boolean>,
): Promise<void> {
  const host = loop.ports.host(fleet);
  await project(loop, fleet, {
    key,
    hash: hash16(comment.body),
    memo: {},
    write: async (id, adopt) => (await host.writeComment({ ...comment, id, adopt })).id,
    isOver,
  });
}

export async function projectIssue(
  loop: ProjectingLoop,
  fleet: FleetRecord,
  key: string,
  issue: Omit<IssueWrite, 'number' | 'adopt'>,
): Promise<void> {
  const host = loop.ports.host(fleet);
  await project(loop, fleet, {
    key,
    hash: hash16(JSON.stringify(issue)),
    memo: { state: issue.state },
    write: async (number, adopt) => (await host.writeIssue({ ...issue, number, adopt })).number,
  });
}

/** Was it ever written, or begun to be? */
export const isProjected = async (store: Projections, fleet: FleetRecord, key: string): Promise<boolean> =>
  (await store.projection(fleet.id, key)) !== undefined;

/** The issue under this key, where it is on record as open. */
export async function isOpenIssue(store: Projections, fleet: FleetRecord, key: string): Promise<boolean> {
  const issue = await store.projection(fleet.id, key);
  return issue !== undefined && isOpen(issue);
}

/** Keys of issues that are on record as open. */
export const openIssues = async (store: Projections, fleet: FleetRecord, prefix: string): Promise<readonly string[]> =>
  (await store.projections(fleet.id, prefix)).filter(isOpen).map(({ key }) => key);

const isOpen = ({ memo }: Projection): boolean => memo['state'] !== 'closed';

/** One write of a key at a time, in the order in which they were asked for. */
async function project(loop: ProjectingLoop, fleet: FleetRecord, { key, hash, memo, write, isOver }: Projected): Promise<void> {
  const { store } = loop.ports;
  await memoryOf(loop.memory, fleet.id).writing.run(key, async () => {
    const known = await store.projection(fleet.id, key);
    if (known?.hash === hash || (await isOver?.()) === true) return;
    // The intent is on record before the request: finding it without an id means that a creation may have gone through unseen.
    if (known === undefined) await store.saveProjection(fleet.id, { key, remoteId: undefined, hash: undefined, memo });
    const adopt = known !== undefined && known.remoteId === undefined;
    const remoteId = await write(known?.remoteId, adopt);
    await store.saveProjection(fleet.id, { key, remoteId, hash, memo });
  });
}
