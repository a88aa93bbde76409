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
  /** Without an id, what is there of ours is taken up: what is on record may be less than what was written. `isFirst`: nothing is on record at all. */
  readonly write: (id: number | undefined, isFirst: boolean) => Promise<number>;
  readonly isOver?: (() => Promise<boolean>) | undefined;
}

interface CommentProjection {
  readonly pull: number;
  readonly body: string;
  readonly marker: string;
  readonly memo?: Projection['memo'];
}

export async function projectCheck(
  loop: ProjectingLoop,
  fleet: FleetRecord,
  key: string,
  check: Omit<CheckWrite, 'id' | 'isNew'>,
  { isNew = false, readsAs, isOver }: Circumstances = {},
): Promise<void> {
  const host = loop.ports.host(fleet);
  await project(loop, fleet, {
    key,
    hash: hash16(JSON.stringify(readsAs ?? check)),
    memo: { state: check.state.kind },
    write: async (id, isFirst) => (await host.writeCheck({ ...check, id, isNew: isNew && isFirst })).id,
    isOver,
  });
}

export interface Circumstances {
  /** What it is written on has only just come to be: where nothing is on record, nothing of ours is there, and it need not be looked for. */
  readonly isNew?: boolean;
  /** What of it is worth writing it again for, where that is not all of it. */
  readonly readsAs?: unknown;
  /** Asked when nobody else writes this any more: whether what it says no longer holds, so that it is not written. */
  readonly isOver?: () => Promise<boolean>;
}

/** Written, and not only begun to be, and not under way any more. What was written before states were kept was never under way. */
export const isEnded = (check: Projection | undefined): boolean => check?.hash !== undefined && check.memo['state'] !== 'in-progress';

/**
 * @param comment - with what is to be known of it later.
 */
export async function projectComment(
  loop: ProjectingLoop,
  fleet: FleetRecord,
  key: string,
  { memo = {}, ...comment }: CommentProjection,
  { isNew = false, readsAs, isOver }: Circumstances = {},
): Promise<void> {
  const host = loop.ports.host(fleet);
  await project(loop, fleet, {
    key,
    hash: hash16(readsAs === undefined ? comment.body : JSON.stringify(readsAs)),
    memo,
    write: async (id, isFirst) => (await host.writeComment({ ...comment, id, isNew: isNew && isFirst })).id,
    isOver,
  });
}

/** @param memo - what is to be known of it later, besides whether it is open. */
export async function projectIssue(
  loop: ProjectingLoop,
  fleet: FleetRecord,
  key: string,
  issue: Omit<IssueWrite, 'number'>,
  memo: Projection['memo'] = {},
): Promise<void> {
  const host = loop.ports.host(fleet);
  await project(loop, fleet, {
    key,
    hash: hash16(JSON.stringify(issue)),
    memo: { ...memo, state: issue.state },
    write: async (number) => (await host.writeIssue({ ...issue, number })).number,
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

/** Issues that are on record as open. */
export const openIssues = async (store: Projections, fleet: FleetRecord, prefix: string): Promise<readonly Projection[]> =>
  (await store.projections(fleet.id, prefix)).filter(isOpen);

const isOpen = ({ memo }: Projection): boolean => memo['state'] !== 'closed';

/** One write of a key at a time, in the order in which they were asked for. */
async function project(loop: ProjectingLoop, fleet: FleetRecord, { key, hash, memo, write, isOver }: Projected): Promise<void> {
  const { store } = loop.ports;
  await memoryOf(loop.memory, fleet.id).writing.run(key, async () => {
    const known = await store.projection(fleet.id, key);
    if (known?.hash === hash || (await isOver?.()) === true) return;
    // On record before the request: an issue whose creation went through unseen must be closed like any other, with what it last said.
    const due = known === undefined ? memo : { ...known.memo, ...memo, ...stateOf(known) };
    if (known === undefined || Object.entries(due).some(([name, value]) => known.memo[name] !== value))
      await store.saveProjection(fleet.id, { key, remoteId: known?.remoteId, hash: known?.hash, memo: due });
    const remoteId = await write(known?.remoteId, known === undefined);
    await store.saveProjection(fleet.id, { key, remoteId, hash, memo });
  });
}

/** Open until its end was written: whoever looks for open ones would miss it else. */
const stateOf = ({ memo: { state } }: Projection): Projection['memo'] => (state === undefined ? {} : { state });
