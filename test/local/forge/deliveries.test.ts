import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Deliveries } from '../../../src/local/forge/events/deliveries.ts';
import { Store } from '../../../src/local/forge/store/store.ts';

let home = '';
let store: Store;
const closers: (() => void)[] = [];
const draft = { event: 'push', action: null, redelivery: 0, installation_id: null, repository_id: null };
const log = { info: () => undefined, error: () => undefined };

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'flotilla-deliveries-'));
  store = new Store(home);
});

afterEach(async () => {
  for (const close of closers.splice(0)) close();
  store.close();
  await rm(home, { recursive: true, force: true });
});

/** A receiver that takes its time: so many milliseconds for each delivery, by its payload; negative: for ever. */
async function receiver(
  answer: (payload: { readonly waitMs: number; readonly n: number }) => void,
  take: (payload: { readonly n: number }) => void = () => undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const payload = JSON.parse(text) as { waitMs: number; n: number };
      take(payload);
      if (payload.waitMs < 0) return;
      setTimeout(() => {
        answer(payload);
        response.end();
      }, payload.waitMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const deliver = (url: () => string | undefined, giveUp = () => new AbortController().signal): Deliveries =>
  new Deliveries({ store: store.deliveries, log, appId: 1, secret: 's', webhookUrl: url, now: Date.now, giveUp });

const add = (n: number, waitMs: number): number =>
  store.deliveries.add({ ...draft, guid: `${n}`, payload: JSON.stringify({ n, waitMs }) }, Date.now());

it('goes one after another in its order, however long each takes', async () => {
  const order: number[] = [];
  const url = await receiver(({ n }) => order.push(n));
  const deliveries = deliver(() => url);
  for (const [n, waitMs] of [30, 0, 20, 0, 10].entries()) add(n, waitMs);
  deliveries.wake();
  add(5, 0);
  deliveries.wake();
  await deliveries.idle();
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(store.deliveries.queued()).toBe(0);
});

it('a receiver that is too slow has failed, and the next one is sent', async () => {
  const late = new AbortController();
  const url = await receiver(
    () => undefined,
    ({ n }) => {
      if (n === 0) late.abort(new DOMException('too late', 'TimeoutError'));
    },
  );
  const limits = [late.signal];
  const deliveries = deliver(
    () => url,
    () => limits.shift() ?? new AbortController().signal,
  );
  const slow = add(0, -1);
  const quick = add(1, 0);
  deliveries.wake();
  await deliveries.idle();
  expect(store.deliveries.byId(slow)).toMatchObject({ status: 'timed out', status_code: 504 });
  expect(store.deliveries.byId(quick)).toMatchObject({ status: 'OK', status_code: 200 });
});

it('no receiver, or one that does not listen, is a failure in the log', async () => {
  const [none, refused] = [add(0, 0), add(1, 0)];
  let asked = 0;
  const deliveries = deliver(() => {
    asked += 1;
    return asked === 1 ? undefined : 'http://127.0.0.1:9/';
  });
  deliveries.wake();
  await deliveries.idle();
  expect([none, refused].map((id) => store.deliveries.byId(id)?.status_code)).toEqual([502, 502]);
});

it('what was queued when it was closed is left for the next start', async () => {
  const underWay = Promise.withResolvers<void>();
  const url = await receiver(
    () => undefined,
    () => underWay.resolve(),
  );
  const deliveries = deliver(() => url);
  add(0, -1);
  add(1, 0);
  deliveries.wake();
  await underWay.promise;
  await deliveries.close();
  expect(store.deliveries.queued()).toBe(1);
});
