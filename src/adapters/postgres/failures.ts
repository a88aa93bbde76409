import { sql } from 'kysely';
import { type Decoder, maybe, object, text, word } from '../../core/model/decode.ts';
import type { ClusterId, FleetId } from '../../core/model/ids.ts';
import type { Instant } from '../../core/model/time.ts';
import { type ClusterFailure, FAILURE_STATUSES, failureOf } from '../../core/reconcile/cluster-failure.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Database, Tx } from './database.ts';
import { at, clusterId, integer, rolloutId } from './decoders.ts';
import { inChunks, readRow, recordset } from './rows.ts';

/** Newest first. */
export async function failures(db: Database, fleet: FleetId, cluster: ClusterId, since: Instant): Promise<readonly ClusterFailure[]> {
  const { rows } = await sql`
    select cluster, at, status, rollout, attempt, version, detail from failures
    where fleet = ${fleet} and cluster = ${cluster} and at >= ${since} order by at desc, rollout desc`.execute(db);
  return rows.map((row) => readRow('failures', cluster, failureRow, row));
}

const failureRow: Decoder<ClusterFailure> = object({
  cluster: clusterId,
  at,
  status: word(FAILURE_STATUSES),
  rollout: rolloutId,
  attempt: integer,
  version: maybe(text),
  detail: maybe(text),
});

/** After the orders of the change: they say which version it was. */
export async function writeFailures(tx: Tx, { fleet, rollouts = [], newRollouts }: StateChange): Promise<void> {
  const failed = [...rollouts, ...(newRollouts?.states ?? [])].flatMap(({ id: rollout, targets }) =>
    [...targets].flatMap(([cluster, target]) => {
      const failure = failureOf(target);
      return failure === undefined ? [] : [{ ...failure, cluster, rollout, epoch: target.epoch }];
    }),
  );
  for (const some of inChunks(failed)) {
    const set = recordset(some, {
      cluster: 'text',
      at: 'bigint',
      rollout: 'text',
      attempt: 'integer',
      status: 'text',
      epoch: 'bigint',
      detail: 'text',
    });
    await sql`
      insert into failures (fleet, cluster, at, rollout, attempt, status, version, detail)
      select ${fleet}, x.cluster, x.at, x.rollout, x.attempt, x.status, o.spec->>'version', x.detail
      from ${set} left join orders o on o.fleet = ${fleet} and o.cluster = x.cluster and o.rollout = x.rollout and o.epoch = x.epoch
      on conflict do nothing`.execute(tx);
  }
}
