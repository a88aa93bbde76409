import pg from 'pg';
import type { Log } from '../../ports/log.ts';
import { type Connection, poolConfig, surviving } from './connection.ts';
import { NEWS } from './lease-rows.ts';
import { endWhenSilent } from './silent-server.ts';

export interface LeasePoolTimes {
  /** What the server gives one statement. */
  readonly statementMs: number;
  /** When an answer is given up, and the connection with it. */
  readonly answerMs: number;
}

/**
 * One connection for leases alone, so that no amount of work keeps one from being renewed. It is made anew when it breaks, and then
 * listens again.
 *
 * @param onNews - another replica, by its id, has said that something changed.
 */
export function createLeasePool(
  connection: Connection,
  { statementMs, answerMs }: LeasePoolTimes,
  log: Log,
  onNews: (from: string) => void,
): pg.Pool {
  const options = { max: 1, statementMs, idleInTransactionMs: answerMs, bigintAsNumber: true };
  const listen = async (client: pg.ClientBase): Promise<void> => {
    client.on('notification', ({ channel, payload }) => {
      if (channel === NEWS) onNews(payload ?? '');
    });
    endWhenSilent(client, answerMs);
    await client.query(`listen ${NEWS}`);
  };
  return surviving(new pg.Pool({ ...poolConfig(connection, options), onConnect: listen }), answerMs, log);
}
