import { join } from 'node:path';
import { isAlive } from '../adapters/postgres/postmaster.ts';
import { stopLeftServer } from '../adapters/postgres/stop-server.ts';
import { readLocalState } from './local-state.ts';

/** Where nobody listens is refused at once; this is for a process that hangs, and one on a busy machine is not taken for it. */
const ANSWER_MS = 10_000;

export const lives = (pid: number | undefined): pid is number => pid !== undefined && isAlive(pid);

/**
 * Ends whatever of local mode still runs: the bot first, in order, then what a killed one has left behind.
 *
 * @returns what was told to end, in words.
 */
export async function endLocalMode(home: string): Promise<readonly string[]> {
  const state = readLocalState(home);
  const ended: string[] = [];
  for (const [name, pid, url] of [
    ['the bot', state?.botPid, `${state?.botUrl}/healthz`],
    ['forge and data planes', state?.worldPid, forgeProbe(state?.forgeUrl)],
  ] as const) {
    // After a restart of the machine the number may be that of anybody: only what answers where it should is ended.
    if (!lives(pid) || !(await answers(url))) continue;
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

export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })).ok;
  } catch {
    return false;
  }
}

/** What a living forge answers, whoever asks. */
export const forgeProbe = (forgeUrl: string | undefined): string => `${forgeUrl}/api/v3/meta`;
