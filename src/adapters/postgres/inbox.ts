import { sql } from 'kysely';
import type { Instant } from '../../core/model/time.ts';
import type { Delivery, Job } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { addJobs } from './jobs.ts';
import { jsonb, plainText } from './rows.ts';

/** GitHub offers deliveries again for 3 days; the rest of the month is for a person who asks what came in. */
const KEEP_MS = 30 * 24 * 3_600_000;

export function receive(db: Database, delivery: Delivery, jobs: readonly Job[], now: Instant): Promise<'stored' | 'known'> {
  return db.transaction().execute(async (tx) => {
    const { numAffectedRows } = await sql`
      insert into deliveries (guid, event, action, fleet, payload, received_at)
      values (${plainText(delivery.guid)}, ${plainText(delivery.event)}, ${delivery.action === undefined ? null : plainText(delivery.action)},
        ${delivery.fleet ?? null}, ${jsonb(delivery.payload)}, ${delivery.receivedAt})
      on conflict (guid) do nothing`.execute(tx);
    if (numAffectedRows === 0n) return 'known';
    await addJobs(tx, jobs, now);
    return 'stored';
  });
}

/** Forgets deliveries of long ago; everything that followed from them stays in the audit. */
export async function forgetOldDeliveries(db: Database, now: number): Promise<void> {
  await sql`delete from deliveries where received_at < ${now - KEEP_MS}`.execute(db);
}
