import { once } from 'node:events';
import { resolve } from 'node:path';
import { readConfig } from '../app/config.ts';
import { endLocalMode, lives } from '../local/left-behind.ts';
import { ensureWorld } from '../local/local-mode.ts';
import { type CliIo, UsageError } from './io.ts';

/** `flotilla local forge`: forge and data planes without the bot, until Ctrl-C. A bot that is started meanwhile uses them. */
export async function runForge(io: CliIo): Promise<void> {
  const config = readConfig(io.env);
  if (!config.ok) throw new UsageError(config.error.join('; '));
  const world = await ensureWorld(config.value, 'person');
  io.out(`forge        ${world.forgeUrl}\ndata planes  ${world.dataPlaneUrl}\n\nCtrl-C ends them.\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), untilGone(world.worldPid)]);
  if (world.worldPid !== undefined) process.kill(world.worldPid, 'SIGTERM');
}

/** `flotilla local stop`: ends everything of local mode that still runs. */
export async function runStop(io: CliIo): Promise<void> {
  const ended = await endLocalMode(resolve(io.cwd, io.env['FLOTILLA_HOME'] || '.flotilla'));
  io.out(ended.length === 0 ? 'nothing was running\n' : `ended: ${ended.join(', ')}\n`);
}

const LOOK_MS = 1_000;

/** Keeps the command alive while the world lives. */
function untilGone(pid: number | undefined): Promise<void> {
  return new Promise((gone) => {
    const timer = setInterval(() => {
      if (pid === undefined || lives(pid)) return;
      clearInterval(timer);
      gone();
    }, LOOK_MS);
  });
}
