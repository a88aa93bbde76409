import { command, rolloutOf, stopsNow, targetOf, untilTarget } from '../api.ts';
import { checkOf, commentOf, follow, opening, planOf, ROLLOUT, show } from '../look.ts';
import type { Person } from '../person.ts';
import type { Landed } from './chapter.ts';
import { CANARY, clustersAt, REGISTRY } from './registry.ts';

const FAST = 'fleet-manifests/strategies/fast.yaml';

/** A pause by a person, with a cluster half-way; a routine merge meanwhile does not undo it. */
export async function pausedByPerson(person: Person): Promise<void> {
  await person.flotilla('break', CANARY, '--with', 'stuck');
  const first = await merged(person, 'registry-timeout', (text) => text.replace('timeout.ms: 5000', 'timeout.ms: 6000'), 'Six seconds');
  const rollout = await rolloutOf(person, first.commit);
  await untilTarget(person, rollout, CANARY, 'rolling');
  await command(person, `/rollouts/${rollout}/pause`, 'latency is up, looking into it');
  await person.flotilla('break', CANARY, '--with', 'none');
  await untilTarget(person, rollout, CANARY, 'held');
  show(opening(await commentOf(person, first.pull, 'latency is up')));
  const second = await merged(person, 'registry-mode', (text) => text.replace('mutability: false', 'mutability: true'), 'Mutable modes');
  show(opening(await commentOf(person, second.pull, 'Waits for')));
  const still = await targetOf(person, rollout, CANARY);
  if (still !== 'held') throw new Error(`a merge undid the pause: ${CANARY} is ${still}`);
  show(`Merged meanwhile; ${CANARY} is still held, half-way.`);
  await command(person, `/rollouts/${rollout}/resume`, 'it was the network');
  for (const { commit } of [first, second]) await follow(person, commit);
}

/** A canary that dies after its soak, while its phase bakes. */
export async function diesAfterSoak(person: Person, landed: Landed): Promise<void> {
  await person.push('registry-8.1', FAST, (text) => text.replace('bake: 1m', 'bake: 12h'), 'Bake for twelve hours');
  const { pull, commit } = await merged(person, 'registry-8.1', (text) => text.replace('"8.0.0"', '"8.1.0"'), 'Schema Registry 8.1.0');
  landed.patient = commit;
  const rollout = await rolloutOf(person, commit);
  await untilTarget(person, rollout, CANARY, 'succeeded');
  show(`${CANARY} has soaked, and its phase bakes. Now it breaks.`);
  await person.flotilla('break', CANARY, '--with', 'crash-loop', '--version', '8.1.0');
  await checkOf(person, commit, ROLLOUT, 'action_required');
  show(opening(await commentOf(person, pull, 'aused')));
  const touched = await clustersAt(person, '8.1.0');
  if (touched.some((cluster) => cluster !== CANARY)) throw new Error(`more than the canary was touched: ${touched.join(', ')}`);
  await person.flotilla('break', CANARY, '--with', 'none');
  await command(person, `/rollouts/${rollout}/retry`, 'its disk was full');
  await command(person, `/rollouts/${rollout}/resume`, 'its disk was full');
  await untilTarget(person, rollout, CANARY, 'succeeded');
  const left = await stopsNow(person);
  if (left.length > 0) throw new Error(`still stopped: ${left.map(({ reason }) => reason).join('; ')}`);
  show(`${CANARY} has soaked again, which ended the quarantine. Its phase bakes once more.`);
}

async function merged(person: Person, branch: string, edit: (text: string) => string, title: string) {
  const head = await person.push(branch, REGISTRY, edit, title);
  const pull = await person.open(branch, title);
  await planOf(person, head, 'success');
  return { pull, commit: await person.merge(pull, 'squash') };
}
