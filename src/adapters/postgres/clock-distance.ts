import { sql } from 'kysely';
import type { Clock } from '../../ports/clock.ts';
import type { Database } from './database.ts';

/** How far the database's clock is ahead of ours, in milliseconds; negative when it is behind. Right to about half a round trip. */
export async function clockDistance(db: Database, clock: Clock): Promise<number> {
  const asked = clock.now();
  const { rows } = await sql<{ readonly now: number }>`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(
    db,
  );
  const answered = clock.now();
  return (rows[0]?.now ?? Number.NaN) - (asked + answered) / 2;
}
