/**
 * From a push to the end of its check: it stands on the commit as under way before git is asked for anything, and it is ended whatever
 * becomes of the plan.
 */
import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { BEGUN_CHECK, renderUnplannedCheck, type Unplanned } from '../core/report/unplanned-check.ts';
import type { FleetRecord, Projection } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { reviewJob } from './jobs.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { projectCheck } from './project.ts';
import { begunKey, planCheckKey, rolloutCheckKey } from './projection-keys.ts';
import { isNewHead, type PullNews } from './pull-payload.ts';

export const PLAN_CHECK = 'flotilla / plan';

type BeginningLoop = LoopWith<'store' | 'host' | 'log'>;

/** Begins the check of a new head, beside its plan, which waits for nothing of this. @throws PortError when the database does not answer. */
export async function beginReview(loop: BeginningLoop, id: FleetId, news: PullNews): Promise<void> {
  const { store, log } = loop.ports;
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return;
  await store.enqueue([reviewJob(id, news.info.number, news)]);
  if (news.info.baseRef !== fleet.defaultBranch) return;
  await begin(loop, fleet, news).catch((error: unknown) =>
    log.warn({ err: error, fleet: id, pull: news.info.number }, 'a check could not be begun; its plan will write it'),
  );
}

async function begin(loop: BeginningLoop, fleet: FleetRecord, news: PullNews): Promise<void> {
  const { store } = loop.ports;
  const { headSha, number } = news.info;
  const key = planCheckKey(headSha);
  const isThere = async () => ((await store.projection(fleet.id, key))?.hash ?? undefined) !== undefined;
  if (await isThere()) return;
  // On record first: whatever was begun is ended.
  await changeBegun(loop, fleet.id, number, ({ heads }) => ({ heads: [...heads.filter((one) => one !== headSha), headSha], failures: 0 }));
  const check = { ...BEGUN_CHECK, name: PLAN_CHECK, headSha, externalId: 'none', detailsUrl: undefined };
  await projectCheck(loop, fleet, key, check, { isNew: isNewHead(news), isOver: isThere });
}

/**
 * Ends the checks of a pull request that were begun, and that nothing else has ended.
 *
 * @param but - this one has its plan.
 * @throws PortError
 */
export async function endBegun(loop: BeginningLoop, fleet: FleetRecord, pull: number, why: Unplanned, but?: CommitSha): Promise<void> {
  const { heads, failures } = readBegun(await loop.ports.store.projection(fleet.id, begunKey(pull)));
  if (heads.length === 0 && failures === 0) return;
  for (const head of heads) if (head !== but) await writeUnplanned(loop, fleet, head, why);
  await changeBegun(loop, fleet.id, pull, (now) => ({ heads: now.heads.filter((one) => !heads.includes(one)), failures: 0 }));
}

/** So many times in a row it is taken for an outage that passes. */
const TRIES = 3;

/** Planning it has failed: after some tries the check says why, and the tries go on. Never fails itself. */
export async function noteFailure(loop: BeginningLoop, id: FleetId, pull: number, error: unknown): Promise<void> {
  const { store, log } = loop.ports;
  try {
    const fleet = await activeFleet(store, id);
    if (fleet === undefined) return;
    const { heads, failures } = await changeBegun(loop, id, pull, (now) => ({ ...now, failures: now.failures + 1 }));
    const why = error instanceof Error ? error.message : String(error);
    if (failures >= TRIES)
      for (const head of heads)
        await writeUnplanned(loop, fleet, head, { kind: 'failing', tries: TRIES, why: why.slice(0, WHY_CHARS_MAX) });
  } catch (failure) {
    log.warn({ err: failure, fleet: id, pull }, 'a check cannot say that its plan fails');
  }
}

const WHY_CHARS_MAX = 500;

export async function writeUnplanned(
  loop: BeginningLoop,
  fleet: FleetRecord,
  head: CommitSha,
  why: Unplanned,
  name: typeof PLAN_CHECK | 'flotilla / rollout' = PLAN_CHECK,
): Promise<void> {
  const check = { ...renderUnplannedCheck(why), name, headSha: head, externalId: 'none', detailsUrl: undefined };
  await projectCheck(loop, fleet, name === PLAN_CHECK ? planCheckKey(head) : rolloutCheckKey(head), check);
}

interface Begun {
  /** Whose checks are under way, or say that planning fails. */
  readonly heads: readonly CommitSha[];
  /** In a row. */
  readonly failures: number;
}

function readBegun(known: Projection | undefined): Begun {
  const heads = (known?.memo['heads'] ?? '').split(' ').filter((head) => head !== '') as CommitSha[];
  return { heads, failures: Number(known?.memo['failures'] ?? 0) };
}

async function changeBegun(loop: BeginningLoop, id: FleetId, pull: number, change: (begun: Begun) => Begun): Promise<Begun> {
  const { store } = loop.ports;
  const key = begunKey(pull);
  return await memoryOf(loop.memory, id).writing.run(key, async () => {
    const next = change(readBegun(await store.projection(id, key)));
    const memo = { heads: next.heads.join(' '), failures: String(next.failures) };
    await store.saveProjection(id, { key, remoteId: undefined, hash: undefined, memo });
    return next;
  });
}
