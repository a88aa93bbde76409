/** Local mode: the same bot, with a forge and data planes of its own to work against, and no account anywhere. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bot, startBot } from '../app/bot.ts';
import type { AppConfig } from '../app/config.ts';
import { digestOf } from '../http/token.ts';
import type { Log } from '../ports/log.ts';
import { appKeyFile } from './app-key.ts';
import { greeting } from './greeting.ts';
import { type LocalState, readLocalState, writeLocalState } from './local-state.ts';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from './seed.ts';
import { WorldKeeper } from './world-keeper.ts';
import { ensureWorld, portsAfter, type RunningWorld } from './world-process.ts';

/** The plan of the first pull request takes a second or two; on a machine that is busier the greeting comes without it. */
const PLANNED_MS = 6_000;

/** @throws Error with the way out, when a port is taken, another bot has the folder, or the world does not start. */
export async function startLocal(config: AppConfig, log: Log): Promise<Bot> {
  const before = readLocalState(config.home);
  const say = (line: string): void => void process.stdout.write(line);
  const world = await ensureWorld(config, { startedBy: 'bot', ports: portsAfter(config.port), say });
  const bot = await startBot(
    {
      ...config,
      // People of the forge, with the tokens that they have there.
      apiTokens: [...config.apiTokens, ...world.users.map(({ login, token }) => ({ login, sha256: digestOf(token) }))],
      github: {
        appId: String(world.appId),
        privateKey: readFileSync(appKeyFile(config.home), 'utf8'),
        webhookSecret: world.webhookSecret,
        apiUrl: `${world.forgeUrl}/api/v3`,
        writeIntervalMs: 0,
        publishIntervalMs: 1_000,
      },
      environment: { ...config.environment, FLOTILLA_SIMULATED_URL: world.dataPlaneUrl },
    },
    log,
    // Webhooks that wait at the forge come as soon as it knows where to.
    (url) => writeLocalState(config.home, { ...(readLocalState(config.home) ?? world), botUrl: url, botPid: process.pid }),
  ).catch((error: unknown) => {
    // Nobody would look for it, and it would keep its ports.
    if (world.worldPid !== before?.worldPid) end(world.worldPid);
    throw error;
  });
  const keeper = keepWorld(config, world, log);
  if (before === undefined) await untilPlanned(readLocalState(config.home) ?? world);
  process.stdout.write(greeting(config, readLocalState(config.home) ?? world, bot.url));
  return { url: bot.url, stop: () => stopLocal(config.home, bot, keeper) };
}

/** The bot goes on with the addresses that it has been given, so a world that is started again gets the same. */
function keepWorld(config: AppConfig, { forgeUrl, dataPlaneUrl }: RunningWorld, log: Log): WorldKeeper {
  const ports = { forge: portOf(forgeUrl), dataPlanes: portOf(dataPlaneUrl) };
  const say = (line: string): void => log.info({}, line.trim());
  return new WorldKeeper(
    {
      pid: () => readLocalState(config.home)?.worldPid,
      start: (signal) => ensureWorld(config, { startedBy: 'bot', ports, say, signal }),
    },
    log,
  );
}

const portOf = (url: string): number => Number(new URL(url).port);

/** What the greeting speaks of is there to be seen when it is printed: the open pull request with its plan. */
async function untilPlanned({ forgeUrl, users }: LocalState): Promise<void> {
  const headers = { authorization: `Bearer ${users[0]?.token ?? ''}` };
  const repository = `${forgeUrl}/api/v3/repos/${EXAMPLE_OWNER}/${EXAMPLE_NAME}`;
  for (let waited = 0; waited < PLANNED_MS; waited += 100) {
    const comments = await fetch(`${repository}/issues/1/comments`, { headers }).then(
      (answer) => answer.json(),
      () => [],
    );
    if (Array.isArray(comments) && comments.length > 0) return;
    await sleep(100);
  }
}

async function stopLocal(home: string, bot: Bot, keeper: WorldKeeper): Promise<void> {
  await keeper.stop();
  await bot.stop();
  endWorld(home);
}

/** Ends forge and data planes. A forge that a person started for himself stays, so that pull requests can be merged while the bot is away. */
export function endWorld(home: string): void {
  const state = readLocalState(home);
  if (state === undefined) return;
  const { worldPid, worldStartedBy } = state;
  writeLocalState(home, { ...state, botPid: undefined, botUrl: undefined });
  if (worldStartedBy === 'bot') end(worldPid);
}

function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It is gone already.
  }
}
