import { resolve } from 'node:path';
import { readConfig } from '../app/config.ts';
import { endLocalMode, lives } from '../local/left-behind.ts';
import { wait } from '../local/wait.ts';
import { ensureWorld, portsAfter } from '../local/world-process.ts';
import { type CliIo, Refused, UsageError } from './io.ts';

/** `flotilla local forge`: forge and data planes without the bot, until Ctrl-C. A bot that is started meanwhile uses them. */
export async function runForge(io: CliIo): Promise<void> {
  const config = readConfig(io.env);
  if (!config.ok) throw new UsageError(config.error.join('; '));
  const { home, port } = config.value;
  const over = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => over.abort());
  const world = await ensureWorld(config.value, { startedBy: 'person', ports: portsAfter(port), say: io.err, signal: over.signal });
  if (world.worldStartedBy === 'bot')
    throw new Refused(`forge (${world.forgeUrl}) and data planes (${world.dataPlaneUrl}) run already, and end with the bot of ${home}`);
  io.out(`forge        ${world.forgeUrl}\ndata planes  ${world.dataPlaneUrl}\n\nCtrl-C ends them.\n`);
  await untilGone(world.worldPid, over.signal);
  if (lives(world.worldPid)) process.kill(world.worldPid, 'SIGTERM');
}

/** `flotilla local stop`: ends everything of local mode that still runs. */
export async function runStop(io: CliIo): Promise<void> {
  const ended = await endLocalMode(resolve(io.cwd, io.env['FLOTILLA_HOME'] || '.flotilla'));
  io.out(ended.length === 0 ? 'nothing was running\n' : `ended: ${ended.join(', ')}\n`);
}

const LOOK_MS = 1_000;

/** Keeps the command alive while the world lives, and nobody has ended it. */
async function untilGone(pid: number | undefined, signal: AbortSignal): Promise<void> {
  while (lives(pid) && !signal.aborted) await wait(LOOK_MS, signal);
}
