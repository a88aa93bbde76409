import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Log } from '../../ports/log.ts';
import { answerMs, type Connection, IDLE_IN_TRANSACTION_MS, poolConfig, type SessionTimes, surviving } from './connection.ts';
import type { Schema } from './schema.ts';

export type Database = Kysely<Schema>;
export type Tx = Transaction<Schema>;

/** More would not be faster on one disk, and every session costs the server memory. */
const CONNECTIONS_MAX = 6;

export const DATABASE_TIMES: SessionTimes = { statementMs: 60_000, idleInTransactionMs: IDLE_IN_TRANSACTION_MS };

/** Kysely over a pool of its own. `destroy()` ends the pool. Nothing is connected before the first query. */
export function openDatabase(connection: Connection, log: Log, times = DATABASE_TIMES, max = CONNECTIONS_MAX): Database {
  const pool = surviving(new pg.Pool(poolConfig(connection, { ...times, max, bigintAsNumber: true })), answerMs(times.statementMs), log);
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** Several reads that see one moment of the database. */
export function snapshot<T>(db: Database, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);
}
