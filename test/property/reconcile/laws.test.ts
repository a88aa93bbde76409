import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Story, storyArb } from './story.ts';
import { Teller } from './teller.ts';

/** The same stories in every run, so that a red run means a change; `FC_SEED` tells others, and plays a failing one again. */
const seed = Number(process.env['FC_SEED'] ?? 1);
const numRuns = Number(process.env['FC_RUNS'] ?? 200);

const play = (story: Story): Teller => {
  const teller = new Teller(story);
  for (const step of story.steps) teller.tell(step);
  return teller;
};

describe(`the laws of a rollout (FC_SEED=${seed})`, () => {
  it('hold after every step of any story', () => {
    fc.assert(
      fc.property(storyArb, (story) => {
        play(story);
      }),
      { seed, numRuns },
    );
  });

  it('let every story end well once its troubles are over', () => {
    fc.assert(
      fc.property(storyArb, (story) => {
        const teller = play(story);
        teller.endWell();
        expect([teller.fleet.unfinished.map(({ state }) => `${state.id} ${state.status}`), teller.astray]).toEqual([[], []]);
      }),
      { seed, numRuns },
    );
  });
});
