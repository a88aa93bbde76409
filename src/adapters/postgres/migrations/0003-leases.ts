import { type Kysely, sql } from 'kysely';

/**
 * Several replicas share the fleets of one database. Instants of these two tables are the database's own: whether a lease has run
 * out is judged by one clock, and never by a replica's.
 */
const STATEMENTS: readonly string[] = [
  `create table replicas (
    id text collate "C" primary key,
    name text not null,
    workers jsonb not null,
    started_at timestamptz not null default now(),
    expires_at timestamptz not null
  )`,
  // A row for each fleet; the token grows each time the fleet is taken, and never goes back.
  `create table leases (
    fleet text collate "C" primary key references fleets,
    holder text collate "C",
    token bigint not null default 0 check (token >= 0),
    expires_at timestamptz not null default '-infinity'
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
