import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalUser } from './seed.ts';

/** What the programs of local mode tell each other through `local.json` in the data folder. Holds tokens, so only its owner may read it. */
export interface LocalState {
  /** Which folder this was written in: a copy of it brings along the processes and addresses of the original. */
  readonly folder?: string;
  /** The command that started bot and forge is over when the bot ends; one that started the forge alone keeps it. */
  readonly worldStartedBy: 'bot' | 'person';
  readonly worldPid: number | undefined;
  readonly botPid: number | undefined;
  readonly botUrl: string | undefined;
  readonly forgeUrl: string | undefined;
  readonly dataPlaneUrl: string | undefined;
  readonly speed: number;
  /** Secret that the forge signs webhooks with. */
  readonly webhookSecret: string;
  readonly appId: number;
  /** People of the forge with their tokens, which the API of the bot knows them by too; empty before the forge has started. */
  readonly users: readonly LocalUser[];
}

const fileOf = (home: string): string => join(home, 'local.json');

/**
 * What a copy of a folder has of the original's processes is left out: they are not its own, and it may not end them.
 *
 * @returns `undefined` when there is none, or it cannot be understood: then local mode makes a new one.
 */
export function readLocalState(home: string): LocalState | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(fileOf(home), 'utf8'));
    if (typeof state !== 'object' || state === null || !('webhookSecret' in state)) return undefined;
    const known = state as LocalState;
    return known.folder === identityOf(home) ? known : { ...known, ...NOTHING_RUNS };
  } catch {
    return undefined;
  }
}

const NOTHING_RUNS = { worldPid: undefined, botPid: undefined, botUrl: undefined, forgeUrl: undefined, dataPlaneUrl: undefined };

/** The same when the folder is moved, and another in a copy. */
function identityOf(home: string): string {
  const { dev, ino } = statSync(home);
  return `${dev}:${ino}`;
}

/** Replaces the file in one step, so that a reader never sees half of it. */
export function writeLocalState(home: string, state: LocalState): void {
  mkdirSync(home, { recursive: true });
  const draft = `${fileOf(home)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ ...state, folder: identityOf(home) }, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, fileOf(home));
}
