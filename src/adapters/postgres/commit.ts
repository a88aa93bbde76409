import { sql } from 'kysely';
import { invariant } from '../../core/model/assert.ts';
import type { Instant } from '../../core/model/time.ts';
import type { StateChange } from '../../ports/state-store.ts';
import { appendAudit } from './audit.ts';
import { carryOut } from './commands.ts';
import type { Database, Tx } from './database.ts';
import { writeDesired } from './desired.ts';
import { replaceDrifts, writeObservations } from './evidence.ts';
import { writeFailures } from './failures.ts';
import { addJobs } from './jobs.ts';
import { writeLedger } from './ledger.ts';
import { sendAgain, writeOrders } from './orders.ts';
import { writePolicy } from './policy.ts';
import { insertRollouts, updateRollout } from './rollouts-write.ts';
import { writeRuleApprovals } from './rule-approvals.ts';
import { writeStops } from './stops.ts';
import type { WriteFence } from './write-fence.ts';

/** Ends the transaction without a trace: somebody else was faster. */
class Conflict extends Error {}

/** Everything or nothing; the row of the fleet is locked first, so that two commits of one fleet never run at once. */
export async function commit(db: Database, fence: WriteFence, change: StateChange, now: Instant): Promise<'committed' | 'conflict'> {
  try {
    await db.transaction().execute(async (tx) => {
      await fence(tx, change.fleet, 'commit');
      await write(tx, change, now);
    });
    return 'committed';
  } catch (error) {
    if (error instanceof Conflict) return 'conflict';
    throw error;
  }
}

async function write(tx: Tx, change: StateChange, now: Instant): Promise<void> {
  const { fleet, at } = change;
  await compareAndSet(tx, change);
  if (change.desired !== undefined) await writeDesired(tx, fleet, at, change.desired);
  await writePolicy(tx, change);
  if (change.newRollouts !== undefined && !(await insertRollouts(tx, fleet, change.newRollouts))) throw new Conflict();
  for (const rollout of change.rollouts ?? []) if (!(await updateRollout(tx, fleet, rollout))) throw new Conflict();
  if (!(await writeOrders(tx, fleet, change.orders ?? []))) throw new Conflict();
  await writeFailures(tx, change);
  await sendAgain(tx, fleet, change.sendAgain ?? []);
  await writeStops(tx, fleet, change.stops ?? []);
  await writeLedger(tx, fleet, change.ledger ?? []);
  await writeObservations(tx, fleet, change.observations ?? []);
  if (change.drifts !== undefined) await replaceDrifts(tx, fleet, change.drifts);
  await writeRuleApprovals(tx, change);
  if (change.carriedOut !== undefined && !(await carryOut(tx, fleet, change.carriedOut))) throw new Conflict();
  await appendAudit(tx, fleet, change.audit ?? []);
  await addJobs(tx, change.jobs ?? [], now);
}

async function compareAndSet(tx: Tx, { fleet, expectedVersion, heads }: StateChange): Promise<void> {
  const headsToo = heads === undefined ? sql`` : sql`, seen_head = ${heads.seen}, good_head = ${heads.good ?? null}`;
  const { numAffectedRows } = await sql`
    update fleets set version = version + 1 ${headsToo} where id = ${fleet} and version = ${expectedVersion}`.execute(tx);
  if (numAffectedRows === 1n) return;
  const known = await tx.selectFrom('fleets').select('id').where('id', '=', fleet).executeTakeFirst();
  invariant(known !== undefined, `fleet ${fleet} is saved before its state is committed`);
  throw new Conflict();
}
