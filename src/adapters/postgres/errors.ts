import pg from 'pg';
import { InvariantError } from '../../core/model/assert.ts';
import { PortError, type Retry } from '../../ports/port-error.ts';

const LATER: Retry = { kind: 'retry-later' };
const HUMAN: Retry = { kind: 'needs-human' };

/** What a class of SQLSTATE means for the caller; the longest prefix wins. @see https://www.postgresql.org/docs/18/errcodes-appendix.html */
const BY_SQLSTATE: readonly (readonly [prefix: string, retry: Retry, words: string])[] = [
  ['08', LATER, 'the connection to the database broke; it is made anew by itself'],
  [
    '08P01',
    HUMAN,
    'a pooler in front of the database refused the settings of a session; give the address of the database itself in DATABASE_URL',
  ],
  ['22', HUMAN, 'the database refused a value; this is a fault in Flotilla, please report it with the log'],
  ['23', HUMAN, 'the database refused a row that breaks a rule of the schema; this is a fault in Flotilla, please report it with the log'],
  ['25006', LATER, 'the database is read-only; let it accept writes again, or point DATABASE_URL at the primary'],
  ['28', HUMAN, 'the database refused the login; check user and password in DATABASE_URL'],
  ['3D000', HUMAN, 'the database does not exist; create it, or correct its name in DATABASE_URL'],
  ['40', LATER, 'another transaction was in the way; the work is done again by itself'],
  ['42501', HUMAN, 'the database user lacks a right; grant it all rights on its own database'],
  ['42', HUMAN, 'the database does not know a table or column; this is a fault in Flotilla, please report it with the log'],
  ['53100', LATER, 'the disk of the database is full; free some space, the work carries on by itself'],
  ['53200', LATER, 'the database is out of memory'],
  ['53300', LATER, 'the database accepts no more connections; raise max_connections or close other programs'],
  ['53', LATER, 'the database is short of a resource'],
  ['55P03', LATER, 'a lock in the database was not free in time'],
  ['57014', LATER, 'a statement took longer than its time limit'],
  ['57', LATER, 'the database is stopping or starting'],
  ['58', LATER, 'the operating system failed the database; look at its disk and its log'],
  ['XX001', HUMAN, 'the data of the database is damaged; restore it from a backup'],
  ['XX002', HUMAN, 'an index of the database is damaged; restore it from a backup, or reindex'],
];

/** A failure of the state store, in words that say how to fix it. */
export function storeError(operation: string, retry: 'retry-later' | 'needs-human', message: string, cause?: unknown): PortError {
  return new PortError({ port: 'state-store', operation, retry: { kind: retry }, message }, cause === undefined ? undefined : { cause });
}

/**
 * Every failure of the driver as a PortError. Decided by SQLSTATE: an error of the driver without one (a broken
 * socket, a time limit of the pool) means that the database did not answer. Faults of our own pass through.
 */
export function toPortError(operation: string, error: unknown): Error {
  if (error instanceof PortError || error instanceof InvariantError || error instanceof TypeError || error instanceof RangeError)
    return error;
  if (!(error instanceof pg.DatabaseError)) {
    return storeError(operation, 'retry-later', 'the database does not answer; it is tried again by itself', error);
  }
  const code = error.code ?? '';
  let best: (typeof BY_SQLSTATE)[number] | undefined;
  for (const entry of BY_SQLSTATE) {
    if (code.startsWith(entry[0]) && entry[0].length > (best?.[0].length ?? 0)) best = entry;
  }
  const [, retry, words] = best ?? ['', HUMAN, 'the database failed in a way that is not foreseen; please report it with the log'];
  return new PortError(
    {
      port: 'state-store',
      operation,
      retry,
      message: `${words} (SQLSTATE ${code}${error.constraint === undefined ? '' : `, ${error.constraint}`})`,
    },
    { cause: error },
  );
}

/** Runs `work`; whatever the driver throws comes out as a PortError of this operation. */
export async function guarded<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toPortError(operation, error);
  }
}
