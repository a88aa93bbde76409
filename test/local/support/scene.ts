/** Local mode with the small fleet, and one person in front of it: what every suite here starts from. */
import { rmSync } from 'node:fs';
import { LocalRun } from '../../../src/local/demo/local-run.ts';
import { eventually, Person } from '../../../src/local/demo/person.ts';
import { writeSmallFleet } from './small-fleet.ts';
import { rollouts } from './watch.ts';

export const PLAN_CHECK = 'flotilla / plan';
export const ROLLOUT_CHECK = 'flotilla / rollout';
export const REPOSITORY = { owner: 'flotilla-demo', repo: 'fleet' } as const;
/** Bakes of a minute take a tenth of a second, brokers restart as fast. */
const SPEED = 600;

export interface Scene {
  readonly run: LocalRun;
  readonly person: Person;
  remove(): Promise<void>;
}

/** @param environment - further settings of the bot. */
export async function setScene(environment: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const manifests = writeSmallFleet();
  const run = await LocalRun.create(SPEED, { FLOTILLA_MANIFESTS: manifests, ...environment });
  const remove = async () => {
    await run.remove();
    rmSync(manifests, { recursive: true, force: true });
  };
  try {
    await run.start();
    const person = new Person(run.home, run.state);
    await person.clone();
    // The bot is ready before it knows its fleet.
    await eventually('the fleet to be known', () => rollouts(run));
    return {
      run,
      person,
      remove: async () => {
        person.remove();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Replaces text that must be there. */
export const replacing =
  (from: string, to: string) =>
  (text: string): string => {
    if (!text.includes(from)) throw new Error(`there is no ${JSON.stringify(from)} to replace`);
    return text.replace(from, to);
  };

/** A release at another version, whatever it was before. */
export const atVersion =
  (version: string) =>
  (text: string): string =>
    text.replace(/version: "[^"]+"/, `version: "${version}"`);

/** Waits for the one check of this name on a commit to end. @throws Error also when there are two. */
export function checkOf(person: Person, commit: string, name: string, conclusion: string) {
  return eventually(`${name} on ${commit.slice(0, 8)}: ${conclusion}`, async () => {
    const checks = await person.check(commit, name);
    const [check] = checks;
    if (checks.length > 1) throw new Error(`${checks.length} checks ${name}`);
    if (check?.conclusion !== conclusion) throw new Error(`${check?.status} ${check?.conclusion}: ${check?.output.title}`);
    return check;
  });
}

/** Waits for the one comment of a pull request that is kept up to date to say something. */
export function commentOf(person: Person, pull: number, saying: string) {
  return eventually(`one comment on #${pull} that says ${JSON.stringify(saying)}`, async () => {
    const comments = await person.reports(pull);
    const [comment] = comments;
    if (comments.length !== 1) throw new Error(`${comments.length} comments`);
    if (comment?.body?.includes(saying) !== true) throw new Error(comment?.body);
    return { id: comment.id, body: comment.body };
  });
}

/** Pushes a branch with one edit, and opens a pull request. */
export async function propose(
  person: Person,
  branch: string,
  path: string,
  edit: (text: string) => string,
): Promise<{ readonly pull: number; readonly head: string }> {
  const head = await person.push(branch, path, edit, `Change ${branch}`);
  return { pull: await person.open(branch, `Change ${branch}`), head };
}

/** Proposes, waits for the plan, and merges. @returns the commit that landed. */
export async function land(person: Person, branch: string, path: string, edit: (text: string) => string) {
  const { pull, head } = await propose(person, branch, path, edit);
  await checkOf(person, head, PLAN_CHECK, 'success');
  return { pull, commit: await person.merge(pull, 'squash') };
}

/** Makes the first broker of a cluster that gets this version hang in its restart, so that a rollout stays where it is. `none` lets go. */
export async function hang(person: Person, cluster: string, version: string | 'none'): Promise<void> {
  await person.flotilla('break', cluster, '--with', ...(version === 'none' ? ['none'] : ['stuck', '--version', version]));
}
