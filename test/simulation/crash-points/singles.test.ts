import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withBug } from '../planted/play.ts';
import { playSingles } from './enumerate.ts';
import { SHELL_BUGS } from './planted/bugs.ts';
import { STORIES } from './stories.ts';

describe('every fault at every call of a port', () => {
  for (const [key, story] of Object.entries(STORIES)) {
    it(`does no harm: ${story.name} (npm run sim -- --crash-points ${key})`, async () => {
      const { findings, played } = await playSingles(story);
      expect(findings).toEqual([]);
      // A story that makes no calls would prove nothing.
      expect(played).toBeGreaterThan(100);
    });
  }
});

describe('planted bugs of the shell', () => {
  for (const bug of SHELL_BUGS) {
    it(`${bug.name} fits the source`, () => {
      const text = readFileSync(join(import.meta.dirname, '../../../src', bug.file), 'utf8');
      expect(withBug(text, bug)).not.toBe(text);
    });
  }
});
