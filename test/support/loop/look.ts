import type { Loop } from '../../../src/loop/loop.ts';
import { observeDataPlane } from '../../../src/loop/observe-data-plane.ts';
import { tick } from '../../../src/loop/tick.ts';
import { FLEET } from './bot.ts';

/** A decision on what is there now: a look at every data plane, then a tick. */
export async function lookAndTick(loop: Loop): Promise<void> {
  const policy = await loop.ports.store.policy(FLEET);
  for (const { name } of policy?.dataPlanes ?? []) await observeDataPlane(loop, FLEET, name);
  await tick(loop, FLEET);
}
