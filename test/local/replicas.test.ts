import { afterAll, beforeAll, expect, test } from 'vitest';
import { LEASE_TIMES } from '../../src/adapters/postgres/lease-keeper.ts';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { type ReplicaProcess, Replicas } from './support/replicas.ts';
import { atVersion, checkOf, commentOf, hang, land, ROLLOUT_CHECK } from './support/scene.ts';
import { CONNECT, CONNECT_CLUSTERS, KAFKA, KAFKA_CLUSTERS } from './support/small-fleet.ts';
import { api, command, epochs, rolloutOf, rollouts, tokenOf, versions } from './support/watch.ts';

let replicas: Replicas;
let person: Person;

beforeAll(async () => {
  replicas = await Replicas.set();
  await replicas.start();
  await replicas.start();
  person = new Person(replicas.home, replicas.state);
  await person.clone();
  await eventually('the fleet to be known', () => rollouts(replicas));
  await eventually('its manifests to be in force', async () => {
    const { body } = await api(replicas, 'GET', '', tokenOf(replicas));
    return body['goodHead'] === undefined ? undefined : true;
  });
});
afterAll(async () => {
  person?.remove();
  await replicas?.remove();
});

const ordered = (cluster: string, epoch: number) =>
  eventually(`${cluster} to be ordered`, async () => ((await epochs(replicas, [cluster]))[0] === epoch ? true : undefined));

/** Nothing was said twice: one check and one comment are looked for by those who wait for them. */
async function saidOnce(): Promise<void> {
  const titles = [...(await person.issues('open')), ...(await person.issues('closed'))].map(({ title }) => title);
  expect(titles.length).toBe(new Set(titles).size);
}

/** Every change of a cluster is written down once. */
async function writtenOnce(release: string): Promise<void> {
  const { rows } = await replicas.sql.query<{ readonly n: string }>(
    `select count(*) as n from flotilla.audit a join flotilla.rollouts r on r.fleet = a.fleet and r.id = a.rollout
     where r.release = $1 and a.from_state is not null group by a.rollout, a.subject, a.from_state, a.to_state having count(*) > 1`,
    [release],
  );
  expect(rows).toEqual([]);
}

test('each serves pages and takes commands, whoever has the fleet', async () => {
  const token = tokenOf(replicas);
  for (const { url } of replicas.bots) {
    const at = { state: { ...replicas.state, botUrl: url } };
    expect((await api(at, 'GET', '/rollouts', token)).status).toBe(200);
    expect((await fetch(`${url}/fleets/flotilla-demo/fleet`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  }
  await hang(person, 'kafka-canary', '4.0.1');
  const { commit, pull } = await land(person, 'commanded', KAFKA, atVersion('4.0.1'));
  const { id } = await rolloutOf(replicas, commit, 'running');
  const holder = await replicas.holder();
  const follower = replicas.bots.find((bot) => bot !== holder) as ReplicaProcess;
  const atFollower = { state: { ...replicas.state, botUrl: follower.url } };
  expect((await command(atFollower, id, 'pause')).status).toBe(200);
  await rolloutOf(replicas, commit, 'paused');
  await hang(person, 'kafka-canary', 'none');
  expect((await command(atFollower, id, 'resume')).status).toBe(200);
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, pull, 'completed');
  expect(await versions(replicas, KAFKA_CLUSTERS)).toEqual(KAFKA_CLUSTERS.map((name) => `${name} 4.0.1`));
  expect(await replicas.holder()).toBe(holder);
  // For this one it reads the manifests, of which it has had no clone until now.
  const asked = JSON.stringify({ by: 'alice', reason: 'to be sure' });
  const answer = await api(atFollower, 'POST', '/releases/kafka/reconcile', token, asked);
  expect(answer).toMatchObject({ status: 409, body: { message: expect.stringContaining('is where it should be') } });
});

test('the holder killed in the middle of a rollout, twice: the other carries on, with nothing lost, said or ordered twice', async () => {
  await hang(person, 'connect-canary', '8.0.1');
  await hang(person, 'connect-a', '8.0.1');
  const { commit, pull } = await land(person, 'killed', CONNECT, atVersion('8.0.1'));
  for (const cluster of ['connect-canary', 'connect-a']) {
    await ordered(cluster, 1);
    const holder = await replicas.holder();
    await replicas.end(holder, 'SIGKILL');
    await replicas.untilTakenFrom(holder);
    await hang(person, cluster, 'none');
    await replicas.start();
  }
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, pull, 'completed');
  expect(await versions(replicas, CONNECT_CLUSTERS)).toEqual(CONNECT_CLUSTERS.map((name) => `${name} 8.0.1`));
  expect(await epochs(replicas, CONNECT_CLUSTERS)).toEqual([1, 1, 1, 1]);
  expect((await rollouts(replicas)).filter((one) => one.commit === commit)).toHaveLength(1);
  await writtenOnce('connect');
  await saidOnce();
});

test('the holder told to stop: the other has the fleet before a lease would have run out', async () => {
  const holder = await replicas.holder();
  await replicas.end(holder, 'SIGTERM');
  const tookMs = await replicas.untilTakenFrom(holder);
  expect(tookMs).toBeLessThan(LEASE_TIMES.leaseMs - LEASE_TIMES.renewMs);
  await eventually('it to end', async () => (replicas.bots.includes(holder) ? undefined : true));
  expect(holder.child.exitCode).toBe(0);
  await replicas.start();
});

test('the holder stands still for longer than its lease: it writes nothing when it wakes up, and goes on as a follower', async () => {
  await hang(person, 'connect-canary', '8.0.2');
  const { commit, pull } = await land(person, 'frozen', CONNECT, atVersion('8.0.2'));
  await ordered('connect-canary', 2);
  const sleeper = await replicas.holder();
  replicas.freeze(sleeper);
  await replicas.untilTakenFrom(sleeper);
  const heir = await replicas.holder();
  await hang(person, 'connect-canary', 'none');
  await ordered('connect-a', 2);
  const before = sleeper.said.length;
  replicas.thaw(sleeper);
  await eventually('it to know', async () => (sleeper.said.slice(before).includes('no longer works on a fleet') ? true : undefined));
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  await commentOf(person, pull, 'completed');
  expect(await epochs(replicas, CONNECT_CLUSTERS)).toEqual([2, 2, 2, 2]);
  await writtenOnce('connect');
  await saidOnce();
  expect(await replicas.holder()).toBe(heir);
  expect((await fetch(`${sleeper.url}/readyz`)).status).toBe(200);
  // Its turn comes when it is needed.
  await replicas.end(heir, 'SIGKILL');
  await replicas.untilTakenFrom(heir);
  expect(await replicas.holder()).toBe(sleeper);
});
