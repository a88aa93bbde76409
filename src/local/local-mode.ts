/** Local mode: the same bot, with a forge and data planes of its own to work against, and no account anywhere. */
import { spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { accessSync, chmodSync, constants, fstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bot, startBot } from '../app/bot.ts';
import type { AppConfig } from '../app/config.ts';
import type { Log } from '../ports/log.ts';
import { greeting } from './greeting.ts';
import { answers, forgeProbe, lives } from './left-behind.ts';
import { type LocalState, readLocalState, writeLocalState } from './local-state.ts';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from './seed.ts';

/** A first start makes repositories and seeds sixty clusters: seconds, or longer on a busy machine. One that fails ends, and is noticed at once. */
const WORLD_START_MS = 2 * 60_000;
const APP_ID = 1;
/** The plan of the first pull request takes a second or two; on a machine that is busier the greeting comes without it. */
const PLANNED_MS = 6_000;

/** @throws Error with the way out, when a port is taken, another bot has the folder, or the world does not start. */
export async function startLocal(config: AppConfig, log: Log): Promise<Bot> {
  makeHome(config.home);
  const before = readLocalState(config.home);
  const world = await ensureWorld(config, 'bot');
  const bot = await startBot(
    {
      ...config,
      apiToken: config.apiToken ?? world.token,
      github: {
        appId: String(world.appId),
        privateKey: readFileSync(join(config.home, 'app.pem'), 'utf8'),
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
  if (before === undefined) await untilPlanned(readLocalState(config.home) ?? world);
  process.stdout.write(greeting(config, readLocalState(config.home) ?? world, bot.url));
  return { url: bot.url, stop: () => stopLocal(config.home, bot) };
}

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the data folder ${home} cannot be written (${why}): set FLOTILLA_HOME to a folder that may be`);
  }
}

/** Starts forge and data planes, unless they run already: they outlive a bot that was killed. */
export async function ensureWorld(
  config: Pick<AppConfig, 'home' | 'port' | 'speed' | 'manifests'>,
  startedBy: LocalState['worldStartedBy'],
): Promise<LocalState & { readonly forgeUrl: string; readonly dataPlaneUrl: string }> {
  const { home, port } = config;
  const known = readLocalState(home);
  const state: LocalState = {
    worldStartedBy: startedBy,
    worldPid: undefined,
    ...botOf(known, startedBy),
    forgeUrl: undefined,
    dataPlaneUrl: undefined,
    token: known?.token ?? randomBytes(24).toString('hex'),
    webhookSecret: known?.webhookSecret ?? randomBytes(24).toString('hex'),
    appId: APP_ID,
    users: known?.users ?? [],
    ...running(known, await worldAnswers(known)),
    speed: config.speed,
  };
  ensureAppKey(home);
  writeLocalState(home, state);
  if (state.worldPid !== undefined) return started(state, home);
  const logFile = join(home, 'world.log');
  const log = openSync(logFile, 'a', 0o600);
  const before = fstatSync(log).size;
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'world.ts'),
      home,
      config.manifests,
      String(port === 0 ? 0 : port + 1),
      String(port === 0 ? 0 : port + 2),
    ],
    { detached: true, stdio: ['ignore', log, log] },
  );
  child.unref();
  let exited = false;
  child.once('exit', () => {
    exited = true;
  });
  for (let waited = 0; waited < WORLD_START_MS && !exited; waited += 50) {
    const now = readLocalState(home);
    if (now?.worldPid === child.pid && now?.forgeUrl !== undefined) return started(now, home);
    await sleep(50);
  }
  throw new Error(`the local forge did not start: ${whyNot(logFile, before)}`);
}

/** What the world said when it ended. A port that is taken is the likeliest reason, and has an end of its own. */
function whyNot(file: string, from: number): string {
  const log = readFileSync(file).subarray(from).toString('utf8');
  const taken = /EADDRINUSE.*?:(\d+)/.exec(log)?.[1];
  if (taken !== undefined) return `another program listens on port ${taken}; set PORT to another one, and the two after it are taken along`;
  const said = /^\w*Error: (.*?)\n {4}at /ms.exec(log)?.[1];
  return `${said ?? 'it gave no reason'}\n(all that it said is in ${file})`;
}

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

/** A bot that lives stays the one that webhooks go to: whether another may take its place is for the database to say, which refuses it. */
function botOf(known: LocalState | undefined, startedBy: LocalState['worldStartedBy']): Pick<LocalState, 'botPid' | 'botUrl'> {
  if (known !== undefined && lives(known.botPid)) return { botPid: known.botPid, botUrl: known.botUrl };
  return { botPid: startedBy === 'bot' ? process.pid : undefined, botUrl: undefined };
}

/** A world that runs keeps its pid, its addresses, and who started it. */
function running(known: LocalState | undefined, alive: boolean): Partial<LocalState> {
  if (!alive || known === undefined) return {};
  const { worldStartedBy, worldPid, forgeUrl, dataPlaneUrl } = known;
  return { worldStartedBy, worldPid, forgeUrl, dataPlaneUrl };
}

async function worldAnswers(state: LocalState | undefined): Promise<boolean> {
  return state?.forgeUrl !== undefined && state.worldPid !== undefined && (await answers(forgeProbe(state.forgeUrl)));
}

function started(state: LocalState, home: string): LocalState & { readonly forgeUrl: string; readonly dataPlaneUrl: string } {
  const { forgeUrl, dataPlaneUrl } = state;
  if (forgeUrl === undefined || dataPlaneUrl === undefined)
    throw new Error(`${join(home, 'local.json')} is incomplete: remove it and start again`);
  return { ...state, forgeUrl, dataPlaneUrl };
}

/** The key of the app on the local forge: made once, like the one that GitHub gives. */
function ensureAppKey(home: string): void {
  const path = join(home, 'app.pem');
  if (isKey(path)) return;
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(path, privateKey, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** A key that is missing or damaged is made anew: the forge that is started next takes it as it is. */
function isKey(path: string): boolean {
  try {
    createPrivateKey(readFileSync(path));
    return true;
  } catch {
    return false;
  }
}

async function stopLocal(home: string, bot: Bot): Promise<void> {
  await bot.stop();
  const state = readLocalState(home);
  if (state === undefined) return;
  const { worldPid, worldStartedBy } = state;
  writeLocalState(home, { ...state, botPid: undefined, botUrl: undefined });
  // A forge that a person started for himself stays, so that pull requests can be merged while the bot is away.
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
