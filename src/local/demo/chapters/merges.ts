import { command, rolloutOf, targetOf } from '../api.ts';
import { checkOf, commentOf, follow, opening, ROLLOUT, show } from '../look.ts';
import type { Person } from '../person.ts';
import { after, type Landed } from './chapter.ts';
import { CANARY, clustersAt, REGISTRY } from './registry.ts';

const CLUSTERS = 9;
const MERGES = 3;

/** Merges that come faster than a phase bakes: the rollout under way still reaches its last phase, and the newest merge follows it. */
export async function mergesEveryMinute(person: Person, landed: Landed): Promise<void> {
  const under = after(landed.patient);
  const rollout = await rolloutOf(person, under);
  const pulls: number[] = [];
  let newest = '';
  for (let merge = 1; merge <= MERGES; merge += 1) {
    const title = `Timeout ${6_000 + merge}`;
    await person.push(`timeout-${merge}`, REGISTRY, (text) => text.replace(/timeout\.ms: \d+/, `timeout.ms: ${6_000 + merge}`), title);
    const pull = await person.open(`timeout-${merge}`, title);
    newest = await person.merge(pull, 'squash');
    pulls.push(pull);
    await commentOf(person, pull, 'Waits for');
  }
  const [first = 0, last = 0] = [pulls[0], pulls.at(-1)];
  show(opening(await commentOf(person, first, 'uperseded')));
  show(opening(await commentOf(person, last, 'Waits for')));
  const canary = await targetOf(person, rollout, CANARY);
  if (canary !== 'succeeded') throw new Error(`${CANARY} had soaked, and is ${canary}`);
  await command(person, `/rollouts/${rollout}/expedite`, 'it has baked for long enough', { for: '1h' });
  await follow(person, under);
  await checkOf(person, under, ROLLOUT, 'success');
  show(`#${first} to #${last} did not stop it: it reached its last phase. The newest follows.`);
  await command(person, `/rollouts/${await rolloutOf(person, newest)}/expedite`, 'likewise', { for: '1h' });
  await follow(person, newest);
  await checkOf(person, newest, ROLLOUT, 'success');
  const home = await clustersAt(person, '8.1.0');
  if (home.length !== CLUSTERS) throw new Error(`${home.length} of ${CLUSTERS} have come home: ${home.join(', ')}`);
}
