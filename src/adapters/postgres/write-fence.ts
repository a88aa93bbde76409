import { sql } from 'kysely';
import type { FleetId } from '../../core/model/ids.ts';
import type { Tx } from './database.ts';
import { storeError } from './errors.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { NEWEST_MIGRATION } from './migrations/migrate.ts';

/** Asked in each transaction that writes for a fleet, before it writes anything. @throws PortError when this process may not. */
export type WriteFence = (tx: Tx, fleet: FleetId, operation: string) => Promise<void>;

/** Where there is one process for each database, its lock is the fence. */
export const NO_FENCE: WriteFence = async () => undefined;

/**
 * Lets only the holder of the fleet's lease write, by its token. Until the transaction ends nobody can take the fleet: whoever takes
 * one locks its row, and this does so too. A renewal goes on beside it.
 */
export function leaseFence({ held, replica }: Pick<LeaseKeeper, 'held' | 'replica'>): WriteFence {
  return async (tx, fleet, operation) => {
    const token = held.tokenOf(fleet);
    if (token === undefined) throw notHeld(operation, fleet);
    const { rows } = await sql`
      select from leases where fleet = ${fleet} and holder = ${replica.id} and token = ${token} and expires_at > clock_timestamp()
      for key share`.execute(tx);
    if (rows.length === 0) throw notHeld(operation, fleet);
    await refuseNewerSchema(tx, operation);
  };
}

/** While this process ran, a newer one may have updated the database: its tables may mean other things now. */
export async function refuseNewerSchema(tx: Tx, operation: string): Promise<void> {
  const { rows } = await sql`select from migrations where name > ${NEWEST_MIGRATION}`.execute(tx);
  if (rows.length > 0) throw outdated(operation);
}

const notHeld = (operation: string, fleet: FleetId) =>
  storeError(operation, 'retry-later', `another replica works on ${fleet}, or will in a moment; it does this there`);

export const outdated = (operation: string) =>
  storeError(operation, 'needs-human', 'a newer Flotilla has updated the database; stop this one');
