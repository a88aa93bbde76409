import pg from 'pg';
import type { Log } from '../../ports/log.ts';
import { answerMs, type Connection, poolConfig, type SessionTimes, surviving } from './connection.ts';

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void;

/**
 * A pool for graphile-worker. When a connection fails with one of some codes, `57P03` (the server is starting) among
 * them, graphile-worker sleeps for 3 s to 2 min inside its query, deaf to being stopped; with any other error it asks
 * again at the next poll. So its pool gives it errors without a code.
 */
class QueuePool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(connected: Connected): void;
  override connect(connected?: Connected): Promise<pg.PoolClient> | undefined {
    if (connected === undefined) {
      return super.connect().catch((error: unknown) => {
        throw withoutCode(error);
      });
    }
    super.connect((error, client, done) => connected(error === undefined || error === null ? undefined : withoutCode(error), client, done));
    return undefined;
  }
}

const withoutCode = (error: unknown): Error => new Error(error instanceof Error ? error.message : String(error), { cause: error });

export function createQueuePool(connection: Connection, max: number, times: SessionTimes, log: Log): pg.Pool {
  // graphile-worker's own numbers are texts, as the driver gives them.
  const pool = new QueuePool(poolConfig(connection, { ...times, max, bigintAsNumber: false }));
  return surviving(pool, answerMs(times.statementMs), log);
}
