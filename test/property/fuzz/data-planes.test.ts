import { createServer } from 'node:http';
import { afterAll, expect, it } from 'vitest';
import { SimulatedDataPlane } from '../../../src/adapters/simulated/data-plane-http.ts';
import type { Observation } from '../../../src/core/evidence/observation.ts';
import type { Order } from '../../../src/core/evidence/order.ts';
import {
  parseListing,
  parseObservations,
  parseReplies,
  parseStoredObservation,
  parseUnaskedObservation,
} from '../../../src/core/evidence/parse.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { listen } from '../../../src/http/server.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { TestBot } from '../../support/loop/bot.ts';
import { Random } from '../../support/small-world/random.ts';
import { t } from '../../support/state/builders.ts';
import { mutatedJson } from './mutate-json.ts';
import { Effort, SEED } from './work.ts';

const INPUTS = 30_000;
const OVER_SOCKETS = 300;
const bot = await TestBot.begin();
await bot.merge({ version: '3.9.0' });
await bot.work();
const clusters = ['k-canary', 'k-one'].map((name) => trusted.cluster(name));
const orders: readonly Order[] = [...(await bot.store.orders(trusted.fleet('acme/clusters'))).values()];
const replies = orders.map(({ cluster, epoch }) => ({ kind: 'accepted', cluster, epoch }));
const receipt = { dataPlane: 'east', receivedAt: t(60_000) };
const samples = clusters.map((cluster) => bot.planes.inspect(cluster));
const ANSWERS = {
  observations: JSON.stringify(samples),
  replies: JSON.stringify([...replies, ...replies]),
  sample: JSON.stringify(samples[0]),
};

afterAll(() => server.close());

/** Whatever was sent, what is believed is whole. */
function expectWhole(seen: readonly Observation[]): void {
  for (const one of seen) {
    const read = parseStoredObservation(JSON.parse(JSON.stringify(one)));
    if (!read.ok) throw new Error(`believed, and cannot be stored: ${read.error}`);
  }
}

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

it(`reads ${INPUTS} answers of data planes that are wrong in some way, and believes none that is not whole (FC_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  const effort = new Effort();
  let believed = 0;
  for (let input = 0; input < INPUTS; input += 1) {
    const kind = random.pick(['observations', 'replies', 'sample'] as const);
    const text = mutatedJson(ANSWERS[kind], random);
    const value = jsonOf(text);
    const told = (): string => `input ${input}: ${kind} ${text.slice(0, 400)}`;
    await effort.spent(told, () => {
      const seen = parseObservations(value, clusters, receipt);
      expect(seen.map(({ cluster }) => cluster)).toEqual(clusters);
      expectWhole(seen);
      const listed = parseListing(value, receipt);
      if (listed.ok) expectWhole(listed.value);
      const unasked = parseUnaskedObservation(value, receipt);
      if (unasked.ok) expectWhole([unasked.value]);
      for (const { cluster, epoch } of parseReplies(value, orders))
        if (!orders.some((order) => order.cluster === cluster && order.epoch === epoch)) throw new Error('a reply to no order');
      believed += seen.filter((one) => one.kind === 'observed').length;
    });
  }
  console.log(`answers: ${believed} samples believed; ${effort.words}`);
  expect(believed).toBeGreaterThan(INPUTS / 20);
});

const random = new Random(SEED + 1);
const server = createServer((request, response) => {
  request.resume();
  const page = JSON.stringify({ observations: samples, replies, next: undefined });
  const status = random.pick([200, 200, 200, 200, 204, 301, 404, 500]);
  response.writeHead(status, { 'content-type': 'application/json' }).end(status === 204 ? undefined : mutatedJson(page, random));
});

it(`asks a data plane that answers nonsense ${OVER_SOCKETS} times (FC_SEED=${SEED})`, async () => {
  const plane = new SimulatedDataPlane('east', `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`, bot.clock);
  let [answered, refused] = [0, 0];
  for (let input = 0; input < OVER_SOCKETS; input += 1) {
    expectWhole(await plane.observe(clusters));
    for (const answer of await Promise.allSettled([plane.apply(orders), plane.list()])) {
      if (answer.status === 'fulfilled') answered += 1;
      else if (answer.reason instanceof PortError) refused += 1;
      else throw answer.reason;
    }
  }
  expect([answered > 0, refused > 0]).toEqual([true, true]);
});
