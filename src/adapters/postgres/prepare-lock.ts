import pg from 'pg';
import { type Connection, clientConfig, SESSION_NAME } from './connection.ts';

/** Beside the lock of the opener. */
const LOCK = [0x466c6f74, 2] as const;

/** Replicas that start at once bring the schema up to date one after another. The lock ends with its connection. */
export async function oneAtATime<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client(clientConfig(connection, SESSION_NAME));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1, $2)', [...LOCK]);
    return await work();
  } finally {
    await client.end().catch(() => undefined);
  }
}
