import { sql } from 'kysely';
import type { DesiredCluster, DesiredState } from '../../core/desired/desired.ts';
import { type Decoder, mapped, maybe, object, recordOf, text } from '../../core/model/decode.ts';
import type { ClusterId, FleetId } from '../../core/model/ids.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { at, clusterId, desiredSpec, oneOf, revision, shared } from './decoders.ts';
import { inChunks, readRow, recordset } from './rows.ts';

export async function desired(db: Database, fleet: FleetId): Promise<DesiredState> {
  const { rows } = await sql<{ readonly cluster: string }>`
    select cluster, revision, spec::text as spec, release, data_plane, workload, labels::text as labels, held_at, opt_out
    from desired where fleet = ${fleet} order by cluster`.execute(db);
  const state = new Map<ClusterId, DesiredCluster>();
  const decoder = desiredRow();
  for (const row of rows) {
    const cluster = readRow('desired', row.cluster, decoder, row);
    state.set(cluster.cluster, cluster);
  }
  return state;
}

const desiredRow = (): Decoder<DesiredCluster> =>
  mapped(
    object({
      cluster: clusterId,
      revision,
      spec: shared(desiredSpec),
      release: text,
      data_plane: text,
      workload: maybe(object({ namespace: maybe(text), name: maybe(text) })),
      labels: shared(recordOf(text)),
      held_at: maybe(
        object({
          by: oneOf<NonNullable<DesiredCluster['pinnedBy']>['by']>({ pin: true, exception: true }),
          releaseVersion: text,
          reason: text,
          expires: at,
        }),
      ),
      opt_out: maybe(object({ reason: text, expires: maybe(at) })),
    }),
    ({ data_plane: dataPlane, held_at: pinnedBy, opt_out: optOut, ...same }): DesiredCluster => ({ ...same, dataPlane, pinnedBy, optOut }),
  );

/** Writes what changed, and one line of history for each cluster whose revision changed, or that left. */
export async function writeDesired(tx: Tx, fleet: FleetId, at: number, change: NonNullable<StateChange['desired']>): Promise<void> {
  for (const some of inChunks(change.set)) {
    const rows = some.map((one) => ({ ...one, data_plane: one.dataPlane, held_at: one.pinnedBy, opt_out: one.optOut }));
    const set = recordset(rows, {
      cluster: 'text',
      revision: 'text',
      spec: 'jsonb',
      release: 'text',
      data_plane: 'text',
      workload: 'jsonb',
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
      insert into desired (fleet, cluster, revision, spec, release, data_plane, workload, labels, held_at, opt_out, commit)
      select ${fleet}, x.cluster, x.revision, x.spec, x.release, x.data_plane, x.workload, x.labels, x.held_at, x.opt_out, ${change.commit} from x
      on conflict (fleet, cluster) do update set
        revision = excluded.revision, spec = excluded.spec, release = excluded.release, data_plane = excluded.data_plane,
        workload = excluded.workload, labels = excluded.labels, held_at = excluded.held_at, opt_out = excluded.opt_out, commit = excluded.commit`.execute(
      tx,
    );
  }
  for (const some of inChunks(change.remove)) {
    await sql`
      with gone as (delete from desired where fleet = ${fleet} and cluster = any(${[...some]}::text[]) returning cluster)
      insert into desired_history (fleet, cluster, revision, commit, at)
      select ${fleet}, cluster, null, ${change.commit}, ${at} from gone`.execute(tx);
  }
}
