/**
 * Writes what people read on the code host: checks, comments, issues. Each is a projection of our state under a key
 * of ours; writing the same again costs no request, and a crash in the middle makes no second one.
 */
import { hash16 } from '../core/model/hash.ts';
import type { CheckWrite, IssueWrite } from '../ports/code-host.ts';
import type { FleetRecord, Projection } from '../ports/state-store.ts';
import type { Loop } from './loop.ts';
import { memoryOf } from './memory.ts';

export async function projectCheck(loop: Loop, fleet: FleetRecord, key: string, check: Omit<CheckWrite, 'id' | 'adopt'>): Promise<void> {
  await project(
    loop,
    fleet,
    key,
    hash16(JSON.stringify(check)),
    async (id, adopt) => (await loop.ports.host(fleet).writeCheck({ ...check, id, adopt })).id,
  );
}

export async function projectComment(
  loop: Loop,
  fleet: FleetRecord,
  key: string,
  comment: { readonly pull: number; readonly body: string; readonly marker: string },
): Promise<void> {
  await project(
    loop,
    fleet,
    key,
    hash16(comment.body),
    async (id, adopt) => (await loop.ports.host(fleet).writeComment({ ...comment, id, adopt })).id,
  );
}

export async function projectIssue(
  loop: Loop,
  fleet: FleetRecord,
  key: string,
  issue: Omit<IssueWrite, 'number' | 'adopt'>,
): Promise<void> {
  await project(
    loop,
    fleet,
    key,
    hash16(JSON.stringify(issue)),
    async (number, adopt) => (await loop.ports.host(fleet).writeIssue({ ...issue, number, adopt })).number,
    {
      state: issue.state,
    },
  );
}

/** Was it ever written, or begun to be? */
export async function isProjected(loop: Loop, fleet: FleetRecord, key: string): Promise<boolean> {
  return (await loop.ports.store.projection(fleet.id, key)) !== undefined;
}

/** One write of a key at a time, in the order in which they were asked for. */
async function project(
  loop: Loop,
  fleet: FleetRecord,
  key: string,
  hash: string,
  write: (id: number | undefined, adopt: boolean) => Promise<number>,
  memo: Projection['memo'] = {},
): Promise<void> {
  const { writing } = memoryOf(loop.memory, fleet.id);
  const before = writing.get(key) ?? Promise.resolve();
  // A failure is its own job's to tell and to repeat.
  const turn = before.then(
    () => writeOnce(loop, fleet, key, hash, write, memo),
    () => writeOnce(loop, fleet, key, hash, write, memo),
  );
  writing.set(key, turn);
  try {
    await turn;
  } finally {
    if (writing.get(key) === turn) writing.delete(key);
  }
}

async function writeOnce(
  loop: Loop,
  fleet: FleetRecord,
  key: string,
  hash: string,
  write: (id: number | undefined, adopt: boolean) => Promise<number>,
  memo: Projection['memo'],
): Promise<void> {
  const { store } = loop.ports;
  const known = await store.projection(fleet.id, key);
  if (known?.hash === hash) return;
  // The intent is on record before the request: finding it without an id means that a creation may have gone through unseen.
  if (known === undefined) await store.saveProjection(fleet.id, { key, remoteId: undefined, hash: undefined, memo });
  const adopt = known !== undefined && known.remoteId === undefined;
  const remoteId = await write(known?.remoteId, adopt);
  await store.saveProjection(fleet.id, { key, remoteId, hash, memo });
}
