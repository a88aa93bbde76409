import pg from 'pg';
import type { Log } from '../../ports/log.ts';
import { endWhenSilent } from './silent-server.ts';

/** How a database is reached. */
export type Connection =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly database: string };

/** Tables of ours live in this schema, so that a database of one's own may hold other things too. */
export const SCHEMA = 'flotilla';

const CONNECT_MS_MAX = 5_000;
/** What the answer to a statement may take beyond the time that the server gives the statement itself. */
const ANSWER_MS_EXTRA = 5_000;
const INT8 = 20;

/** Sessions of one bot, by name in pg_stat_activity: how the next bot finds those that a killed one left. */
export const SESSION_NAME = 'flotilla';

/** Settings of every connection of ours. */
export function clientConfig(connection: Connection, sessionName: string): pg.ClientConfig {
  return {
    ...connection,
    application_name: sessionName,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/** What the server allows a session, in milliseconds. */
export interface SessionTimes {
  /** For one statement. */
  readonly statementMs: number;
  /** Between two statements of a transaction: whoever began it stands still, and others may wait for it. */
  readonly idleInTransactionMs: number;
}

/** Where nobody else waits for what this process has begun. */
export const IDLE_IN_TRANSACTION_MS = 60_000;

export interface PoolOptions extends SessionTimes {
  readonly max: number;
  /** Reads bigint as a number: all of ours are instants and counters below 2^53. */
  readonly bigintAsNumber: boolean;
}

/** Settings of a pool. Nothing is connected before the first query. */
export function poolConfig(connection: Connection, options: PoolOptions): pg.PoolConfig {
  return {
    ...clientConfig(connection, SESSION_NAME),
    max: options.max,
    idleTimeoutMillis: 300_000,
    statement_timeout: options.statementMs,
    lock_timeout: Math.min(10_000, options.statementMs),
    idle_in_transaction_session_timeout: options.idleInTransactionMs,
    ...(options.bigintAsNumber ? { types: { getTypeParser } } : {}),
    options: `-c search_path=${SCHEMA}`,
  };
}

/** When the answer to a statement is given up, and its connection with it. */
export const answerMs = (statementMs: number): number => statementMs + ANSWER_MS_EXTRA;

/**
 * Makes a pool survive the death and the silence of its server: such connections are dropped, and made anew when they are needed.
 *
 * @param answerMsMax - when an answer is given up.
 */
export function surviving<P extends pg.Pool>(pool: P, answerMsMax: number, log: Log): P {
  // Without these, the end of a connection would be an unhandled 'error' event and end the bot.
  const onError = (error: Error): void => log.debug({ err: error }, 'a connection to the database broke');
  pool.on('error', onError);
  pool.on('connect', (client) => {
    client.on('error', onError);
    endWhenSilent(client, answerMsMax);
  });
  return pool;
}

/** True when a server answers to this connection and accepts its password, which is another in every data folder. */
export async function canConnect(connection: Connection): Promise<boolean> {
  const client = new pg.Client(clientConfig(connection, SESSION_NAME));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

type Parser = (text: string) => unknown;

function getTypeParser(oid: number, format?: 'text' | 'binary'): Parser {
  return oid === INT8 ? safeInteger : (pg.types.getTypeParser(oid, format ?? 'text') as Parser);
}

/** One that a number cannot hold stays a text, which no reader of a row takes: the error then names the row. */
function safeInteger(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}
