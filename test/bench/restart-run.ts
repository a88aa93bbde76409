/** A bot on the database that stdin names: says what it took it when it has decided on what its clusters did while it was away. */
import { text } from 'node:stream/consumers';
import { openState } from '../../src/adapters/postgres/connect.ts';
import type { Connection } from '../../src/adapters/postgres/connection.ts';
import { instant } from '../../src/core/model/time.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import { FLEET } from '../support/state/builders.ts';
import { memoryLog } from '../support/state/test-database.ts';
import { NOW } from './large-rollout.ts';
import { MovingFleet, SettableClock } from './moving-fleet.ts';

// Compiled is enough: the bot finds that where it left it.
if (process.argv[2] === 'compile') process.exit(0);
const clock = new SettableClock();
// It was away for a minute.
clock.at = instant(NOW + 60_000);
const { store, runQueue } = await openState(JSON.parse(await text(process.stdin)) as Connection, memoryLog(), { clock });
const fleet = new MovingFleet(store, clock);
fleet.carryOut(await store.orders(FLEET));
const before = (await store.fleet(FLEET))?.version;
await runQueue(fleet.handlers, memoryLog());
await store.enqueue([tickJob(FLEET, clock.at)]);
while ((await store.fleet(FLEET))?.version === before) await new Promise((resolve) => setTimeout(resolve, 10));
const { user, system } = process.cpuUsage();
process.stdout.write(String((user + system) / 1_000_000));
