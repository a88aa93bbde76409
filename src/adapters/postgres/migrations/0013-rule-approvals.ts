import { type Kysely, sql } from 'kysely';

/**
 * What brought a rollout that somebody asked for once more: its own commit is another. And what people have to agree to before a pull
 * request is merged, and who has. Of pull requests that are open already nobody was asked: the next sweep plans them anew.
 */
const STATEMENTS: readonly string[] = [
  'alter table rollouts add column origin text',
  'alter table pulls add column asked jsonb',
  // Of a base that never was, so that they are planned anew.
  `update pulls set base = repeat('0', 40) where is_open and base is not null`,
  `create table rule_approvals (
    fleet text collate "C" not null references fleets,
    pull bigint not null,
    "by" text not null,
    digest text not null,
    at bigint not null,
    source text not null,
    because text not null
  )`,
  // Whoever writes their name in another way is the same person.
  'create unique index rule_approvals_person on rule_approvals (fleet, pull, lower("by"))',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
