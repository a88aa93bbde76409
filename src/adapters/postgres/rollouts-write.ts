import { sql } from 'kysely';
import { invariant } from '../../core/model/assert.ts';
import type { ClusterId, FleetId, RolloutId } from '../../core/model/ids.ts';
import type { PhaseState, TargetState } from '../../core/reconcile/state.ts';
import type { RolloutChange, StateChange } from '../../ports/state-store.ts';
import type { Tx } from './database.ts';
import { inChunks, jsonb, plainText, recordset } from './rows.ts';

type NewRollout = NonNullable<StateChange['newRollouts']>[number];

/** @returns `false` when there is a rollout with this id: somebody else has made it. */
export async function insertRollout(tx: Tx, fleet: FleetId, { plan, state, pull, author, title }: NewRollout): Promise<boolean> {
  await sql`insert into plans (fleet, digest, plan) values (${fleet}, ${plan.digest}, ${jsonb(plan)}) on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ readonly seq: number }>`
    insert into rollouts (fleet, id, digest, commit, kind, pull, author, title, status, pause, approvals, created_at, finished_at, resumed_at)
    values (${fleet}, ${state.id}, ${plan.digest}, ${state.commit}, ${plan.kind}, ${pull ?? null}, ${plainText(author)}, ${plainText(title)},
      ${state.status}, ${state.pause === undefined ? null : jsonb(state.pause)}, ${jsonb(state.approvals)}, ${state.createdAt},
      ${state.finishedAt ?? null}, ${state.resumedAt ?? null})
    on conflict do nothing returning seq`.execute(tx);
  const seq = rows[0]?.seq;
  if (seq === undefined) return false;
  await writePhases(tx, fleet, state.id, state.phases);
  await writeTargets(tx, fleet, state.id, seq, state.targets);
  return true;
}

export async function updateRollout(tx: Tx, fleet: FleetId, change: RolloutChange): Promise<void> {
  const { rows } = await sql<{ readonly seq: number }>`
    update rollouts set status = ${change.status}, pause = ${change.pause === undefined ? null : jsonb(change.pause)},
      approvals = ${jsonb(change.approvals)}, finished_at = ${change.finishedAt ?? null}, resumed_at = ${change.resumedAt ?? null}
    where fleet = ${fleet} and id = ${change.id} returning seq`.execute(tx);
  const seq = rows[0]?.seq;
  invariant(seq !== undefined, `rollout ${change.id} of ${fleet} is stored before it changes`);
  await writePhases(tx, fleet, change.id, change.phases);
  await writeTargets(tx, fleet, change.id, seq, change.targets);
}

async function writePhases(tx: Tx, fleet: FleetId, rollout: RolloutId, phases: ReadonlyMap<string, PhaseState>): Promise<void> {
  if (phases.size === 0) return;
  const rows = [...phases].map(([phase, state]) => ({ phase, state }));
  await sql`
    insert into rollout_phases (fleet, rollout, phase, state)
    select ${fleet}, ${rollout}, x.phase, x.state from ${recordset(rows, { phase: 'text', state: 'jsonb' })}
    on conflict (fleet, rollout, phase) do update set state = excluded.state`.execute(tx);
}

async function writeTargets(
  tx: Tx,
  fleet: FleetId,
  rollout: RolloutId,
  seq: number,
  targets: ReadonlyMap<ClusterId, TargetState>,
): Promise<void> {
  for (const some of inChunks([...targets])) {
    const rows = some.map(([cluster, state]) => ({ cluster, status: state.status, state }));
    await sql`
      insert into rollout_targets (fleet, rollout, rollout_seq, cluster, status, state)
      select ${fleet}, ${rollout}, ${seq}, x.cluster, x.status, x.state from ${recordset(rows, { cluster: 'text', status: 'text', state: 'jsonb' })}
      on conflict (fleet, rollout, cluster) do update set status = excluded.status, state = excluded.state`.execute(tx);
  }
}
