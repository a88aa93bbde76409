/** Plays a hundred rollouts at once and prints what it took, as JSON. */
import { createTasks } from '../../src/app/tasks.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import { FLEET } from '../support/state/builders.ts';
import { memoryLog, TestServer } from '../support/state/test-database.ts';
import type { ConcurrentRun } from './concurrent-rollouts.ts';
import { clock, landAll, SettlingPlane, untilEnded } from './settling-fleet.ts';

const SETTLE_MS = 1_000;

async function play(): Promise<ConcurrentRun> {
  const server = await TestServer.start();
  try {
    const database = await server.database();
    const state = await database.open({ clock });
    const { store } = state;
    const planes = new Map<string, SettlingPlane>();
    const planeFor = (name: string): SettlingPlane => {
      const plane = planes.get(name) ?? new SettlingPlane(name, () => SETTLE_MS);
      planes.set(name, plane);
      return plane;
    };
    const log = memoryLog();
    const { loop, watchers } = await landAll(store, log, planeFor);

    const began = performance.now();
    const cpu = process.cpuUsage();
    const logBefore = await walOf(database.sql);
    let residentMiB = 0;
    const queue = await state.runQueue(
      createTasks(loop, () => undefined),
      log,
    );
    const timer = setInterval(() => {
      residentMiB = Math.max(residentMiB, process.memoryUsage().rss / 1_048_576);
      store.enqueue([tickJob(FLEET, clock.now())]).catch(() => undefined);
    }, 1_000);
    await untilEnded(store);
    const seconds = (performance.now() - began) / 1_000;
    clearInterval(timer);
    const { user, system } = process.cpuUsage(cpu);
    const logMiB = ((await walOf(database.sql)) - logBefore) / 1_048_576;
    const commits = (await store.fleet(FLEET))?.version ?? 0;
    watchers.stop();
    await queue.stop(5_000);
    const worst = log.lines.find(({ level }) => level === 'error');
    if (worst !== undefined) throw new Error(`${worst.message}: ${JSON.stringify(worst.fields)}`);
    await database.close();
    return { seconds, cpuSeconds: (user + system) / 1_000_000, residentMiB, commits, logMiB };
  } finally {
    await server.stop();
  }
}

async function walOf(sql: { query(text: string): Promise<{ rows: readonly { readonly at: string }[] }> }): Promise<number> {
  return Number((await sql.query(`select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') as at`)).rows[0]?.at);
}

process.stdout.write(JSON.stringify(await play()));
process.exit(0);
