import { type Kysely, sql } from 'kysely';

/** How far something that comes in order has been read: the log of webhook deliveries. Of the app, and so of no fleet. */
const STATEMENTS: readonly string[] = ['create table cursors (name text primary key, position jsonb not null)'];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
