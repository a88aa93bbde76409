import { expect, it } from 'vitest';
import { runSeed } from './run.ts';

const AT_ONCE = 50;

/** A test for every fifty seeds, so that one sees how far it is. */
export function playRange(from: number, seeds: number): void {
  for (let start = from; start < from + seeds; start += AT_ONCE) {
    it(`holds all laws from seed ${start} to ${start + AT_ONCE - 1}`, async () => {
      const broken: string[] = [];
      for (let seed = start; seed < start + AT_ONCE; seed += 1) {
        const { violation } = await runSeed(seed);
        if (violation !== undefined) broken.push(`npm run sim -- --seed ${seed}: ${violation.law}: ${violation.words}`);
      }
      expect(broken).toEqual([]);
    });
  }
}
