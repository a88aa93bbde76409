import { sql } from 'kysely';
import { type ClusterId, type FleetId, trusted } from '../../core/model/ids.ts';
import type { Database } from './database.ts';
import { inChunks } from './rows.ts';

/** One statement for all of them: two fleets that claim a cluster at once cannot both have it. */
export async function claim(
  db: Database,
  fleet: FleetId,
  place: string,
  clusters: readonly ClusterId[],
): Promise<ReadonlyMap<ClusterId, FleetId>> {
  const others = new Map<ClusterId, FleetId>();
  // In one order, whoever claims them: of two that claim the same ones, neither waits for the other for ever.
  for (const some of inChunks(clusters.toSorted())) {
    const names = [...new Set(some)];
    await sql`
      insert into claims (place, cluster, fleet) select ${place}, cluster, ${fleet} from unnest(${names}::text[]) as cluster
      on conflict (place, cluster) do update set fleet = excluded.fleet
      where claims.fleet <> excluded.fleet and not exists (
        select from desired d join fleets f on f.id = d.fleet
        where d.fleet = claims.fleet and d.cluster = claims.cluster and f.retired_why is null)`.execute(db);
    const { rows } = await sql<{ readonly cluster: string; readonly fleet: string }>`
      select cluster, fleet from claims where place = ${place} and cluster = any(${names}::text[]) and fleet <> ${fleet}`.execute(db);
    for (const row of rows) others.set(trusted.cluster(row.cluster), trusted.fleet(row.fleet));
  }
  return others;
}
