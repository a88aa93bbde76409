import type { ClusterId } from '../../src/core/model/ids.ts';
import type { TargetStatus } from '../../src/core/reconcile/state.ts';
import { NO_FAULTS } from './faults.ts';
import type { MirroredRollout } from './mirror.ts';
import type { Schedule } from './schedule.ts';

const BY = { by: 'second', reason: 'it may have been bad luck' } as const;
const PASS_MS = 25_000;
/** Longer than any deadline, where the data plane answers. */
const PASSES_TO_FAIL = 45;
/** Longer than a cluster has to be broken before it counts. */
const PASSES_TO_BREAK = 10;

/** What takes more time than a schedule has, while the clusters are as they are, and before anybody sets them right. */
export async function lastTroubles(schedule: Schedule): Promise<void> {
  schedule.faults = NO_FAULTS;
  const { clocks } = schedule.world;
  clocks.botSkewMs = clocks.databaseSkewMs;
  await schedule.work();
  const { unfinished } = schedule.laws.mirror;
  const outOfSight = unfinished.find((rollout) => hasOne(rollout, 'unreachable'));
  const failing = unfinished.find((rollout) => hasOne(rollout, 'failed'));
  if (outOfSight !== undefined) await comeBackBroken(schedule, outOfSight);
  else if (failing !== undefined) await tryOnceMore(schedule, failing);
  else await breakWhatSoaked(schedule);
}

const hasOne = ({ state }: MirroredRollout, status: TargetStatus): boolean =>
  (state.status === 'paused' || state.status === 'running') && [...state.targets.values()].some((target) => target.status === status);

/** Whoever lifts the stop has seen that some cannot be reached. What they are like once they can be is news, and counts. */
async function comeBackBroken(schedule: Schedule, rollout: MirroredRollout): Promise<void> {
  const { events, story, world } = schedule;
  const { planned, state } = rollout;
  await liftStopsOver(schedule, rollout);
  events.calm();
  for (const [cluster, { status }] of state.targets) {
    const version = planned.targets.get(cluster)?.spec.version;
    if (status !== 'unreachable' || version === undefined || !world.exists(cluster)) continue;
    story.tell(() => `${cluster} can be reached again: crash-loop at ${version}`);
    world.planes.break(cluster, { kind: 'crash-loop', version });
  }
  await goOn(schedule, PASSES_TO_FAIL);
}

/** Whoever lifts the stop has seen what failed; to try it again with nothing changed shows nothing new, but that it fails again. */
async function tryOnceMore(schedule: Schedule, rollout: MirroredRollout): Promise<void> {
  await liftStopsOver(schedule, rollout);
  const refused = await schedule.commandNow({ verb: 'retry', rollout: rollout.state.id, ...BY });
  if (refused === undefined) await goOn(schedule, PASSES_TO_FAIL);
}

async function liftStopsOver(schedule: Schedule, { state }: MirroredRollout): Promise<void> {
  const { laws, world } = schedule;
  for (const stop of laws.mirror.heldStops(world.clocks.bot.now())) {
    if (stop.rollout === state.id || stop.cause === 'person') await schedule.commandNow({ verb: 'lift', stop: stop.id, ...BY });
  }
}

/** A version that breaks only after its soak: while the rollout goes on, or under its guard. */
async function breakWhatSoaked(schedule: Schedule): Promise<void> {
  const { laws, world, random, story } = schedule;
  const now = world.clocks.bot.now();
  const soaked = [...laws.mirror.rollouts.values()].flatMap(({ state }) =>
    state.finishedAt === undefined || (state.guardUntil ?? 0) > now + PASS_MS * PASSES_TO_BREAK
      ? [...state.targets].flatMap(([cluster, { status }]) => (status === 'succeeded' ? [cluster] : []))
      : [],
  );
  const cluster = random.pickAny(soaked.filter((one) => world.exists(one)));
  if (cluster === undefined) return;
  story.tell(() => `${cluster} breaks after its soak`);
  world.planes.break(cluster, { kind: 'crash-loop', version: versionOf(schedule, cluster) });
  await goOn(schedule, PASSES_TO_BREAK);
}

const versionOf = ({ world }: Schedule, cluster: ClusterId): string => world.planes.inspect(cluster).running.version;

async function goOn(schedule: Schedule, passes: number): Promise<void> {
  for (let pass = 0; pass < passes && !schedule.laws.isBroken; pass += 1) {
    schedule.pass(PASS_MS);
    await schedule.work();
  }
  if (!schedule.laws.isBroken) await schedule.checkpoint();
}
