import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchers } from '../../../src/app/watchers.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import { memoryOf } from '../../../src/loop/memory.ts';
import type { DataPlane } from '../../../src/ports/data-plane.ts';
import type { Job } from '../../../src/ports/state-store.ts';
import { TestBot } from '../../support/loop/bot.ts';
import { c, FLEET, landed, OTHER_FLEET, observed, planFor, target } from '../../support/state/builders.ts';

let asked: string[] = [];
let loop: Loop;
let watchers: Watchers;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  const bot = new TestBot();
  loop = bot.withStore({ enqueue: async (jobs: readonly Job[]) => void asked.push(...jobs.map(({ key }) => key)) });
  const plan = planFor(['moving', 'watched', 'failed'], '2.0.0');
  const targets = new Map([
    [c('moving'), target({ status: 'rolling' })],
    [c('watched'), target({ status: 'succeeded' })],
    [c('failed'), target({ status: 'failed' })],
  ]);
  const { state } = landed('a', plan, { targets });
  const rollouts = plan.rollouts.map((planned) => ({ planned, state }));
  const nothing = { desired: new Map(), ledger: new Map(), orders: new Map(), stops: [], policy: undefined, lastSeq: 1 };
  memoryOf(loop.memory, FLEET).records = { version: 1, records: { ...nothing, heads: { seen: undefined, good: undefined }, rollouts } };
  watchers = new Watchers(loop);
});
afterEach(() => {
  watchers.stop();
  vi.useRealTimers();
});

type Watch = Parameters<DataPlane['watch']>;

/** A data plane that tells news when the test has some. */
function dataPlane(name: string) {
  const watches: Watch[] = [];
  const port: DataPlane = {
    name,
    watch: (...watch) => void watches.push(watch),
    apply: async () => [],
    observe: async () => [],
    list: async () => [],
  };
  const tell = (cluster: string) => {
    for (const [onChange, signal] of watches) if (!signal.aborted) onChange(observed(cluster, 0));
  };
  return { port, tell, watched: () => watches.filter(([, signal]) => !signal.aborted).length };
}

it('makes one tick of news that come close together, and one look at drift of what no rollout moves', async () => {
  const { port, tell } = dataPlane('aws');
  watchers.set(FLEET, [port]);
  for (const cluster of ['moving', 'moving', 'still', 'still']) tell(cluster);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual([`tick:${FLEET}`, `drift:${FLEET}`]);
});

it.each([
  ['a cluster that moves', 'moving', 'tick'],
  ['one that succeeded, and is watched', 'watched', 'tick'],
  ['one that failed', 'failed', 'drift'],
  ['one of no rollout', 'still', 'drift'],
])('news of %s', async (_name, cluster, job) => {
  const { port, tell } = dataPlane('aws');
  watchers.set(FLEET, [port]);
  tell(cluster);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual([`${job}:${FLEET}`]);
});

it('looks at drift also while news never stops', async () => {
  const { port, tell } = dataPlane('aws');
  watchers.set(FLEET, [port]);
  for (let i = 0; i < 100; i += 1) {
    tell('still');
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked.length).toBeGreaterThan(10);
});

it('watches exactly what the manifest names: the same stays, another under the same name takes its place', () => {
  const [aws, gcp, moved, other] = [dataPlane('aws'), dataPlane('gcp'), dataPlane('aws'), dataPlane('aws')];
  watchers.set(OTHER_FLEET, [other.port]);
  watchers.set(FLEET, [aws.port, gcp.port]);
  watchers.set(FLEET, [aws.port, gcp.port]);
  expect([aws, gcp].map(({ watched }) => watched())).toEqual([1, 1]);
  watchers.set(FLEET, [moved.port]);
  expect([aws, gcp, moved, other].map(({ watched }) => watched())).toEqual([0, 0, 1, 1]);
  watchers.stop();
  expect([moved, other].map(({ watched }) => watched())).toEqual([0, 0]);
});
