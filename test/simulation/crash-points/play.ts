import { VirtualTimers } from '../virtual-timers.ts';
import type { Call, Fault } from './calls.ts';
import { CLUSTERS, CrashWorld, FLEET } from './crash-world.ts';
import { FIRST, type Stage, type Story } from './stories.ts';
import type { Failure } from './witness.ts';

export interface Play {
  readonly failures: readonly Failure[];
  readonly calls: readonly Call[];
  readonly ending: readonly string[];
}

/** Half an hour of ticks: whatever was lost and is found by the sweep alone comes too late. */
const TICKS_MAX = 60;

/** Plays a story with faults at some of its calls. */
export async function play(story: Story, faults: readonly Fault[] = []): Promise<Play> {
  const restore = new VirtualTimers().install();
  try {
    const world = new CrashWorld(faults);
    await world.begin(FIRST);
    const failures = await tell(world, story);
    const ending = await endingOf(world);
    await world.witness.readAudit(world.store, FLEET);
    return { failures: [...world.witness.failures, ...failures, ...wrongEnd(story, ending)], calls: world.calls.made, ending };
  } finally {
    restore();
  }
}

async function tell(world: CrashWorld, { stages }: Story): Promise<readonly Failure[]> {
  for (const stage of stages) {
    await stage.act(world);
    if (!(await comesTo(world, stage))) return [{ name: 'story-stands', words: `it never comes to it that ${stage.name}` }];
  }
  return await standing(world);
}

async function comesTo(world: CrashWorld, { until }: Stage): Promise<boolean> {
  for (let ticks = 0; ticks < TICKS_MAX && world.witness.failures.length === 0; ticks += 1) {
    await world.work();
    if (await until(world)) return true;
    await world.pass();
  }
  return false;
}

/** Lets everything come to rest: at first things still go wrong, and then no more. @returns jobs that wait for ever. */
async function standing(world: CrashWorld): Promise<readonly Failure[]> {
  await world.work();
  for (let ticks = 0; ticks < 2; ticks += 1) await world.pass();
  world.calls.end();
  for (let ticks = 0; ticks < 6; ticks += 1) await world.pass();
  const { jobs } = world.store;
  const parked = jobs.parked().map(({ key }) => key);
  const late = jobs.takeDueJobs(world.clock.now()).map(({ key }) => key);
  const waiting = jobs.waiting().filter(({ key }) => !parked.includes(key) && !key.startsWith('wake:'));
  const left = [...parked.map((key) => `${key} is parked`), ...late, ...waiting.map(({ key }) => `${key} waits`)];
  return left.length === 0 ? [] : [{ name: 'queue-stands', words: left.join(', ') }];
}

/** A data plane that could not be asked is told of, and so is that it answers again. */
const MAY_BE_SAID: ReadonlySet<string> = new Set(['issue closed: Outage: data plane east does not answer']);

function wrongEnd({ ends }: Story, ending: readonly string[]): readonly Failure[] {
  const missing = ends.filter((line) => !ending.includes(line)).map((line) => `- ${line}`);
  const extra = ending.filter((line) => !ends.includes(line) && !MAY_BE_SAID.has(line)).map((line) => `+ ${line}`);
  return missing.length + extra.length === 0 ? [] : [{ name: 'wrong-end', words: [...missing, ...extra].join('; ') }];
}

/** How everything is that a person would look at. */
async function endingOf({ planes, store, repository, git }: CrashWorld): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const cluster of CLUSTERS) {
    const { running, healthy } = planes.inspect(cluster);
    lines.push(`${cluster} runs ${running.version}, ${healthy ? 'healthy' : 'ill'}`);
  }
  for (const { release, kind, status, seq } of (await store.recentRollouts(FLEET, 100)).toReversed())
    lines.push(`${kind} ${seq} of ${release} is ${status}`);
  for (const { cause, scope } of await store.stops(FLEET)) lines.push(`a stop on the ${scope.kind}: ${cause}`);
  for (const { key } of await store.drifts(FLEET)) lines.push(`drift ${key}`);
  for (const { body } of repository.comments(1)) lines.push(`comment: ${headline(body)}`);
  const marks = repository.comments(1).map(({ body }) => body.split('\n')[0]);
  for (const mark of marks.filter((one, at) => marks.indexOf(one) !== at)) lines.push(`said twice: ${mark}`);
  const pull = git.head('refs/pull/1/head');
  for (const sha of [...git.ancestors(git.head() ?? ''), ...(pull === undefined ? [] : [pull])]) {
    for (const { name, title, state } of repository.checks(sha))
      lines.push(`check ${name}: ${title}, ${state.kind === 'completed' ? state.conclusion : state.kind}`);
  }
  for (const { title, state } of repository.issues()) lines.push(`issue ${state}: ${title}`);
  const fleet = await store.fleet(FLEET);
  if (fleet?.seenHead !== git.head()) lines.push('the newest commit was not looked at');
  if (fleet?.goodHead !== git.head()) lines.push('the newest manifests are not in force');
  return lines;
}

const headline = (body: string): string => body.split('\n').find((line) => line !== '' && !line.startsWith('<!--')) ?? '';
