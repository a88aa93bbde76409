import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchers } from '../../../src/app/watchers.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import { memoryOf } from '../../../src/loop/memory.ts';
import type { DataPlane } from '../../../src/ports/data-plane.ts';
import type { Job } from '../../../src/ports/state-store.ts';
import { FLEET, newRollout, OTHER_FLEET, observed, planFor } from '../../support/state/builders.ts';
import { loopOf } from '../loop/fake-ports.ts';

let asked: string[] = [];
let loop: Loop;
let watchers: Watchers;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  loop = loopOf({ store: { enqueue: async (jobs: readonly Job[]) => void asked.push(...jobs.map(({ key }) => key)) } });
  const { plan, state } = newRollout('a', planFor(['moving'], '2.0.0'));
  memoryOf(loop.memory, FLEET).situation = { version: 1, desired: new Map(), rollouts: [{ plan, state }], orders: new Map() };
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
  const port = { name, watch: (...watch: Watch) => void watches.push(watch) } as unknown as DataPlane;
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
