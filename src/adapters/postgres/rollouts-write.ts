import { sql } from 'kysely';
import type { RolloutDelta } from '../../core/change/fleet-change.ts';
import { invariant } from '../../core/model/assert.ts';
import type { ClusterId, FleetId, RolloutId } from '../../core/model/ids.ts';
import type { PlannedRollout } from '../../core/plan/plan.ts';
import { planToJson } from '../../core/plan/serialise.ts';
import type { PhaseState, RolloutState, TargetState } from '../../core/reconcile/state.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Tx } from './database.ts';
import { inChunks, jsonb, plainText, recordset } from './rows.ts';

type NewRollouts = NonNullable<StateChange['newRollouts']>;

/** @returns `false` when there is a rollout with one of these ids: somebody else has made it. */
export async function insertRollouts(tx: Tx, fleet: FleetId, made: NewRollouts): Promise<boolean> {
  const { plan, states } = made;
  await sql`
    insert into plans (fleet, digest, plan) values (${fleet}, ${plan.digest}, ${jsonb(planToJson(plan))}) on conflict do nothing`.execute(
    tx,
  );
  for (const state of states) {
    const planned = plan.rollouts.find(({ release }) => release === state.release);
    invariant(state.digest === plan.digest, `rollout ${state.id} is of the plan that it came with`);
    invariant(planned !== undefined, `rollout ${state.id} of release ${state.release} is in its plan`);
    if (!(await insertRollout(tx, fleet, made, planned, state))) return false;
  }
  return true;
}

async function insertRollout(
  tx: Tx,
  fleet: FleetId,
  { pull, author, title }: NewRollouts,
  planned: PlannedRollout,
  state: RolloutState,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into rollouts (fleet, id, seq, digest, commit, release, product, kind, intent, urgency, pull, author, title, created_at,
      in_line_since, status, started_at, going_since, stopped_since, finished_at, guard_until, superseded_by, takes_over, approvals, overrides)
    values (${fleet}, ${state.id}, ${state.seq}, ${state.digest}, ${state.commit}, ${state.release}, ${planned.product}, ${planned.kind},
      ${planned.intent}, ${planned.urgency}, ${pull ?? null}, ${plainText(author)}, ${plainText(title)}, ${state.createdAt},
      ${state.inLineSince}, ${state.status}, ${state.startedAt ?? null}, ${state.goingSince ?? null}, ${state.stoppedSince ?? null},
      ${state.finishedAt ?? null}, ${state.guardUntil ?? null}, ${state.supersededBy ?? null}, ${state.takesOver},
      ${jsonb(state.approvals)}, ${jsonb(state.overrides)})
    on conflict (fleet, id) do nothing`.execute(tx);
  if (numAffectedRows === 0n) return false;
  await writePhases(tx, fleet, state.id, state.phases);
  await writeTargets(tx, fleet, state.id, state.seq, state.targets);
  return true;
}

/** What never changes is not among the columns. */
export async function updateRollout(tx: Tx, fleet: FleetId, change: RolloutDelta): Promise<void> {
  const { rows } = await sql<{ readonly seq: number }>`
    update rollouts set in_line_since = ${change.inLineSince}, status = ${change.status}, started_at = ${change.startedAt ?? null},
      going_since = ${change.goingSince ?? null}, stopped_since = ${change.stoppedSince ?? null}, finished_at = ${change.finishedAt ?? null},
      guard_until = ${change.guardUntil ?? null}, superseded_by = ${change.supersededBy ?? null}, takes_over = ${change.takesOver},
      approvals = ${jsonb(change.approvals)}, overrides = ${jsonb(change.overrides)}
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
