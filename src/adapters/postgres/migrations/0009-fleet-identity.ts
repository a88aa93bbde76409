import { type Kysely, sql } from 'kysely';

/**
 * A fleet belongs to a repository by the id that the code host gave it, whatever the repository is called. Fleets that are there
 * already have none until the code host lists their repositories next: their keys, and all that hangs on them, stay as they are.
 */

/** Who has a cluster at one place of the world: kind, address and name of its data plane. */
const CLAIMS = `create table claims (
  place text collate "C" not null,
  cluster text collate "C" not null,
  fleet text collate "C" not null references fleets,
  primary key (place, cluster)
)`;

/** Whoever describes a cluster already has it; of two, whoever ordered it first. */
const FIRST_CLAIMS = `
  insert into claims (place, cluster, fleet)
  select distinct on (place, cluster) place, cluster, fleet from (
    select d.fleet, d.cluster, concat(p->>'kind', ' ', p->>'urlFromEnv', ' ', p->>'name') as place, o.ordered_at
    from desired d
    join policy on policy.fleet = d.fleet
    cross join lateral jsonb_array_elements(policy.policy->'dataPlanes') p
    left join orders o on o.fleet = d.fleet and o.cluster = d.cluster
    where p->>'name' = d.data_plane
  ) as described
  order by place, cluster, ordered_at nulls last, fleet`;

const STATEMENTS: readonly string[] = [
  `alter table fleets
    add column repository bigint unique,
    add column retired_why text,
    add column retired_since bigint,
    add check ((retired_why is null) = (retired_since is null))`,
  // Looked at once, and again only when somebody has pushed to them.
  'create table bystanders (repository bigint primary key, as_of text not null)',
  CLAIMS,
  FIRST_CLAIMS,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
