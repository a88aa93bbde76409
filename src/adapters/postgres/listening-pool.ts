import pg from 'pg';
import type { Log } from '../../ports/log.ts';
import { type Connection, poolConfig, type SessionTimes, surviving } from './connection.ts';
import { endWhenSilent } from './silent-server.ts';

export interface ListeningOptions extends SessionTimes {
  /** When an answer is given up, and the connection with it. */
  readonly answerMs: number;
  readonly channel: string;
  /** Somebody has said something on the channel. */
  readonly onNews: (words: string) => void;
  /** What the last moments before a crash of the server have written here may be lost with it: then nothing waits for the disk. */
  readonly mayForget?: boolean;
}

/**
 * One connection for one purpose, so that no amount of other work keeps it waiting, and which hears what is said on a channel. It is
 * made anew when it breaks, and then listens again.
 */
export function createListeningPool(connection: Connection, options: ListeningOptions, log: Log): pg.Pool {
  const { answerMs, channel, onNews, mayForget = false } = options;
  const config = poolConfig(connection, { ...options, max: 1, bigintAsNumber: true });
  const listen = async (client: pg.ClientBase): Promise<void> => {
    client.on('notification', (news) => {
      if (news.channel === channel) onNews(news.payload ?? '');
    });
    endWhenSilent(client, answerMs);
    await client.query(`listen ${channel}`);
  };
  const settings = `${config.options}${mayForget ? ' -c synchronous_commit=off' : ''}`;
  return surviving(new pg.Pool({ ...config, options: settings, onConnect: listen }), answerMs, log);
}
