import { fork } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Tally, tallied } from '../tally.ts';
import type { PlantedBug } from './bugs.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const COPIED = ['src', 'test/simulation', 'test/support/small-world/random.ts', 'schemas'] as const;

/** A law that is broken without a bug catches none. */
const SOUND_SEEDS = 30;

/** The source with the bug in it. @throws Error when it does not fit any more: the place has been written anew. */
export function withBug(text: string, { name, find, replace }: PlantedBug): string {
  const at = text.indexOf(find);
  if (at < 0 || text.includes(find, at + 1))
    throw new Error(`planted bug ${name}: its place occurs ${at < 0 ? 'nowhere' : 'twice'}; write it anew`);
  return `${text.slice(0, at)}${replace}${text.slice(at + find.length)}`;
}

/** What caught a bug: a law, or a failure by name. */
export interface Caught {
  readonly by: string;
  readonly words: string;
}

/** Plays the copy of the source in a folder. @param isSound - nothing is planted in it. @returns the first thing that is wrong. */
export type PlayCopy = (folder: string, isSound: boolean) => Promise<Caught | undefined>;

/**
 * Plants one bug after another into copies of the source, and says what caught it.
 *
 * @returns the exit code: 1 when one was not caught.
 */
export async function playPlanted(bugs: readonly PlantedBug[], name: string, jobs: number, playCopy: PlayCopy): Promise<number> {
  const chosen = bugs.filter((bug) => name === 'all' || name.split(',').includes(bug.name));
  if (chosen.length === 0) throw new Error(`no planted bug ${name}; there are ${bugs.map((bug) => bug.name).join(', ')}`);
  const left = [...chosen];
  let missed = 0;
  const work = async (at: number): Promise<void> => {
    const folder = join(ROOT, '.cache/planted', String(at));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    const broken = await playCopy(folder, true);
    if (broken !== undefined) throw new Error(`nothing is planted, and it breaks ${broken.by}: ${broken.words}`);
    for (let bug = left.shift(); bug !== undefined; bug = left.shift()) if (!(await play(bug, folder, playCopy))) missed += 1;
    rmSync(folder, { recursive: true, force: true });
  };
  await Promise.all(Array.from({ length: Math.min(jobs, chosen.length) }, (_, at) => work(at)));
  console.log(`${chosen.length - missed} of ${chosen.length} planted bugs were caught`);
  return missed > 0 ? 1 : 0;
}

async function play(bug: PlantedBug, folder: string, playCopy: PlayCopy): Promise<boolean> {
  const path = join(folder, 'src', bug.file);
  const text = readFileSync(path, 'utf8');
  try {
    writeFileSync(path, withBug(text, bug));
    const caught = await playCopy(folder, false);
    const words = caught === undefined ? 'NOT CAUGHT' : `${caught.by}: ${caught.words.split('\n')[0]?.slice(0, 110)}`;
    console.log(`${bug.name.padEnd(34)} ${words}`);
    return caught !== undefined;
  } catch (error) {
    console.log(`${bug.name.padEnd(34)} ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    writeFileSync(path, text);
  }
}

/** Plays seeds until one breaks a law. */
export const playSeeds =
  (seeds: number): PlayCopy =>
  async (folder, isSound) => {
    const tally = await tallyOf(folder, isSound ? SOUND_SEEDS : seeds);
    const [caught] = tally?.failures ?? [];
    return caught && { by: `${caught.law}, seed ${caught.seed}`, words: caught.words };
  };

function tallyOf(folder: string, seeds: number): Promise<Tally | undefined> {
  return new Promise((done) => {
    const child = fork(join(folder, 'test/simulation/worker.ts'), ['1', String(seeds + 1), '1', 'true'], { cwd: ROOT });
    let tally: Tally | undefined;
    child.on('message', (message) => {
      tally = tallied(message);
    });
    child.on('exit', () => done(tally));
  });
}
