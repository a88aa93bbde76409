import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, Person } from '../../src/local/demo/person.ts';
import { Replicas } from '../local/support/replicas.ts';
import { checkOf, land, PLAN_CHECK, propose, ROLLOUT_CHECK } from '../local/support/scene.ts';
import { CONNECT } from '../local/support/small-fleet.ts';
import { api, epochs, tokenOf } from '../local/support/watch.ts';
import { atMost, type Figure, quantile } from './figure.ts';

const ROUNDS = 5;
const FIRST = 'connect-canary';
const LOOK_EVERY_MS = 10;

/** By what the replica that has the fleet ends, and how many seconds may pass until the fleet goes on. */
const ENDINGS = [
  { signal: 'SIGKILL', what: 'killed', goal: 10 },
  { signal: 'SIGTERM', what: 'told to stop', goal: 1 },
] as const;

/**
 * G19: of two replicas, the one that has the fleet ends, and a change is merged in the same moment; from then on until the first cluster
 * has been ordered to change, which the other one has to do: take the fleet, look at its branch, plan, decide and order.
 */
export async function failover(): Promise<readonly Figure[]> {
  const replicas = await Replicas.set();
  let person: Person | undefined;
  try {
    await replicas.start();
    await replicas.start();
    person = new Person(replicas.home, replicas.state);
    await person.clone();
    await eventually('its manifests to be in force', async () =>
      (await api(replicas, 'GET', '', tokenOf(replicas))).body['goodHead'] === undefined ? undefined : true,
    );
    // Both know the fleet and have served it: what only a first start costs is over.
    const first = await land(person, 'first', CONNECT, withSetting(2));
    await checkOf(person, first.commit, ROLLOUT_CHECK, 'success');
    const figures: Figure[] = [];
    let value = 2;
    for (const { signal, what, goal } of ENDINGS) {
      const times: number[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        value += 1;
        times.push((await untilOrdered(replicas, person, value, signal)) / 1_000);
      }
      figures.push(
        atMost('G19', `replica ${what}, to the next order of its fleet, most of ${ROUNDS}`, Math.max(...times), 's', goal),
        atMost('G19', `replica ${what}, to the next order of its fleet, p50`, quantile(times, 0.5), 's', goal),
      );
    }
    return figures;
  } finally {
    person?.remove();
    await replicas.remove();
  }
}

async function untilOrdered(replicas: Replicas, person: Person, value: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<number> {
  const { pull, head } = await propose(person, `setting-${value}`, CONNECT, withSetting(value));
  await checkOf(person, head, PLAN_CHECK, 'success');
  const holder = await replicas.holder();
  const [before = 0] = await epochs(replicas, [FIRST]);
  const began = performance.now();
  const ended = replicas.end(holder, signal);
  const commit = await person.merge(pull, 'squash');
  await ended;
  while (((await epochs(replicas, [FIRST]))[0] ?? 0) <= before) await sleep(LOOK_EVERY_MS);
  const took = performance.now() - began;
  await replicas.start();
  await checkOf(person, commit, ROLLOUT_CHECK, 'success');
  return took;
}

const withSetting =
  (value: number) =>
  (text: string): string =>
    text.replace(/some\.setting: \d+/, `some.setting: ${value}`);
