import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { instant } from '../../src/core/model/time.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import { FLEET, fleetRecord } from '../support/state/builders.ts';
import { memoryLog, type TestDatabase, TestServer } from '../support/state/test-database.ts';
import { atMost, type Figure } from './figure.ts';
import { land, MovingFleet, SettableClock } from './moving-fleet.ts';

const RUN = join(import.meta.dirname, 'restart-run.ts');
const CLUSTERS = 100_000;
const IN_FLIGHT = 1_000;

/** A bot that was away is started again: how long until it has done the first right thing. */
export async function restart(): Promise<readonly Figure[]> {
  const server = await TestServer.start();
  try {
    const database = await server.database();
    await startMany(database);
    await database.close();
    const ms = await firstAction(JSON.stringify(database.connection));
    return [
      atMost('G9', `start with 100,000 clusters and ${IN_FLIGHT} in flight, to the first decision on what they did`, ms / 1_000, 's', 5),
    ];
  } finally {
    await server.stop();
  }
}

async function startMany(database: TestDatabase): Promise<void> {
  const clock = new SettableClock();
  const { store, runQueue } = await database.open({ clock });
  await store.saveFleet(fleetRecord());
  await land(store, CLUSTERS, IN_FLIGHT);
  const queue = await runQueue(new MovingFleet(store, clock).handlers, memoryLog());
  while ((await store.orders(FLEET)).size < IN_FLIGHT) {
    clock.at = instant(clock.at + 1_000);
    await store.enqueue([tickJob(FLEET, clock.at)]);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await queue.stop(60_000);
}

/** @returns milliseconds from the start of the process. */
async function firstAction(connection: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [RUN], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(connection);
  await once(child.stdout, 'data');
  const took = performance.now() - began;
  child.kill('SIGKILL');
  return took;
}
