import type { Violation } from './laws/laws.ts';
import { OnCall } from './on-call.ts';
import { Schedule } from './schedule.ts';

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly story: readonly string[];
  readonly crashes: number;
  readonly rollouts: number;
}

const STEPS = 110;

/** Plays one seed to its end. */
export async function runSeed(seed: number, isTold = false): Promise<Outcome> {
  const schedule = new Schedule(seed, isTold);
  const restore = schedule.timers.install();
  try {
    await schedule.begin();
    for (let step = 0; step < STEPS && !schedule.laws.isBroken; step += 1) await schedule.step();
    const stuck = schedule.laws.isBroken ? undefined : await new OnCall(schedule).bringHome();
    schedule.laws.judge('comes-home', () => stuck);
    schedule.laws.end();
  } catch (error) {
    schedule.laws.threw('the schedule', error);
    schedule.laws.judge('throws-nothing', () => String(error));
  } finally {
    restore();
  }
  const { laws, story, crashes } = schedule;
  return { seed, violation: laws.violation, story: story.lines, crashes, rollouts: laws.mirror.rollouts.size };
}
