import { expect, it } from 'vitest';
import { Coalesced } from '../../../src/loop/coalesced.ts';

it('runs at once, and once more for all who asked meanwhile', async () => {
  const coalesced = new Coalesced();
  const { promise, resolve } = Promise.withResolvers<void>();
  const seen: number[] = [];
  let asked = 0;
  const ask = (): Promise<void> => {
    asked += 1;
    return coalesced.run(async () => {
      seen.push(asked);
      if (seen.length === 1) await promise;
    });
  };
  const all = [ask(), ask(), ask(), ask()];
  expect(seen).toEqual([1]);
  resolve();
  await Promise.all(all);
  expect(seen).toEqual([1, 4]);
  await ask();
  expect(seen).toEqual([1, 4, 5]);
});
