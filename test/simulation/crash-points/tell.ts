import { playPairs, playSingles, type Report } from './enumerate.ts';
import { STORIES } from './stories.ts';

/**
 * Plays one story, or all, and prints what was found.
 *
 * @param everyNth - plays pairs of crashes: all of them (1), or every so many.
 * @returns the exit code: 1 when anything was found.
 */
export async function tellCrashPoints(name: string, everyNth: number | undefined): Promise<number> {
  const chosen = Object.entries(STORIES).filter(([key]) => name === 'all' || key === name);
  if (chosen.length === 0) throw new Error(`no story ${name}; there are ${Object.keys(STORIES).join(', ')}`);
  let found = 0;
  for (const [, story] of chosen) {
    const report = everyNth === undefined ? await playSingles(story) : await playPairs(story, { everyNth });
    console.log(`${story.name}: ${wordsOf(report)}`);
    for (const { name: failure, faults, words } of report.findings) console.log(`  ${failure}: ${faults}: ${words}`);
    found += report.findings.length;
  }
  return found > 0 ? 1 : 0;
}

export const wordsOf = ({ points, distinct, played, findings }: Report): string =>
  `${points} points, of which ${distinct} leave something different behind; ${played} played, ${findings.length} findings`;
