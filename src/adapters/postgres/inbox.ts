import { sql } from 'kysely';
import type { Instant } from '../../core/model/time.ts';
import type { Delivery, Job } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { addJobs } from './jobs.ts';
import { jsonb, plainText } from './rows.ts';

/** Beside the locks of the opener, the schema and the history. */
const DELIVERY_LOCK = 0x466c6f75;

export function receive(db: Database, delivery: Delivery, jobs: readonly Job[], now: Instant): Promise<'stored' | 'known'> {
  return db.transaction().execute(async (tx) => {
    const guid = plainText(delivery.guid);
    // Deliveries are kept by week, so no index can say that one is there in another week.
    await sql`select pg_advisory_xact_lock(${DELIVERY_LOCK}, hashtext(${guid}))`.execute(tx);
    const { numAffectedRows } = await sql`
      insert into deliveries (guid, event, action, fleet, payload, received_at)
      select ${guid}, ${plainText(delivery.event)}, ${delivery.action === undefined ? null : plainText(delivery.action)},
        ${delivery.fleet ?? null}, ${jsonb(delivery.payload)}, ${delivery.receivedAt}
      where not exists (select from deliveries where guid = ${guid})`.execute(tx);
    if (numAffectedRows === 0n) return 'known';
    await addJobs(tx, jobs, now);
    return 'stored';
  });
}
