import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SimulatedDataPlane } from '../../src/adapters/simulated/data-plane-http.ts';
import type { Observation } from '../../src/core/evidence/observation.ts';
import { revisionOf } from '../../src/core/model/hash.ts';
import { trusted } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';
import { PortError } from '../../src/ports/port-error.ts';
import { kafkaSpec } from './data-plane-support.ts';

const cluster = trusted.cluster('kafka-orders');
const spec = kafkaSpec('old', 3);
const order = {
  cluster,
  dataPlane: 'plane-1',
  revision: revisionOf(spec),
  spec,
  mode: 'run',
  epoch: 3,
  rollout: undefined,
  orderedAt: instant(1),
} as const;
const missing = { kind: 'unknown', cluster, dataPlane: 'plane-1', sampledAt: 5, cause: 'gone', missing: true };

let server: Server;
let answer: string;
let dataPlane: SimulatedDataPlane;

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  dataPlane = new SimulatedDataPlane('plane-1', `http://127.0.0.1:${port}`, { now: () => instant(1_000) });
});
afterAll(() => {
  server.close();
});

it.each([
  ['no JSON', '<html>'],
  ['null', 'null'],
  ['no list', '{"observations": {}}'],
  ['an empty list', '{"observations": []}'],
  ['a sample of another cluster', JSON.stringify({ observations: [{ ...missing, cluster: 'kafka-logs' }] })],
  ['a sample without a time', JSON.stringify({ observations: [{ ...missing, sampledAt: 'yesterday' }] })],
])('%s is no evidence', async (_name, given) => {
  answer = given;
  const [seen, ...others] = await dataPlane.observe([cluster]);
  expect(others).toEqual([]);
  expect(seen).toMatchObject({ kind: 'unknown', cluster, dataPlane: 'plane-1', receivedAt: 1_000, missing: false });
});

it('a bad sample spoils no other', async () => {
  answer = JSON.stringify({ observations: [null, 7, { cluster: 'kafka-logs' }, missing] });
  expect(await dataPlane.observe([trusted.cluster('kafka-logs'), cluster])).toMatchObject([{ missing: false }, { missing: true }]);
});

it('a reply counts when it can be read, and answers what was sent', async () => {
  const accepted = { kind: 'accepted', cluster, epoch: 3 };
  answer = JSON.stringify({ replies: [null, { ...accepted, epoch: '3' }, { ...accepted, epoch: 4 }, { ...accepted, kind: 'perhaps' }] });
  expect(await dataPlane.apply([order])).toEqual([]);
  answer = JSON.stringify({ replies: [accepted] });
  expect(await dataPlane.apply([order])).toEqual([accepted]);
  answer = '{}';
  await expect(dataPlane.apply([order])).rejects.toThrow(PortError);
});

it.each([['null'], ['{"observations": [{"kind": "unknown"}]}'], ['{"observations": [], "next": 5}'], ['{"observations": [], "next": ""}']])(
  'a list that is not whole is an error: %s',
  async (given) => {
    answer = given;
    await expect(dataPlane.list()).rejects.toMatchObject({ name: 'PortError', retry: { kind: 'retry-later' } });
  },
);

it('a watch passes over what it cannot read', async () => {
  answer = `data: nonsense\n\ndata: null\n\ndata: {"cluster": "kafka-logs"}\n\ndata: ${JSON.stringify(missing)}\n\n`;
  const stop = new AbortController();
  const heard: Observation[] = [];
  await new Promise<void>((resolve) => {
    dataPlane.watch((seen) => {
      heard.push(seen);
      if (heard.length === 2) resolve();
    }, stop.signal);
  });
  stop.abort();
  expect(heard).toMatchObject([
    { kind: 'unknown', cluster: 'kafka-logs', missing: false },
    { kind: 'unknown', cluster, missing: true },
  ]);
});
