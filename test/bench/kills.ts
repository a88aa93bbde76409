import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { maybe, object, text } from '../../src/core/model/decode.ts';
import { trusted } from '../../src/core/model/ids.ts';
import { LocalRun } from '../../src/local/demo/local-run.ts';
import { eventually, PATIENCE_MS, Person } from '../../src/local/demo/person.ts';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from '../../src/local/seed.ts';
import { planCheckKey } from '../../src/loop/projection-keys.ts';
import { CONNECT, writeSmallFleet } from '../local/support/small-fleet.ts';
import type { Figure } from './figure.ts';
import { databaseOf } from './watched-run.ts';

/** Fast enough that a rollout takes seconds, slow enough that kills meet it in the middle. */
const SPEED = 300;
const PLAN = 'flotilla / plan';
const ROLLOUT = 'flotilla / rollout';
/** One story: a pull request, its merge, its rollout. The first kill falls between something said and its record, the others anywhere. */
const KILLS_PER_STORY = 5;
/** A tick comes at least this often. */
const WORK_WITHIN_MS = 2_000;

/**
 * R3: kills the bot, or its database, or both, at random moments of pull request, merge and rollout, and starts it again.
 *
 * Lost: a change that did not reach its clusters, or a plan or rollout that was not reported. Repeated: a second comment,
 * a second check of one name on one commit, a second drift issue for one cluster.
 */
export async function kills(count: number): Promise<readonly Figure[]> {
  // Without windows and freezes: what comes of it does not hang on the day of the week.
  const manifests = writeSmallFleet();
  const run = await LocalRun.create(SPEED, { FLOTILLA_MANIFESTS: manifests });
  const tally = { kills: 0, lost: [] as string[], repeated: [] as string[] };
  const seed = Date.now();
  const random = generator(seed);
  process.stderr.write(`kills: seed ${seed}\n`);
  let person: Person | undefined;
  try {
    await run.start();
    person = new Person(run.home, run.state);
    await person.clone();
    // A fleet begins as it is first seen: only what is merged after that is a change.
    await inForce(person);
    for (let story = 1; tally.kills < count; story += 1) await oneStory(run, person, story, random, tally);
    await repeatedIssues(person, tally.repeated);
  } finally {
    person?.remove();
    await run.remove();
    rmSync(manifests, { recursive: true, force: true });
  }
  for (const what of [...tally.lost, ...tally.repeated]) process.stderr.write(`${what}\n`);
  const figure = (what: string, value: number, goal: string, met: boolean): Figure => ({ id: 'R3', what, value, unit: '', goal, met });
  return [
    figure('kills of bot and database', tally.kills, `≥ ${count}`, tally.kills >= count),
    figure('effects lost', tally.lost.length, '0', tally.lost.length === 0),
    figure('effects repeated', tally.repeated.length, '0', tally.repeated.length === 0),
  ];
}

interface Tally {
  kills: number;
  readonly lost: string[];
  readonly repeated: string[];
}

async function oneStory(run: LocalRun, person: Person, story: number, random: () => number, tally: Tally): Promise<void> {
  const branch = `story-${story}`;
  const value = 10_000 + story;
  const head = await person.push(
    branch,
    CONNECT,
    (before) => before.replace(/some\.setting: \d+/, `some.setting: ${value}`),
    `Setting ${value}`,
  );
  const pull = await killOnceSaid(run, person, head, () => person.open(branch, `Setting ${value}`), tally);
  const killing = killSometimes(run, random, tally);
  await sleep(random() * 1_500);
  const landed = await person.merge(pull, (['merge', 'squash', 'rebase'] as const)[story % 3] ?? 'merge');
  await killing;
  await settled(person, landed, tally.lost, `story ${story}: the rollout of #${pull}`);
  for (const [commit, name] of [
    [head, PLAN],
    [landed, ROLLOUT],
  ] as const) {
    const length = await checksEver(person, commit, name);
    if (length > 1) tally.repeated.push(`story ${story}: ${length} checks ${name} on ${commit}`);
  }
  const comments = await person.reports(pull);
  if (comments.length === 0) tally.lost.push(`story ${story}: no comment on #${pull}`);
  if (comments.length > 1) tally.repeated.push(`story ${story}: ${comments.length} comments on #${pull}`);
  const status = await person.status('connect-c');
  if (!status.includes(`some.setting=${value}`)) tally.lost.push(`story ${story}: a cluster did not get ${value}`);
}

/** Of one name on one commit. Who asks for no more than the newest, as a page does, is told of one, however many there are. */
async function checksEver({ octokit }: Person, commit: string, name: string): Promise<number> {
  const where = { owner: EXAMPLE_OWNER, repo: EXAMPLE_NAME, ref: commit };
  return (await octokit.rest.checks.listForRef({ ...where, check_name: name, filter: 'all' })).data.total_count;
}

const fleetJson = object({ goodHead: maybe(text) });

async function inForce(person: Person): Promise<void> {
  await eventually('the first manifests to be in force', async () => fleetJson(await person.api('')).goodHead);
}

/** Kills the bot when its plan is to be seen, and nothing of it is on record yet: whoever starts again must find it. */
async function killOnceSaid(run: LocalRun, person: Person, head: string, open: () => Promise<number>, tally: Tally): Promise<number> {
  const database = await databaseOf(run);
  // The check counts as under way, which the bot reads; what it has done cannot be written down while the row is held.
  const row = [`${EXAMPLE_OWNER}/${EXAMPLE_NAME}`, planCheckKey(trusted.commit(head))];
  await database.query(`insert into flotilla.projections (fleet, key, memo) values ($1, $2, '{"state":"in-progress"}')`, row);
  await database.query('begin');
  await database.query('select from flotilla.projections where fleet = $1 and key = $2 for update', row);
  const pull = await open();
  await eventually('the plan to be said', async () => (await person.check(head, PLAN))[0]);
  await run.kill();
  await database.end();
  await run.start();
  tally.kills += 1;
  return pull;
}

/** Kills at random moments while the story goes on, and starts the bot again each time. */
async function killSometimes(run: LocalRun, random: () => number, tally: Tally): Promise<void> {
  for (let kill = 1; kill < KILLS_PER_STORY; kill += 1) {
    await sleep(random() * 1_200);
    const victim = random();
    // Most of the time there is nothing that a kill could break.
    if (random() < 0.7) await untilAtWork(run);
    if (victim < 0.5) killDatabase(run);
    if (victim > 0.25) {
      await run.kill();
      await sleep(random() * 300);
      await run.start();
    }
    tally.kills += 1;
  }
}

/** Until a job runs; not for ever, as there may be none. */
async function untilAtWork(run: LocalRun): Promise<void> {
  const database = await databaseOf(run).catch(() => undefined);
  const until = performance.now() + WORK_WITHIN_MS;
  while (database !== undefined && performance.now() < until) {
    const { rowCount } = await database.query('select from flotilla.jobs where holder is not null').catch(() => ({ rowCount: 1 }));
    if (rowCount !== 0) break;
  }
  await database?.end().catch(() => undefined);
}

/** As a crash of the server would: no shutdown, no checkpoint. */
function killDatabase(run: LocalRun): void {
  try {
    const pid = Number(readFileSync(join(run.home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
    if (Number.isInteger(pid) && pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // Between two servers there is none to kill.
  }
}

async function settled(person: Person, commit: string, lost: string[], what: string): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    const [check] = await person.check(commit, ROLLOUT);
    if (check?.conclusion === 'success') return;
    await sleep(200);
  }
  lost.push(`${what} did not complete`);
}

async function repeatedIssues(person: Person, repeated: string[]): Promise<void> {
  const titles = [...(await person.issues('open')), ...(await person.issues('closed'))].map(({ title }) => title);
  for (const title of new Set(titles)) {
    const { length } = titles.filter((other) => other === title);
    if (length > 1) repeated.push(`${length} issues "${title}"`);
  }
}

/** mulberry32: the same seed gives the same moments. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
