import { playSingles } from './enumerate.ts';
import { STORIES } from './stories.ts';

/** The first thing that goes wrong, in the short stories or in all, for the process that plays planted bugs. */
const { drift, branch, merged, resumed, reconciled, reverted } = STORIES;
const stories = process.argv[2] === 'short' ? [drift, branch] : [drift, branch, merged, resumed, reconciled, reverted];
for (const story of stories) {
  const { findings } = await playSingles(story, { stopsAtFirst: true });
  const [first] = findings;
  if (first === undefined) continue;
  process.send?.({ by: first.name, words: `${story.name}, ${first.faults}: ${first.words}` });
  break;
}
