import type { Loop } from '../../../src/loop/loop.ts';
import { observeFleet } from '../../../src/loop/observe-fleet.ts';
import { tick } from '../../../src/loop/tick.ts';
import { FLEET } from './bot.ts';

/** A decision on what is there now: a look at every data plane, then a tick. */
export async function lookAndTick(loop: Loop): Promise<void> {
  await observeFleet(loop, FLEET);
  await tick(loop, FLEET);
}
