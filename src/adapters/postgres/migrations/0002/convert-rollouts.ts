import { sql } from 'kysely';
import { inChunks, jsonb, recordset } from '../../rows.ts';
import { releasesOf } from './convert-plan.ts';
import { convertRollout, lineUp, type Parts, partId, type RolloutAfter } from './convert-rollout.ts';
import { stopsOf } from './convert-stops.ts';
import type { FirstRows } from './first-rows.ts';
import type { PlanBefore, RolloutBefore } from './rows-before.ts';
import type { LedgerSeed } from './seed-ledger.ts';

interface Unfinished {
  readonly rollout: RolloutBefore;
  readonly plan: PlanBefore;
  readonly parts: readonly RolloutAfter[];
}

/**
 * Takes every rollout apart, release by release, and tells the ledger what became of its targets. One at a time: all of them
 * together, with their targets, may be larger than memory should be.
 *
 * @returns the rollout of today that had a cluster as its target, by the id of then.
 */
export async function convertRollouts(before: FirstRows, ledger: LedgerSeed): Promise<(rollout: string, cluster: string) => string> {
  const rollouts = await before.rollouts();
  const parts = await partsOf(before, rollouts);
  const moved = new Map<string, string>();
  const unfinished: Unfinished[] = [];
  let seq = 0;
  for (const rollout of rollouts) {
    const plan = await before.plan(rollout.digest);
    const states = { phases: await before.phases(rollout.id), targets: await before.targets(rollout.id) };
    const made = convertRollout(rollout, plan, states, { seq: Math.max(seq + 1, rollout.seq), parts });
    seq = made.at(-1)?.seq ?? seq;
    await write(before, rollout, made);
    for (const part of made) {
      for (const [cluster, target] of part.targets) {
        if (part.id !== rollout.id) moved.set(`${rollout.id} ${cluster}`, part.id);
        const planned = plan.targets[cluster];
        if (planned !== undefined) ledger.tell(planned, target.before, { id: part.id, createdAt: rollout.created_at });
      }
    }
    if (rollout.finished_at === undefined) unfinished.push({ rollout, plan, parts: made });
  }
  await settle(before, unfinished);
  return (rollout, cluster) => moved.get(`${rollout} ${cluster}`) ?? rollout;
}

async function partsOf(before: FirstRows, rollouts: readonly RolloutBefore[]): Promise<Parts> {
  const ids = new Map<string, string>();
  for (const rollout of rollouts) {
    for (const [nth, { release }] of releasesOf(await before.plan(rollout.digest)).entries()) {
      if (nth > 0) ids.set(`${rollout.id} ${release}`, partId(rollout, release));
    }
  }
  return { idOf: (rollout, release) => ids.get(`${rollout} ${release}`) ?? rollout };
}

/** The row of the first part stays where it is, so that whatever refers to it still does. */
async function write({ db, fleet }: FirstRows, { id }: RolloutBefore, parts: readonly RolloutAfter[]): Promise<void> {
  await sql`delete from rollout_phases where fleet = ${fleet} and rollout = ${id}`.execute(db);
  await sql`delete from rollout_targets where fleet = ${fleet} and rollout = ${id}`.execute(db);
  for (const part of parts) {
    if (part.id !== id) {
      await sql`
        insert into rollouts (fleet, id, seq, digest, commit, kind, pull, author, title, status, approvals, created_at)
        select fleet, ${part.id}, ${part.seq}, digest, commit, kind, pull, author, title, status, approvals, created_at
        from rollouts where fleet = ${fleet} and id = ${id}`.execute(db);
    }
    await sql`
      update rollouts set seq = ${part.seq}, in_line_since = ${part.seq}, release = ${part.release}, product = ${part.product},
        intent = 'release', urgency = ${part.urgency}, status = ${part.status}, started_at = ${part.startedAt ?? null},
        going_since = ${part.goingSince ?? null}, stopped_since = ${part.stoppedSince ?? null}, finished_at = ${part.finishedAt ?? null},
        superseded_by = ${part.supersededBy ?? null}, approvals = ${jsonb(part.approvals)}
      where fleet = ${fleet} and id = ${part.id}`.execute(db);
    const phases = [...part.phases].map(([phase, state]) => ({ phase, state }));
    await sql`
      insert into rollout_phases (fleet, rollout, phase, state)
      select ${fleet}, ${part.id}, x.phase, x.state from ${recordset(phases, { phase: 'text', state: 'jsonb' })}`.execute(db);
    for (const some of inChunks([...part.targets])) {
      const targets = some.map(([cluster, { after }]) => ({ cluster, status: after.status, state: after }));
      await sql`
        insert into rollout_targets (fleet, rollout, rollout_seq, cluster, status, state)
        select ${fleet}, ${part.id}, ${part.seq}, x.cluster, x.status, x.state
        from ${recordset(targets, { cluster: 'text', status: 'text', state: 'jsonb' })}`.execute(db);
    }
  }
}

/** What is under way comes into line, and what was paused is stopped. */
async function settle({ db, fleet }: FirstRows, unfinished: readonly Unfinished[]): Promise<void> {
  const parts = unfinished.flatMap((one) => one.parts);
  lineUp(parts);
  for (const { id, status, supersededBy } of parts) {
    await sql`
      update rollouts set status = ${status}, superseded_by = ${supersededBy ?? null} where fleet = ${fleet} and id = ${id}`.execute(db);
  }
  const stops = unfinished.flatMap(({ rollout: { pause }, plan, parts: made }) => (pause === undefined ? [] : stopsOf(pause, plan, made)));
  await sql`
    insert into stops (fleet, id, scope, cause, lets, "by", reason, at, rollout, phase, failed)
    select ${fleet}, x.id, x.scope, x.cause, x.lets, x."by", x.reason, x.at, x.rollout, x.phase, x.failed
    from ${recordset(stops, {
      id: 'text',
      scope: 'jsonb',
      cause: 'text',
      lets: 'text',
      '"by"': 'text',
      reason: 'text',
      at: 'bigint',
      rollout: 'text',
      phase: 'text',
      failed: 'jsonb',
    })}`.execute(db);
}
