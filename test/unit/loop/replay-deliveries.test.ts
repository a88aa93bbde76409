import { beforeEach, expect, it } from 'vitest';
import { instant } from '../../../src/core/model/time.ts';
import { replayDeliveries } from '../../../src/loop/replay-deliveries.ts';
import { InMemoryCodeHostApp } from '../../../src/ports/in-memory/code-host.ts';
import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';

const NOW = instant(Date.parse('2026-11-21T06:00:00Z'));
const HOUR_MS = 3_600_000;
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let app: InMemoryCodeHostApp;
let store: InMemoryStateStore;
let calls: string[];
let failing: string | undefined;
const replay = () => replayDeliveries({ app, store, clock: { now: () => NOW }, log });
const redelivered = () => calls.splice(0).filter((name) => name === 'code-host.redeliver').length;

beforeEach(() => {
  calls = [];
  failing = undefined;
  store = new InMemoryStateStore();
  app = new InMemoryCodeHostApp([], (name, phase) => {
    if (phase === 'before') calls.push(name);
    if (phase === 'before' && name === failing) throw new Error('cut off');
  });
});

it('asks for what did not arrive, and for nothing else', async () => {
  app.send('arrived', true, NOW);
  app.send('missed', false, NOW);
  app.send('came-after-all', false, NOW);
  app.send('came-after-all', true, NOW);
  expect(await replay()).toBe(1);
  expect((await app.deliveries(4, 10)).map(({ guid }) => guid)).toEqual(['missed']);
});

it('does not ask again for what has arrived since', async () => {
  app.send('missed', false, NOW);
  expect(await replay()).toBe(1);
  app.send('missed', true, NOW);
  expect([await replay(), await replay()]).toEqual([0, 0]);
});

it('gives up on what fails three times, also over restarts', async () => {
  app.send('missed', false, NOW);
  expect([await replay(), await replay(), await replay(), await replay()]).toEqual([1, 1, 0, 0]);
  expect(await app.deliveries(0, 10)).toHaveLength(3);
});

it('goes on where it was when it was cut off', async () => {
  for (const guid of ['a', 'b', 'c']) app.send(guid, false, NOW);
  failing = 'code-host.redeliver';
  await expect(replay()).rejects.toThrow('cut off');
  failing = undefined;
  expect(await replay()).toBe(3);
});

it('asks for at most fifty at a time, oldest first, and for the others next', async () => {
  for (let n = 0; n < 60; n += 1) app.send(`g${n}`, false, NOW);
  expect(await replay()).toBe(50);
  expect((await app.deliveries(60, 100)).at(-1)?.guid).toBe('g0');
  for (let n = 0; n < 50; n += 1) app.send(`g${n}`, true, NOW);
  expect(await replay()).toBe(10);
  expect(redelivered()).toBe(60);
});

it('of a database that knows nothing asks for the last day only', async () => {
  app.send('history', false, instant(NOW - 25 * HOUR_MS));
  app.send('yesterday', false, instant(NOW - 23 * HOUR_MS));
  expect(await replay()).toBe(1);
  app.send('late', false, instant(NOW - 48 * HOUR_MS));
  expect(await replay()).toBe(2);
});
