import type pg from 'pg';

/** A job that is locked in the database. With each lock its attempts grow, so that by these three one lock is known from the next. */
interface LockedJob {
  readonly id: string;
  readonly lockedBy: string;
  readonly attempts: number;
}

/**
 * Finds jobs that are locked for us and that none of us works on. The database took one for us while it could not answer: by the
 * time it did, nobody was listening any more. graphile-worker itself frees such a job, and its whole queue, after four hours.
 */
export class OrphanedLocks {
  readonly #pool: pg.Pool;
  readonly #isRunning: (job: string) => boolean;
  readonly #isOurs: (worker: string) => boolean;
  readonly #unheardMs: number;
  /** When a lock was first seen without anybody who works on its job, by this process's own steady clock. */
  readonly #suspectedAt = new Map<string, number>();

  /**
   * @param isOurs - whether a worker is, or was, of this process.
   * @param unheardMs - after this long, whoever asked for a job has got it or has given up.
   */
  constructor(pool: pg.Pool, isRunning: (job: string) => boolean, isOurs: (worker: string) => boolean, unheardMs: number) {
    this.#pool = pool;
    this.#isRunning = isRunning;
    this.#isOurs = isOurs;
    this.#unheardMs = unheardMs;
  }

  /** Frees the jobs that have been suspected for long enough, and their queues. @returns how many. */
  async release(): Promise<number> {
    const { rows } = await this.#pool.query<LockedJob>(
      'select id::text, locked_by as "lockedBy", attempts::int from graphile_worker._private_jobs where locked_by is not null',
    );
    const now = performance.now();
    const suspects = rows.filter(({ id, lockedBy }) => !this.#isRunning(id) && this.#isOurs(lockedBy));
    const keys = new Set(suspects.map(keyOf));
    for (const key of this.#suspectedAt.keys()) if (!keys.has(key)) this.#suspectedAt.delete(key);
    for (const key of keys) if (!this.#suspectedAt.has(key)) this.#suspectedAt.set(key, now);
    const orphans = suspects.filter((job) => now - (this.#suspectedAt.get(keyOf(job)) ?? now) > this.#unheardMs);
    return orphans.length === 0 ? 0 : free(this.#pool, orphans);
  }
}

const keyOf = ({ id, lockedBy, attempts }: LockedJob): string => `${id} ${lockedBy} ${attempts}`;

/** A job without a key was replaced by a newer one. The attempt is taken back: it never began. */
async function free(pool: pg.Pool, orphans: readonly LockedJob[]): Promise<number> {
  const { rows } = await pool.query<{ readonly freed: number }>(
    `with orphans as (
      select * from unnest($1::bigint[], $2::text[], $3::int[]) as o (id, locked_by, attempts)
    ), freed as (
      update graphile_worker._private_jobs j set locked_at = null, locked_by = null, attempts = greatest(0, j.attempts - 1)
      from orphans o where j.id = o.id and j.locked_by = o.locked_by and j.attempts = o.attempts and j.key is not null
      returning j.job_queue_id, o.locked_by
    ), replaced as (
      delete from graphile_worker._private_jobs j
      using orphans o where j.id = o.id and j.locked_by = o.locked_by and j.attempts = o.attempts and j.key is null
      returning j.job_queue_id, o.locked_by
    ), gone as (
      select * from freed union all select * from replaced
    ), queues as (
      update graphile_worker._private_job_queues q set locked_at = null, locked_by = null
      from gone where q.id = gone.job_queue_id and q.locked_by = gone.locked_by
    )
    select count(*)::int as freed from gone`,
    [orphans.map(({ id }) => id), orphans.map(({ lockedBy }) => lockedBy), orphans.map(({ attempts }) => attempts)],
  );
  return rows[0]?.freed ?? 0;
}
