import { describe, expect, it } from 'vitest';
import { paced } from '../../../src/loop/fleet-input.ts';
import { landed, planFor } from '../../support/state/builders.ts';

describe('a rollout at a speed', () => {
  const plan = planFor(['a'], '2.0.0');
  const { state } = landed('a', plan);
  const [planned] = plan.rollouts;
  if (planned === undefined) throw new Error('the plan has a rollout');

  it('has shorter soaks, and is the same object each time', () => {
    const [first, second, slower] = [60, 60, 2].map((speed) => paced({ planned, state }, speed).planned);
    expect(first?.phases[0]?.soakMs).toBe(1_000);
    expect(slower?.phases[0]?.soakMs).toBe(30_000);
    expect(second).toBe(first);
  });

  it('is what it was at the speed of the wall', () => expect(paced({ planned, state }, 1).planned).toBe(planned));
});
