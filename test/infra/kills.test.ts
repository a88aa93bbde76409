import { expect, it } from 'vitest';
import { kills } from '../bench/kills.ts';

/** As many as fit: `npm run bench -- R3 --count 10000` does as many as one likes. */
const WITHIN_MS = 90_000;

it('bot and database are killed at random moments, and nothing is lost or repeated', async () => {
  const figures = await kills({ count: 1_000, withinMs: WITHIN_MS });
  const value = (what: string): number | undefined => figures.find((one) => one.what === what)?.value;
  console.log(`${value('kills of bot and database')} kills`);
  expect([value('effects lost'), value('effects repeated')]).toEqual([0, 0]);
  expect(value('kills of bot and database')).toBeGreaterThan(0);
});
