/** The simulated data planes in a process of their own, to be killed by a test. Prints its address. */
import { instant } from '../../src/core/model/time.ts';
import { startDataPlaneServer } from '../../src/local/data-plane/data-plane-server.ts';
import { collectingLog } from './data-plane-support.ts';

const [home = ''] = process.argv.slice(2);
const clock = { now: () => instant(Date.now()) };
const server = await startDataPlaneServer({ home, port: 0, clock, speed: 10, seed: 'server', log: collectingLog() });
process.stdout.write(`${server.url}\n`);
