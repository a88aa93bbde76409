import type { ConnectedState } from '../adapters/postgres/connect.ts';
import type { JobFigures } from '../adapters/postgres/job-figures.ts';

/**
 * A job that is due for longer than this is stuck, and work no longer gets done. The slowest job that is well is the
 * first clone of a large repository, which git is given 15 minutes for.
 */
export const OLDEST_DUE_JOB_MS_MAX = 20 * 60_000;

/**
 * A job that could run for longer than this, and does not, is held up. The queue looks twice a second, and gives up a statement that is
 * not answered after 15 seconds: so four of them, one after another, have come to nothing. A machine that is merely busy starts late
 * what it starts, and ends late what it has begun, for which no job counts as one that could run.
 */
export const HELD_UP_MS_MAX = 60_000;

export interface Readiness {
  readonly ready: boolean;
  /** In a few words. */
  readonly status: string;
  /** Left out while the database cannot be asked. */
  readonly oldestDueJobSeconds?: number;
}

/** What is asked of the state to know whether work gets done. */
export interface WorkState {
  readonly store: Pick<ConnectedState['store'], 'healthy'>;
  jobFigures(): Promise<Pick<JobFigures, 'oldestDueMs' | 'heldUpMs'>>;
}

/** @param state - `undefined` while the bot starts. */
export async function readiness(state: WorkState | undefined): Promise<Readiness> {
  if (state === undefined) return { ready: false, status: 'starting' };
  const figures = (await state.store.healthy()) ? await state.jobFigures().catch(() => undefined) : undefined;
  if (figures === undefined) return { ready: false, status: 'the database does not answer' };
  const oldestDueJobSeconds = Math.floor(figures.oldestDueMs / 1_000);
  if (figures.heldUpMs > HELD_UP_MS_MAX) return { ready: false, status: 'a job could run and does not', oldestDueJobSeconds };
  if (figures.oldestDueMs > OLDEST_DUE_JOB_MS_MAX) return { ready: false, status: 'a job has been due for too long', oldestDueJobSeconds };
  return { ready: true, status: 'ready', oldestDueJobSeconds };
}
