import { sql } from 'kysely';
import type { Delivery, Job } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { addJobs } from './jobs.ts';
import { jsonb, plainText } from './rows.ts';

/** GitHub offers deliveries again for 3 days; the rest of the month is for a person who asks what came in. */
const KEEP_MS = 30 * 24 * 3_600_000;

export function receive(db: Database, delivery: Delivery, jobs: readonly Job[]): Promise<'stored' | 'known'> {
  return db.transaction().execute(async (tx) => {
    const { numAffectedRows } = await sql`
      insert into deliveries (guid, event, action, fleet, payload, received_at)
      values (${plainText(delivery.guid)}, ${plainText(delivery.event)}, ${delivery.action === undefined ? null : plainText(delivery.action)},
        ${delivery.fleet ?? null}, ${jsonb(delivery.payload)}, ${delivery.receivedAt})
      on conflict (guid) do nothing`.execute(tx);
    if (numAffectedRows === 0n) return 'known';
    await addJobs(tx, jobs);
    return 'stored';
  });
}

export async function delivered(db: Database, guid: string, at: number): Promise<void> {
  await sql`update deliveries set delivered_at = ${at} where guid = ${plainText(guid)} and delivered_at is null`.execute(db);
}

/** Forgets deliveries that were worked off long ago; everything that followed from them stays in the audit. */
export async function forgetOldDeliveries(db: Database, now: number): Promise<void> {
  await sql`delete from deliveries where delivered_at < ${now - KEEP_MS}`.execute(db);
}
