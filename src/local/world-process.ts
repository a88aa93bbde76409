/** Starts the process of forge and data planes, and finds the one that runs already. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppConfig } from '../app/config.ts';
import { ensureAppKey } from './app-key.ts';
import { answers, forgeProbe, lives } from './left-behind.ts';
import { type LocalState, readLocalState, writeLocalState } from './local-state.ts';
import { wait } from './wait.ts';

const APP_ID = 1;
const LOOK_EVERY_MS = 50;
/** A small fleet is there before that. */
const TELL_EVERY_MS = 5_000;

export type RunningWorld = LocalState & { readonly forgeUrl: string; readonly dataPlaneUrl: string };

export interface WorldPorts {
  readonly forge: number;
  readonly dataPlanes: number;
}

export interface WorldStart {
  readonly startedBy: LocalState['worldStartedBy'];
  /** 0: any that is free. */
  readonly ports: WorldPorts;
  /** Told what a start does that takes long. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The two ports after the bot's own. */
export const portsAfter = (port: number): WorldPorts =>
  port === 0 ? { forge: 0, dataPlanes: 0 } : { forge: port + 1, dataPlanes: port + 2 };

/**
 * Starts forge and data planes, unless they run already: they outlive a bot that was killed.
 *
 * @throws Error with the way out.
 */
export async function ensureWorld(config: Pick<AppConfig, 'home' | 'speed' | 'manifests'>, start: WorldStart): Promise<RunningWorld> {
  const { home, speed } = config;
  makeHome(home);
  const known = readLocalState(home);
  const state: LocalState = {
    worldStartedBy: start.startedBy,
    worldPid: undefined,
    ...botOf(known, start.startedBy),
    forgeUrl: undefined,
    dataPlaneUrl: undefined,
    webhookSecret: known?.webhookSecret ?? randomBytes(24).toString('hex'),
    appId: APP_ID,
    users: known?.users ?? [],
    ...((await worldAnswers(known)) ? running(known, start.startedBy) : {}),
    speed,
  };
  ensureAppKey(home);
  writeLocalState(home, state);
  return state.worldPid === undefined ? startWorld(config, start) : complete(state, home);
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

async function startWorld({ home, manifests }: Pick<AppConfig, 'home' | 'manifests'>, start: WorldStart): Promise<RunningWorld> {
  const logFile = join(home, 'world.log');
  const log = openSync(logFile, 'a', 0o600);
  const before = fstatSync(log).size;
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'world.ts'),
      home,
      manifests,
      String(start.ports.forge),
      String(start.ports.dataPlanes),
    ],
    { detached: true, stdio: ['ignore', log, log, 'ipc'] },
  );
  closeSync(log);
  try {
    const ready = await untilStarted(
      child,
      () => {
        const now = readLocalState(home);
        return now?.worldPid === child.pid && now?.forgeUrl !== undefined ? now : undefined;
      },
      start,
    );
    if (ready === undefined) throw new Error(`the local forge did not start: ${whyNot(logFile, before)}`);
    return complete(ready, home);
  } finally {
    // It lives on without us.
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/**
 * Waits for as long as the process lives: thousands of clusters take minutes on a busy machine, and only its end is a failure.
 *
 * @returns `undefined` when it has ended.
 */
export async function untilStarted<T>(
  child: EventEmitter & Pick<ChildProcess, 'kill'>,
  ready: () => T | undefined,
  { say, signal }: Pick<WorldStart, 'say' | 'signal'>,
): Promise<T | undefined> {
  const ended = new AbortController();
  let doing = 'it starts';
  child.on('exit', () => ended.abort());
  child.on('error', () => ended.abort());
  child.on('message', (message) => {
    doing = String(message);
  });
  for (let waitedMs = 0, toldMs = 0; !ended.signal.aborted; waitedMs += LOOK_EVERY_MS) {
    const found = ready();
    if (found !== undefined) return found;
    if (signal?.aborted === true) {
      child.kill('SIGTERM');
      throw new Error('the local forge is no longer needed');
    }
    if (waitedMs - toldMs >= TELL_EVERY_MS) {
      toldMs = waitedMs;
      say(`the local forge is not ready after ${waitedMs / 1_000} s: ${doing}\n`);
    }
    await wait(LOOK_EVERY_MS);
  }
  return undefined;
}

/** What the world said when it ended. A port that is taken is the likeliest reason, and has an end of its own. */
function whyNot(file: string, from: number): string {
  const log = readFileSync(file).subarray(from).toString('utf8');
  const taken = /EADDRINUSE.*?:(\d+)/.exec(log)?.[1];
  if (taken !== undefined) return `another program listens on port ${taken}; set PORT to another one, and the two after it are taken along`;
  const said = /^\w*Error: (.*?)\n {4}at /ms.exec(log)?.[1];
  return `${said ?? 'it gave no reason'}\n(all that it said is in ${file})`;
}

/** A bot that lives stays the one that webhooks go to: whether another may take its place is for the database to say, which refuses it. */
function botOf(known: LocalState | undefined, startedBy: LocalState['worldStartedBy']): Pick<LocalState, 'botPid' | 'botUrl'> {
  if (known !== undefined && lives(known.botPid)) return { botPid: known.botPid, botUrl: known.botUrl };
  return { botPid: startedBy === 'bot' ? process.pid : undefined, botUrl: undefined };
}

/** A world that runs keeps its pid, its addresses, and who started it; one that a killed bot has left goes to the person who asks for it. */
function running(known: LocalState | undefined, askedBy: LocalState['worldStartedBy']): Partial<LocalState> {
  if (known === undefined) return {};
  const { worldPid, forgeUrl, dataPlaneUrl } = known;
  const worldStartedBy = askedBy === 'person' && !lives(known.botPid) ? 'person' : known.worldStartedBy;
  return { worldStartedBy, worldPid, forgeUrl, dataPlaneUrl };
}

async function worldAnswers(state: LocalState | undefined): Promise<boolean> {
  return state?.forgeUrl !== undefined && lives(state.worldPid) && (await answers(forgeProbe(state.forgeUrl)));
}

function complete(state: LocalState, home: string): RunningWorld {
  const { forgeUrl, dataPlaneUrl } = state;
  if (forgeUrl === undefined || dataPlaneUrl === undefined)
    throw new Error(`${join(home, 'local.json')} is incomplete: remove it and start again`);
  return { ...state, forgeUrl, dataPlaneUrl };
}
