import type { JobTask } from '../../ports/state-store.ts';

/** Most slots that are left free for others. */
export const LEFT_FREE_MAX = 2;

/**
 * A job starts only where so many slots are left free after it. What waits for git, GitHub or a person's repository may take as long as
 * it likes: with all that it may have, a halt is still decided on, and sent to the data planes; and with data planes that hang as well,
 * it is still decided on.
 */
const LEFT_FREE: Readonly<Record<JobTask, 0 | 1 | typeof LEFT_FREE_MAX>> = {
  tick: 0,
  command: 0,
  deliver: 1,
  observe: 1,
  sync: 2,
  review: 2,
  publish: 2,
  sweep: 2,
  drift: 2,
  install: 2,
  reconcile: 2,
  converse: 2,
  press: 2,
};

/** Tasks by how many slots they leave free. */
export const LANES: readonly (readonly JobTask[])[] = Array.from({ length: LEFT_FREE_MAX + 1 }, (_, free) =>
  (Object.keys(LEFT_FREE) as JobTask[]).filter((task) => LEFT_FREE[task] === free),
);

export const laneOf = (task: JobTask): number => LEFT_FREE[task];

/** Of the jobs of a lane and all behind it, so many may start now: one slot is never kept from the only ones there are. */
export const startsOf = (slots: number, concurrency: number): readonly number[] =>
  LANES.map((_tasks, free) => Math.max(0, slots - Math.min(free, concurrency - 1)));
