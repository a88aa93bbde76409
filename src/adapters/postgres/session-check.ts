import pg from 'pg';
import { type Connection, clientConfig, SESSION_NAME } from './connection.ts';
import { storeError, toPortError } from './errors.ts';

/** One that pools transactions mostly gives the connection that came back last, so it shows at the first look. */
const ROUNDS = 3;

/**
 * Two connections have two sessions of the server, and keep them. A pooler such as pgbouncer in transaction mode gives out a session
 * for one transaction at a time: notifications, advisory locks and settings are lost with it, and nothing says so.
 *
 * @throws PortError
 */
export async function checkSessions(connection: Connection): Promise<void> {
  const clients = [0, 1].map(() => new pg.Client(clientConfig(connection, SESSION_NAME)));
  try {
    for (const client of clients) {
      client.on('error', () => undefined);
      await client.connect();
    }
    if (!(await areOwnSessions(clients.map((client) => () => sessionOf(client))))) throw pooled();
  } catch (error) {
    throw toPortError('open', error);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** @param asks - one for each connection: the id of the session that answers it. */
export async function areOwnSessions(asks: readonly (() => Promise<number>)[]): Promise<boolean> {
  const first: number[] = [];
  for (const ask of asks) first.push(await ask());
  if (new Set(first).size < asks.length) return false;
  for (let round = 1; round < ROUNDS; round += 1) {
    for (const [at, ask] of asks.entries()) if ((await ask()) !== first[at]) return false;
  }
  return true;
}

async function sessionOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ readonly pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

const pooled = () =>
  storeError(
    'open',
    'needs-human',
    'DATABASE_URL leads to a pooler that shares sessions (pgbouncer in transaction mode, say), where locks and notifications are lost; give the address of the database itself',
  );
