import { type Kysely, sql } from 'kysely';
import { COMMAND_OUTCOMES } from '../../core/change/command-outcome.ts';
import { AUDIT_KINDS } from '../../core/change/fleet-change.ts';
import { VERBS } from '../../core/command/command.ts';
import { ORDER_MODES } from '../../core/evidence/order.ts';
import { RETIREMENTS } from '../../core/model/retirement.ts';
import { INTENTS, ROLLOUT_KINDS, URGENCIES } from '../../core/plan/plan.ts';
import { FAILURE_STATUSES } from '../../core/reconcile/cluster-failure.ts';
import { PHASE_STATUSES, ROLLOUT_STATUSES, TARGET_STATUSES } from '../../core/reconcile/state.ts';
import { APPROVAL_SOURCES } from '../../core/rules/consent.ts';
import { STOP_CAUSES, STOP_LETS, STOP_SCOPES } from '../../core/stop/stop.ts';
import { JOB_TASKS } from '../../ports/state-store.ts';

interface WordCheck {
  readonly table: string;
  readonly name: string;
  /** A column, or an expression of one. */
  readonly value: string;
  readonly words: readonly string[];
}

/** Which words the database takes, from the same lists that types and readers are made of. */
const CHECKS: readonly WordCheck[] = [
  { table: 'fleets', name: 'retired', value: 'retired_why', words: RETIREMENTS },
  { table: 'rollouts', name: 'kind', value: 'kind', words: ROLLOUT_KINDS },
  { table: 'rollouts', name: 'intent', value: 'intent', words: INTENTS },
  { table: 'rollouts', name: 'urgency', value: 'urgency', words: URGENCIES },
  { table: 'rollouts', name: 'status', value: 'status', words: ROLLOUT_STATUSES },
  { table: 'rollout_phases', name: 'status', value: "(state->>'status')", words: PHASE_STATUSES },
  { table: 'rollout_targets', name: 'status', value: 'status', words: TARGET_STATUSES },
  { table: 'failures', name: 'status', value: 'status', words: FAILURE_STATUSES },
  { table: 'orders', name: 'mode', value: 'mode', words: ORDER_MODES },
  { table: 'stops', name: 'scope', value: "(scope->>'kind')", words: STOP_SCOPES },
  { table: 'stops', name: 'cause', value: 'cause', words: STOP_CAUSES },
  { table: 'stops', name: 'lets', value: 'lets', words: STOP_LETS },
  { table: 'jobs', name: 'task', value: 'task', words: JOB_TASKS },
  { table: 'audit', name: 'kind', value: 'kind', words: AUDIT_KINDS },
  { table: 'rule_approvals', name: 'source', value: 'source', words: APPROVAL_SOURCES },
  { table: 'commands', name: 'verb', value: 'verb', words: VERBS },
  { table: 'commands', name: 'outcome', value: "(outcome->>'kind')", words: COMMAND_OUTCOMES },
];

/**
 * Brings the checks of the database to the lists of this program. Each carries its list as a comment, so that an unchanged one
 * costs nothing. Rows that are there already are the readers' to judge: they say which row it is.
 */
export async function enforceWords<Tables>(db: Kysely<Tables>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ readonly name: string; readonly words: string | null }>`
      select c.conname as name, obj_description(c.oid, 'pg_constraint') as words
      from pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname = current_schema() and c.contype = 'c' and c.coninhcount = 0`.execute(
      tx,
    );
    const present = new Map(rows.map(({ name, words }) => [name, words]));
    for (const { table, name, value, words } of CHECKS) {
      const constraint = `${table}_${name}_words`;
      const list = JSON.stringify(words);
      if (present.get(constraint) === list) continue;
      const literals = sql.join(words.map((one) => sql.lit(one)));
      await sql`alter table ${sql.table(table)} drop constraint if exists ${sql.ref(constraint)}`.execute(tx);
      await sql`
        alter table ${sql.table(table)} add constraint ${sql.ref(constraint)} check (${sql.raw(value)} in (${literals})) not valid`.execute(
        tx,
      );
      await sql`comment on constraint ${sql.ref(constraint)} on ${sql.table(table)} is ${sql.lit(list)}`.execute(tx);
    }
  });
}
