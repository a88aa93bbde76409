import { type Decoder, decode, flag, maybe, number, object, parsed, text, word } from '../core/model/decode.ts';
import { type CommitSha, type FleetId, type PlanDigest, parseCommitSha, parsePlanDigest } from '../core/model/ids.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { Projection, StateStore } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { PULL_KEYS } from './projection-keys.ts';

/** What we know of a pull request: whether its comment is a plan, and of what. */
export interface PullRecord {
  readonly number: number;
  /** Merged or closed: no plan of it is written any more, and its comment tells of the rollouts. */
  readonly isOpen: boolean;
  /** How often it was closed: whoever plans it meanwhile sees by this that it was, though it may have been opened again before. */
  readonly closings: number;
  /** What the newest plan was made for; `undefined` when it was closed before its first plan. */
  readonly planned: { readonly info: PullInfo; readonly base: CommitSha } | undefined;
  /** Of the plan that was shown last. */
  readonly digest: PlanDigest | undefined;
}

type PullStore = Pick<StateStore, 'projection' | 'projections' | 'saveProjection'>;

export async function pullRecord(store: PullStore, fleet: FleetId, pull: number): Promise<PullRecord | undefined> {
  const found = await store.projection(fleet, keyOf(pull));
  return found && readPullRecord(found);
}

export async function pullRecords(store: PullStore, fleet: FleetId): Promise<readonly PullRecord[]> {
  const found = await store.projections(fleet, PULL_KEYS);
  return found.map(readPullRecord).filter((record) => record !== undefined);
}

export type Planned = Pick<PullRecord, 'number' | 'planned' | 'digest'>;

/**
 * Puts a new plan on record, as a compare-and-swap: a pull request that was closed while it was planned stays closed.
 *
 * @param read - what was on record before it was planned.
 */
export async function recordPlan(
  loop: LoopWith<'store'>,
  fleet: FleetId,
  plan: Planned,
  read: PullRecord | undefined,
): Promise<'recorded' | 'closed-since'> {
  return await alone(loop, fleet, plan.number, async (known) => {
    if (wasClosedSince(read, known)) return 'closed-since';
    await save(loop.ports.store, fleet, { ...plan, isOpen: true, closings: known?.closings ?? 0 });
    return 'recorded';
  });
}

/**
 * The digest that was shown last stays known. On record also for a pull request that was merged before its first plan: that
 * plan may be under way.
 */
export async function closePull(loop: LoopWith<'store'>, fleet: FleetId, pull: number): Promise<void> {
  await alone(loop, fleet, pull, async (known) => {
    const { planned, digest, closings } = known ?? { planned: undefined, digest: undefined, closings: 0 };
    await save(loop.ports.store, fleet, { number: pull, isOpen: false, closings: closings + 1, planned, digest });
  });
}

/** Closed since it was read, and so by now? */
export const wasClosedSince = (read: PullRecord | undefined, now: PullRecord | undefined): boolean =>
  (now?.closings ?? 0) !== (read?.closings ?? 0);

/** Reviews and syncs run side by side: what one reads, the other must not change before it has written. */
async function alone<T>(
  { ports, memory }: LoopWith<'store'>,
  fleet: FleetId,
  pull: number,
  work: (known: PullRecord | undefined) => Promise<T>,
): Promise<T> {
  return await memoryOf(memory, fleet).writing.run(keyOf(pull), async () => await work(await pullRecord(ports.store, fleet, pull)));
}

async function save(store: PullStore, fleet: FleetId, record: PullRecord): Promise<void> {
  await store.saveProjection(fleet, { key: keyOf(record.number), remoteId: undefined, hash: undefined, memo: memoOf(record) });
}

/** The pull request as it was when its head was this. */
export const knownPull = (known: PullRecord | undefined, head: CommitSha): PullInfo | undefined =>
  known?.planned?.info.headSha === head ? known.planned.info : undefined;

const keyOf = (pull: number): string => `${PULL_KEYS}${pull}`;

export function memoOf({ number: pull, isOpen, closings, planned, digest }: PullRecord): Projection['memo'] {
  return {
    pull: String(pull),
    state: isOpen ? 'open' : 'closed',
    closings: String(closings),
    ...(planned === undefined ? {} : { base: planned.base, info: JSON.stringify(planned.info) }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** What cannot be read is taken as not known: the pull request is then looked at again. */
export function readPullRecord({ key, memo }: Projection): PullRecord | undefined {
  const pull = Number(key.slice(PULL_KEYS.length));
  if (!Number.isSafeInteger(pull) || pull <= 0) return undefined;
  const base = parseCommitSha(memo['base'] ?? '');
  const info = decode(pullInfo, jsonOf(memo['info']));
  const digest = parsePlanDigest(memo['digest'] ?? '');
  return {
    number: pull,
    isOpen: memo['state'] === 'open',
    closings: closingsOf(memo),
    planned: base.ok && info.ok ? { info: info.value, base: base.value } : undefined,
    digest: digest.ok ? digest.value : undefined,
  };
}

/** An older program counted none: then one that is closed was closed once. */
function closingsOf({ state, closings }: Projection['memo']): number {
  const count = Number(closings);
  return closings !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : state === 'open' ? 0 : 1;
}

function jsonOf(written: string | undefined): unknown {
  try {
    return written === undefined ? undefined : JSON.parse(written);
  } catch {
    return undefined;
  }
}

const commit = parsed(text, parseCommitSha);

const pullInfo: Decoder<PullInfo> = object({
  number,
  headSha: commit,
  baseRef: text,
  author: text,
  title: text,
  draft: flag,
  state: word(['open', 'closed']),
  merged: flag,
  fork: flag,
  mergeCommit: maybe(commit),
});
