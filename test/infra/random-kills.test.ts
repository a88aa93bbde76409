import { expect, test } from 'vitest';
import { kills } from '../bench/kills.ts';

/** One story: a pull request, its merge, its rollout. `npm run bench -- R3 --count N` goes on for as long as one likes. */
const KILLS = 5;

test(`bot and database killed ${KILLS} times at random in one story: nothing is lost, and nothing done twice`, async () => {
  const figures = await kills(KILLS);
  expect(figures.map(({ what, met }) => [what, met])).toEqual([
    ['kills of bot and database', true],
    ['effects lost', true],
    ['effects repeated', true],
  ]);
});
