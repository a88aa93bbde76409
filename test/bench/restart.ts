import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instant } from '../../src/core/model/time.ts';
import { NODE_FLAGS } from '../../src/local/demo/local-run.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import { FLEET, fleetRecord } from '../support/state/builders.ts';
import { memoryLog, type TestDatabase, TestServer } from '../support/state/test-database.ts';
import { atMost, type Figure, noGoal } from './figure.ts';
import { land, MovingFleet, SettableClock } from './moving-fleet.ts';

const RUN = join(import.meta.dirname, 'restart-run.ts');
const CLUSTERS = 100_000;
const IN_FLIGHT = 1_000;

/** A bot that was away is started again: how long until it has done the first right thing. */
export async function restart(): Promise<readonly Figure[]> {
  const server = await TestServer.start();
  const compiled = mkdtempSync(join(tmpdir(), 'flotilla-compiled-'));
  try {
    const database = await server.database();
    await startMany(database);
    await database.close();
    // A bot that was here before finds itself compiled.
    execFileSync(process.execPath, [...NODE_FLAGS, RUN, 'compile'], { env: environment(compiled), stdio: ['ignore', 'ignore', 'inherit'] });
    const { ms, cpuSeconds } = await firstAction(compiled, JSON.stringify(database.connection));
    return [
      atMost('G9', `start with 100,000 clusters and ${IN_FLIGHT} in flight, to the first decision on what they did`, ms / 1_000, 's', 5),
      noGoal('G9', 'CPU of the bot for it', cpuSeconds, 's'),
    ];
  } finally {
    await server.stop();
    rmSync(compiled, { recursive: true, force: true });
  }
}

const environment = (compiled: string): NodeJS.ProcessEnv => ({ ...process.env, NODE_COMPILE_CACHE: compiled });

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

/** @returns milliseconds from the start of the process, and the CPU that it used. */
async function firstAction(compiled: string, connection: string): Promise<{ readonly ms: number; readonly cpuSeconds: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [...NODE_FLAGS, RUN], { env: environment(compiled), stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(connection);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const ms = performance.now() - began;
  child.kill('SIGKILL');
  return { ms, cpuSeconds: Number(said) };
}
