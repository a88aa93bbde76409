import { liftAll } from '../api.ts';
import { checkOf, commentOf, follow, noticeOf, opening, planOf, ROLLOUT, show } from '../look.ts';
import { eventually, type Person } from '../person.ts';
import { after, type Landed } from './chapter.ts';

const CONNECT = 'fleet-manifests/releases/connect.yaml';
const CLUSTERS = 'fleet-manifests/clusters/gcp/us-central1.yaml';

export async function rollout(person: Person): Promise<void> {
  const landed = await person.merge(1, 'squash');
  await follow(person, landed);
  const check = await checkOf(person, landed, ROLLOUT, 'success');
  show(`${check.output.title}\n\n${check.output.summary}`);
  show(opening(await commentOf(person, 1, 'ompleted')));
  show(await person.status('kafka-canary-aws-euw1'));
}

export async function badRelease(person: Person, landed: Landed): Promise<void> {
  await person.flotilla('break', '--all', '--with', 'crash-loop', '--version', '8.1.0');
  const head = await person.push('connect-8.1', CONNECT, (text) => text.replace('version: "8.0.0"', 'version: "8.1.0"'), 'Connect 8.1.0');
  const pull = await person.open('connect-8.1', 'Connect 8.1.0');
  await planOf(person, head, 'success');
  landed.bad = await person.merge(pull, 'merge');
  await checkOf(person, landed.bad, ROLLOUT, 'action_required');
  show(opening(await commentOf(person, pull, 'aused')));
  show(await noticeOf(person, pull));
  const { all, touched } = await connectClusters(person);
  if (touched.length === 0) throw new Error('no canary was touched');
  show(`Of ${all} Connect clusters, these were touched:\n${touched.join('\n')}`);
}

/** A version that failed is in quarantine: a merge of something else for the same release cannot smuggle it in. */
export async function quarantine(person: Person, landed: Landed): Promise<void> {
  const head = await person.push(
    'bigger-polls',
    CLUSTERS,
    (text) => text.replace('poll.records: 2000', 'poll.records: 4000'),
    'Bigger polls',
  );
  const pull = await person.open('bigger-polls', 'Bigger polls for the BigQuery sink');
  show(await planOf(person, head, 'success'));
  show(opening(await commentOf(person, pull, 'is in quarantine')));
  landed.setting = await person.merge(pull, 'squash');
  show(opening(await commentOf(person, pull, 'Waits for')));
  await connectClusters(person);
  show('Merged, and nothing started: still the canaries alone have seen 8.1.0.');
}

export async function revert(person: Person, landed: Landed): Promise<void> {
  const head = await person.revert('revert-connect', after(landed.setting), after(landed.bad));
  const pull = await person.open('revert-connect', 'Revert "Connect 8.1.0"');
  await planOf(person, head, 'success');
  const back = await person.merge(pull, 'squash');
  await follow(person, back);
  const check = await checkOf(person, back, ROLLOUT, 'success');
  show(check.output.summary ?? '');
  await eventually('every Connect cluster back, and whole', async () =>
    (await connectClusters(person)).touched.length === 0 ? true : undefined,
  );
  await person.flotilla('break', '--all', '--with', 'none');
  await liftAll(person, 'for the next try');
}

/** How many there are, and which of them have seen 8.1.0. @throws Error when that is more than the canaries. */
async function connectClusters(person: Person): Promise<{ readonly all: number; readonly touched: readonly string[] }> {
  const connect = (await person.flotilla('status')).split('\n').filter((line) => line.startsWith('connect-'));
  const touched = connect.filter((line) => / 8\.1\.0 +\d|crash loop,/.test(line));
  if (touched.some((line) => !line.includes('-canary-'))) throw new Error(`not the canaries alone were touched:\n${touched.join('\n')}`);
  return { all: connect.length, touched };
}
