import type { ConnectedState } from '../adapters/postgres/connect.ts';
import type { JobFigures } from '../adapters/postgres/job-figures.ts';

/**
 * A job that is due for longer than this is stuck, and work no longer gets done. The slowest job that is well is the
 * first clone of a large repository, which git is given 15 minutes for.
 */
export const OLDEST_DUE_JOB_MS_MAX = 20 * 60_000;

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
  jobFigures(): Promise<Pick<JobFigures, 'oldestDueMs'>>;
}

/** @param state - `undefined` while the bot starts. */
export async function readiness(state: WorkState | undefined): Promise<Readiness> {
  if (state === undefined) return { ready: false, status: 'starting' };
  const age = (await state.store.healthy()) ? (await state.jobFigures().catch(() => undefined))?.oldestDueMs : undefined;
  if (age === undefined) return { ready: false, status: 'the database does not answer' };
  const oldestDueJobSeconds = Math.floor(age / 1_000);
  if (age > OLDEST_DUE_JOB_MS_MAX) return { ready: false, status: 'a job has been due for too long', oldestDueJobSeconds };
  return { ready: true, status: 'ready', oldestDueJobSeconds };
}
