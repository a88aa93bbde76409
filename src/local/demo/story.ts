import type { Chapter, Landed } from './chapters/chapter.ts';
import { drift } from './chapters/drift.ts';
import { mergesEveryMinute } from './chapters/merges.ts';
import { brokenYaml, editedPull, plannedPull } from './chapters/pull-requests.ts';
import { badRelease, quarantine, revert, rollout } from './chapters/rollouts.ts';
import { diesAfterSoak, pausedByPerson } from './chapters/stops.ts';
import { LocalRun } from './local-run.ts';
import { heading } from './look.ts';
import { Person } from './person.ts';

/** Real clusters take hours for what follows; the demo has two minutes. */
const SPEED = 600;

/** Local mode in a folder of its own, and one person; both gone afterwards, however it ends. */
export async function isolated(tell: (person: Person, run: LocalRun) => Promise<void>): Promise<void> {
  const run = await LocalRun.create(SPEED);
  let person: Person | undefined;
  try {
    await run.start();
    person = new Person(run.home, run.state);
    await person.clone();
    await tell(person, run);
  } finally {
    person?.remove();
    await run.remove();
  }
}

/** The bank's windows and freezes: with them, the story would be another one at night, on Sundays and at the end of a quarter. */
const CALENDAR = 'fleet-manifests/calendar/meridian.yaml';

const CHAPTERS: readonly (readonly [string, Chapter])[] = [
  ['A pull request is open, and planned', plannedPull],
  ['A change of our own: planned, pushed again, and still one comment', editedPull],
  ['Broken YAML: every mistake at its line and column', brokenYaml],
  ['Merged: the rollout goes phase by phase', rollout],
  ['A bad release: the canaries fail, and nothing else is touched', badRelease],
  ['Another merge cannot smuggle it in: the version is in quarantine', quarantine],
  ['The merges are reverted: everything goes back', revert],
  ['Somebody pauses half-way: no merge undoes that', pausedByPerson],
  ['A canary dies after its soak: the rollout stops all the same', diesAfterSoak],
  ['Merges faster than a bake: each rollout still reaches its end', mergesEveryMinute],
  ['Somebody changes a cluster behind our back: drift', drift],
];

export async function story(person: Person): Promise<void> {
  await person.pushWithout(CALENDAR, 'Let this play at any hour');
  const landed: Landed = {};
  for (const [title, chapter] of CHAPTERS) {
    const began = performance.now();
    heading(title);
    await chapter(person, landed);
    process.stdout.write(`\n(${((performance.now() - began) / 1_000).toFixed(1)} s)\n`);
  }
}
