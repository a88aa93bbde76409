import type { CommitSha, FleetId } from '../core/model/ids.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { PullRecord } from '../ports/state-store.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';

export type Planned = Pick<PullRecord, 'number' | 'planned' | 'digest' | 'asked'>;

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
    await loop.ports.store.savePull(fleet, { ...plan, isOpen: true, closings: known?.closings ?? 0 });
    return 'recorded';
  });
}

/**
 * The digest that was shown last stays known. On record also for a pull request that was merged before its first plan: that
 * plan may be under way.
 */
export async function closePull(loop: LoopWith<'store'>, fleet: FleetId, pull: number): Promise<void> {
  await alone(loop, fleet, pull, async (known) => {
    const { planned, digest, asked, closings } = known ?? { planned: undefined, digest: undefined, asked: undefined, closings: 0 };
    await loop.ports.store.savePull(fleet, { number: pull, isOpen: false, closings: closings + 1, planned, digest, asked });
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
  return await memoryOf(memory, fleet).writing.run(`pull:${pull}`, async () => await work(await ports.store.pull(fleet, pull)));
}

/** The pull request as it was when its head was this. */
export const knownPull = (known: PullRecord | undefined, head: CommitSha): PullInfo | undefined =>
  known?.planned?.info.headSha === head ? known.planned.info : undefined;
