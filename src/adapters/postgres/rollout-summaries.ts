import { type RawBuilder, sql } from 'kysely';
import { type Decoder, mapped, maybe, object, recordOf, text, word } from '../../core/model/decode.ts';
import type { ClusterId, CommitSha, FleetId, RolloutId } from '../../core/model/ids.ts';
import { INTENTS, ROLLOUT_KINDS, URGENCIES } from '../../core/plan/plan.ts';
import { type RolloutStatus, TARGET_STATUSES, type TargetState } from '../../core/reconcile/state.ts';
import type { RolloutSummary } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { at, commitSha, integer, planDigest, rolloutId } from './decoders.ts';
import { rolloutStatus } from './rollout-rows.ts';
import { inChunks, plainText, readRow } from './rows.ts';
import { stateColumns, targetRow } from './target-rows.ts';

/** Newest first. */
export function recentRollouts(db: Database, fleet: FleetId, limit: number): Promise<readonly RolloutSummary[]> {
  return summaries(db, sql`fleet = ${fleet} order by seq desc limit ${limit}`);
}

export async function lastRollout(db: Database, fleet: FleetId, release: string): Promise<RolloutSummary | undefined> {
  return (await summaries(db, sql`fleet = ${fleet} and release = ${plainText(release)} order by seq desc limit 1`))[0];
}

export function rolloutsOfCommit(db: Database, fleet: FleetId, commit: CommitSha): Promise<readonly RolloutSummary[]> {
  return summaries(db, sql`fleet = ${fleet} and commit = ${commit} order by seq`);
}

export async function rolloutSummary(db: Database, fleet: FleetId, id: RolloutId): Promise<RolloutSummary | undefined> {
  return (await summaries(db, sql`fleet = ${fleet} and id = ${id}`))[0];
}

async function summaries(db: Database, which: RawBuilder<unknown>): Promise<readonly RolloutSummary[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select r.id, digest, commit, release, product, seq, pull, author, title, origin, r.status, kind, intent, urgency, created_at, started_at,
      finished_at, guard_until, superseded_by,
      coalesce(r.counts, ${countsOf('r')}) as counts
    from rollouts r where ${which}`.execute(db);
  return rows.map((row) => readRow('rollouts', row.id, summaryRow, row));
}

/** @param rollouts - the name of the row of a rollout. */
export const countsOf = (rollouts: string): RawBuilder<unknown> =>
  sql.raw(`(
    select coalesce(jsonb_object_agg(t.status, t.n), '{}') from (
      select status, count(*) as n from rollout_targets
      where fleet = ${rollouts}.fleet and rollout = ${rollouts}.id and created_at = ${rollouts}.created_at group by status
    ) t)`);

/** Counted by the database, from a column that takes no other words. */
const counts: Decoder<RolloutSummary['counts']> = (value) => {
  for (const status of Object.keys(recordOf(integer)(value))) word(TARGET_STATUSES)(status);
  return recordOf(integer)(value);
};

const summaryRow: Decoder<RolloutSummary> = mapped(
  object({
    id: rolloutId,
    digest: planDigest,
    commit: commitSha,
    release: text,
    product: text,
    seq: integer,
    pull: maybe(integer),
    author: text,
    origin: maybe(commitSha),
    title: text,
    status: rolloutStatus,
    kind: word(ROLLOUT_KINDS),
    intent: word(INTENTS),
    urgency: word(URGENCIES),
    created_at: at,
    started_at: maybe(at),
    finished_at: maybe(at),
    guard_until: maybe(at),
    superseded_by: maybe(rolloutId),
    counts,
  }),
  ({ created_at: createdAt, started_at: startedAt, finished_at: finishedAt, guard_until: guardUntil, ...row }): RolloutSummary => {
    const { superseded_by: supersededBy, ...same } = row;
    return { ...same, createdAt, startedAt, finishedAt, guardUntil, supersededBy };
  },
);

interface LastTarget {
  readonly rollout: RolloutId;
  readonly rolloutStatus: RolloutStatus;
  readonly target: TargetState;
}

export async function lastTargets(
  db: Database,
  fleet: FleetId,
  clusters: readonly ClusterId[],
): Promise<ReadonlyMap<ClusterId, LastTarget>> {
  const last = new Map<ClusterId, LastTarget>();
  for (const some of inChunks(clusters)) {
    const { rows } = await sql<{ readonly cluster: string }>`
      select c.cluster, t.rollout, r.status as rollout_status, ${stateColumns('t')}
      from unnest(${[...some]}::text[]) as c(cluster)
      cross join lateral (
        select * from (
          (select * from rollout_targets where fleet = ${fleet} and cluster = c.cluster order by rollout_seq desc limit 1)
          union all (select * from last_targets where fleet = ${fleet} and cluster = c.cluster)
        ) both_of order by rollout_seq desc limit 1
      ) t
      join rollouts r on r.fleet = ${fleet} and r.id = t.rollout`.execute(db);
    for (const row of rows) {
      const { cluster, state } = readRow('rollout_targets', row.cluster, targetRow, row);
      const { rollout: id, rollout_status: status } = readRow('rollouts', row.cluster, lastRolloutRow, row);
      last.set(cluster, { rollout: id, rolloutStatus: status, target: state });
    }
  }
  return last;
}

const lastRolloutRow = object({ rollout: rolloutId, rollout_status: rolloutStatus });
