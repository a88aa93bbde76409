import { sql } from 'kysely';
import type { RolloutDelta } from '../../core/change/fleet-change.ts';
import { invariant } from '../../core/model/assert.ts';
import type { FleetId, RolloutId } from '../../core/model/ids.ts';
import { instant } from '../../core/model/time.ts';
import type { PlannedRollout } from '../../core/plan/plan.ts';
import { planToJson } from '../../core/plan/serialise.ts';
import type { PhaseState, RolloutState } from '../../core/reconcile/state.ts';
import type { StateChange } from '../../ports/state-store.ts';
import type { Tx } from './database.ts';
import { jsonb, plainText, recordset } from './rows.ts';
import { insertTargets, updateTargets } from './target-rows.ts';

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
  { pull, author, title, origin }: NewRollouts,
  planned: PlannedRollout,
  state: RolloutState,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into rollouts (fleet, id, seq, digest, commit, release, product, kind, intent, urgency, pull, author, title, origin, created_at,
      in_line_since, status, started_at, going_since, stopped_since, finished_at, guard_until, superseded_by, takes_over, approvals, overrides)
    values (${fleet}, ${state.id}, ${state.seq}, ${state.digest}, ${state.commit}, ${state.release}, ${planned.product}, ${planned.kind},
      ${planned.intent}, ${planned.urgency}, ${pull ?? null}, ${plainText(author)}, ${plainText(title)}, ${origin ?? null}, ${state.createdAt},
      ${state.inLineSince}, ${state.status}, ${state.startedAt ?? null}, ${state.goingSince ?? null}, ${state.stoppedSince ?? null},
      ${state.finishedAt ?? null}, ${state.guardUntil ?? null}, ${state.supersededBy ?? null}, ${state.takesOver},
      ${jsonb(state.approvals)}, ${jsonb(state.overrides)})
    on conflict (fleet, id) do nothing`.execute(tx);
  if (numAffectedRows === 0n) return false;
  await writePhases(tx, fleet, state.id, state.phases);
  await insertTargets(tx, { fleet, rollout: state.id, seq: state.seq, createdAt: state.createdAt }, state.targets);
  return true;
}

/**
 * What never changes is not among the columns.
 *
 * @returns `false` when its detail is no longer kept: somebody has read it before it went, and would start it again.
 */
export async function updateRollout(tx: Tx, fleet: FleetId, change: RolloutDelta): Promise<boolean> {
  const { rows } = await sql<{ readonly seq: number; readonly created_at: number; readonly detailed: boolean }>`
    update rollouts set in_line_since = ${change.inLineSince}, status = ${change.status}, started_at = ${change.startedAt ?? null},
      going_since = ${change.goingSince ?? null}, stopped_since = ${change.stoppedSince ?? null}, finished_at = ${change.finishedAt ?? null},
      guard_until = ${change.guardUntil ?? null}, superseded_by = ${change.supersededBy ?? null}, takes_over = ${change.takesOver},
      approvals = ${jsonb(change.approvals)}, overrides = ${jsonb(change.overrides)}
    where fleet = ${fleet} and id = ${change.id} returning seq, created_at, counts is null as detailed`.execute(tx);
  const [row] = rows;
  invariant(row !== undefined, `rollout ${change.id} of ${fleet} is stored before it changes`);
  if (!row.detailed) return false;
  await writePhases(tx, fleet, change.id, change.phases);
  await updateTargets(tx, { fleet, rollout: change.id, seq: row.seq, createdAt: instant(row.created_at) }, change.targets);
  return true;
}

async function writePhases(tx: Tx, fleet: FleetId, rollout: RolloutId, phases: ReadonlyMap<string, PhaseState>): Promise<void> {
  if (phases.size === 0) return;
  const rows = [...phases].map(([phase, state]) => ({ phase, state }));
  await sql`
    insert into rollout_phases (fleet, rollout, phase, state)
    select ${fleet}, ${rollout}, x.phase, x.state from ${recordset(rows, { phase: 'text', state: 'jsonb' })}
    on conflict (fleet, rollout, phase) do update set state = excluded.state`.execute(tx);
}
