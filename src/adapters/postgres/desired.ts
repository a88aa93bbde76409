import { sql } from 'kysely';
import type { DesiredCluster, DesiredState } from '../../core/desired/desired.ts';
import type { ClusterId, FleetId, Revision } from '../../core/model/ids.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { type Read, record, text } from './read-json.ts';
import { inChunks, readRow, recordset } from './rows.ts';
import { clusterKey, desiredSpec, heldAt, labels, optOut, revision } from './shapes.ts';

/** Further back than a person would roll back; a cluster's whole history stays in the table. */
const REVISIONS_MAX = 100;

export async function desired(db: Database, fleet: FleetId): Promise<DesiredState> {
  const { rows } = await sql<{ readonly cluster: string }>`
    select cluster, revision, spec, release, data_plane as "dataPlane", labels, held_at as "heldAt", opt_out as "optOut"
    from desired where fleet = ${fleet} order by cluster`.execute(db);
  const state = new Map<ClusterId, DesiredCluster>();
  for (const row of rows) {
    const cluster = readRow('desired', row.cluster, read, row);
    state.set(cluster.cluster, cluster);
  }
  return state;
}

const read: Read<DesiredCluster> = record<DesiredCluster>({
  cluster: clusterKey,
  revision,
  spec: desiredSpec,
  release: text,
  dataPlane: text,
  labels,
  heldAt,
  optOut,
});

/** Each revision once, newest first, without the one that is desired now. */
export async function earlierRevisions(
  db: Database,
  fleet: FleetId,
  clusters: readonly ClusterId[],
): Promise<ReadonlyMap<ClusterId, readonly Revision[]>> {
  const earlier = new Map<ClusterId, Revision[]>(clusters.map((cluster) => [cluster, []]));
  for (const some of inChunks(clusters)) {
    const { rows } = await sql<{ readonly cluster: string; readonly revision: string }>`
      select c.cluster, h.revision
      from unnest(${[...some]}::text[]) as c(cluster)
      cross join lateral (
        select revision, max(id) as newest from desired_history
        where fleet = ${fleet} and cluster = c.cluster and revision is not null
          and revision is distinct from (select d.revision from desired d where d.fleet = ${fleet} and d.cluster = c.cluster)
        group by revision order by newest desc limit ${REVISIONS_MAX}
      ) h
      order by c.cluster, h.newest desc`.execute(db);
    for (const row of rows) {
      earlier
        .get(readRow('desired_history', row.cluster, clusterKey, row.cluster))
        ?.push(readRow('desired_history', row.cluster, revision, row.revision));
    }
  }
  return earlier;
}

/** Writes what changed, and one line of history for each cluster whose revision changed, or that left. */
export async function writeDesired(tx: Tx, fleet: FleetId, at: number, change: NonNullable<StateChange['desired']>): Promise<void> {
  for (const some of inChunks(change.set)) {
    const rows = some.map((one) => ({ ...one, data_plane: one.dataPlane, held_at: one.heldAt, opt_out: one.optOut }));
    const set = recordset(rows, {
      cluster: 'text',
      revision: 'text',
      spec: 'jsonb',
      release: 'text',
      data_plane: 'text',
      labels: 'jsonb',
      held_at: 'jsonb',
      opt_out: 'jsonb',
    });
    // Both parts see the table as it was before the statement, so the history compares with the old revision.
    await sql`
      with x as materialized (select * from ${set}),
      remembered as (
        insert into desired_history (fleet, cluster, revision, commit, at)
        select ${fleet}, x.cluster, x.revision, ${change.commit}, ${at}
        from x left join desired d on d.fleet = ${fleet} and d.cluster = x.cluster
        where d.revision is distinct from x.revision
      )
      insert into desired (fleet, cluster, revision, spec, release, data_plane, labels, held_at, opt_out, commit)
      select ${fleet}, x.cluster, x.revision, x.spec, x.release, x.data_plane, x.labels, x.held_at, x.opt_out, ${change.commit} from x
      on conflict (fleet, cluster) do update set
        revision = excluded.revision, spec = excluded.spec, release = excluded.release, data_plane = excluded.data_plane,
        labels = excluded.labels, held_at = excluded.held_at, opt_out = excluded.opt_out, commit = excluded.commit`.execute(tx);
  }
  for (const some of inChunks(change.remove)) {
    await sql`
      with gone as (delete from desired where fleet = ${fleet} and cluster = any(${[...some]}::text[]) returning cluster)
      insert into desired_history (fleet, cluster, revision, commit, at)
      select ${fleet}, cluster, null, ${change.commit}, ${at} from gone`.execute(tx);
  }
}
