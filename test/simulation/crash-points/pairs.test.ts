import { describe, expect, it } from 'vitest';
import { playPairs } from './enumerate.ts';
import { STORIES } from './stories.ts';

/** All pairs of the longest of the three would take 40 minutes: `npm run sim -- --crash-points merged --pairs 1` plays them. */
const EVERY_NTH = { branch: 1, drift: 1, merged: 131 } as const;

describe('every pair of crashes', () => {
  for (const key of ['branch', 'drift', 'merged'] as const) {
    it(`does no harm: ${STORIES[key].name} (npm run sim -- --crash-points ${key} --pairs ${EVERY_NTH[key]})`, async () => {
      const { findings, played } = await playPairs(STORIES[key], { everyNth: EVERY_NTH[key] });
      expect(findings).toEqual([]);
      expect(played).toBeGreaterThan(500);
    });
  }
});
