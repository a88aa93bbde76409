/**
 * A bot as small as can be, for tests that kill one: opens the state in the folder of its first argument, takes jobs
 * and never finishes them, and says what it does on standard output, one word a line.
 */
import { connectState } from '../../../src/adapters/postgres/connect.ts';
import { change, entry, FLEET, fleetRecord } from './builders.ts';
import { handlers } from './job-handlers.ts';
import { memoryLog } from './test-database.ts';

const say = (word: string): void => void process.stdout.write(`${word}\n`);
const forever = (): Promise<void> => new Promise(() => setInterval(() => undefined, 1_000));

try {
  const state = await connectState({ databaseUrl: undefined, folder: process.argv[2] ?? '', log: memoryLog() });
  await state.store.saveFleet(fleetRecord());
  const take = async (): Promise<void> => {
    say('taken');
    await forever();
  };
  await state.runQueue(handlers(take), memoryLog());
  process.on('SIGINT', async () => {
    // Long enough for a server that got the same signal to be gone.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const version = (await state.store.fleet(FLEET))?.version ?? -1;
    say(await state.store.commit(change(version, { audit: [entry('k1', 'while draining')] })));
    await state.close();
    process.exit(0);
  });
  say('ready');
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(3);
}
