import { fork } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Tally, tallied } from '../tally.ts';
import { PLANTED_BUGS, type PlantedBug } from './bugs.ts';

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

/**
 * Plants one bug after another into copies of the source, and says which law caught it, after how many seeds.
 *
 * @returns the exit code: 1 when one was not caught.
 */
export async function playPlanted(name: string, seeds: number, jobs: number): Promise<number> {
  const chosen = PLANTED_BUGS.filter((bug) => name === 'all' || name.split(',').includes(bug.name));
  if (chosen.length === 0) throw new Error(`no planted bug ${name}; there are ${PLANTED_BUGS.map((bug) => bug.name).join(', ')}`);
  const left = [...chosen];
  let missed = 0;
  const work = async (at: number): Promise<void> => {
    const folder = join(ROOT, '.cache/planted', String(at));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    const [broken] = (await firstFailure(folder, SOUND_SEEDS))?.failures ?? [];
    if (broken !== undefined) throw new Error(`nothing is planted, and seed ${broken.seed} breaks ${broken.law}: ${broken.words}`);
    for (let bug = left.shift(); bug !== undefined; bug = left.shift()) if (!(await play(bug, folder, seeds))) missed += 1;
    rmSync(folder, { recursive: true, force: true });
  };
  await Promise.all(Array.from({ length: Math.min(jobs, chosen.length) }, (_, at) => work(at)));
  console.log(`${chosen.length - missed} of ${chosen.length} planted bugs were caught within ${seeds} seeds`);
  return missed > 0 ? 1 : 0;
}

async function play(bug: PlantedBug, folder: string, seeds: number): Promise<boolean> {
  const path = join(folder, 'src', bug.file);
  const text = readFileSync(path, 'utf8');
  try {
    writeFileSync(path, withBug(text, bug));
    const tally = await firstFailure(folder, seeds);
    const caught = tally?.failures[0];
    const words =
      caught === undefined
        ? `NOT CAUGHT in ${tally?.seeds ?? 0} seeds`
        : `${caught.law}, seed ${tally?.seeds}: ${caught.words.split('\n')[0]?.slice(0, 110)}`;
    console.log(`${bug.name.padEnd(34)} ${words}`);
    return caught !== undefined;
  } catch (error) {
    console.log(`${bug.name.padEnd(34)} ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    writeFileSync(path, text);
  }
}

function firstFailure(folder: string, seeds: number): Promise<Tally | undefined> {
  return new Promise((done) => {
    const child = fork(join(folder, 'test/simulation/worker.ts'), ['1', String(seeds + 1), '1', 'true'], { cwd: ROOT });
    let tally: Tally | undefined;
    child.on('message', (message) => {
      tally = tallied(message);
    });
    child.on('exit', () => done(tally));
  });
}
