import { join } from 'node:path';
import { stopLeftServer } from '../adapters/postgres/stop-server.ts';
import { readLocalState } from './local-state.ts';

export function lives(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends whatever of local mode still runs: the bot first, in order, then what a killed one has left behind.
 *
 * @returns what was told to end, in words.
 */
export async function endLocalMode(home: string): Promise<readonly string[]> {
  const state = readLocalState(home);
  const ended: string[] = [];
  for (const [name, pid] of [
    ['the bot', state?.botPid],
    ['forge and data planes', state?.worldPid],
  ] as const) {
    if (pid === undefined || !lives(pid)) continue;
    process.kill(pid, 'SIGTERM');
    ended.push(`${name} (process ${pid})`);
  }
  // A bot that lives stops its own database.
  if (!lives(state?.botPid)) {
    const server = await stopLeftServer(join(home, 'postgres'));
    if (server !== undefined) ended.push(`PostgreSQL (process ${server})`);
  }
  return ended;
}
