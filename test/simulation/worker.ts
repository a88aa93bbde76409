import { runSeed } from './run.ts';
import { NOTHING, type Tally, withOutcome } from './tally.ts';

const [from = 1, to = 1, step = 1] = process.argv.slice(2, 5).map(Number);
const stopsAtFirst = process.argv[5] === 'true';
let tally: Tally = NOTHING;
for (let seed = from; seed < to; seed += step) {
  tally = withOutcome(tally, await runSeed(seed));
  if (stopsAtFirst && tally.failures.length > 0) break;
}
process.send?.(JSON.stringify(tally));
