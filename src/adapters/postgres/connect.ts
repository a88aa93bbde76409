import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { type DurationMs, durationMs, instant } from '../../core/model/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { StateStore } from '../../ports/state-store.ts';
import { clockDistance } from './clock-distance.ts';
import {
  answerMs,
  type Connection,
  clientConfig,
  IDLE_IN_TRANSACTION_MS,
  poolConfig,
  SCHEMA,
  SESSION_NAME,
  surviving,
} from './connection.ts';
import { DATABASE_TIMES, type Database, openDatabase } from './database.ts';
import { EmbeddedServer } from './embedded-server.ts';
import { guarded, storeError, toPortError } from './errors.ts';
import { type JobFigures, jobFigures } from './job-figures.ts';
import { WORK } from './jobs.ts';
import { LEASE_TIMES, LeaseKeeper, type LeaseTimes } from './lease-keeper.ts';
import { createListeningPool } from './listening-pool.ts';
import { migrate } from './migrations/migrate.ts';
import { OpenerLock, type Opening } from './opener-lock.ts';
import { oneAtATime } from './prepare-lock.ts';
import { type JobHandlers, JobQueue, QUEUE_TIMES, type QueueTimes } from './queue.ts';
import { databaseNow, keepHistory, makeWeeksAhead } from './retention.ts';
import { checkSessions } from './session-check.ts';
import { PostgresStateStore } from './state-store-postgres.ts';
import { leaseFence, NO_FENCE } from './write-fence.ts';

/** What has a default. */
export interface StateSettings {
  /** The clock that instants of jobs are from; the system's by default. */
  readonly clock: Clock;
  readonly queueTimes: QueueTimes;
  readonly leaseTimes: LeaseTimes;
  /** How long the detail of ended rollouts is kept. */
  readonly historyMs: DurationMs;
}

export interface StateConfig extends Partial<StateSettings> {
  /** A server of one's own; `undefined` starts the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Data folder of the embedded server; made when it is not there. */
  readonly folder: string;
  readonly log: Log;
}

export interface ConnectedState {
  readonly store: StateStore;
  /** The same on connections of its own: what people ask waits for none of the bot's own questions to the database. */
  readonly storeForPeople: StateStore;
  /** Of this replica, where several share the database; `undefined`: this process has it to itself. */
  readonly leases: LeaseKeeper | undefined;
  /** Starts working off jobs. Once; `concurrency` jobs at a time (default 8). */
  runQueue(handlers: JobHandlers, log: Log, concurrency?: number): Promise<JobQueue>;
  /** How far the database's clock is ahead of ours, in milliseconds. @throws PortError */
  clockDistance(): Promise<number>;
  /** @throws PortError */
  jobFigures(): Promise<JobFigures>;
  /** Stops what was started here: queue, connections, embedded server. */
  close(): Promise<void>;
}

const DATABASE = 'flotilla';
const CONCURRENCY = 8;
/** What became of a job is written down in a moment. */
const SETTLING_CONNECTIONS_MAX = 3;
const SYSTEM_CLOCK: Clock = { now: () => instant(Date.now()) };
const CONNECTIONS_FOR_PEOPLE = 2;
const CUT_OFF_MS = 1_000;
const SERVER_MAJOR_MIN = 15;
const KEEP_HISTORY_EVERY_MS = 15 * 60_000;
const HISTORY_MS = durationMs(30 * 24 * 3_600_000);

/**
 * Opens the state: the embedded one for this process alone, and one on a server of one's own as one of its replicas.
 *
 * @throws PortError that says how to fix it: another bot has it open, the folder or the server cannot be used, or a newer
 *   Flotilla has written it.
 */
export async function connectState({ databaseUrl, folder, log, ...settings }: StateConfig): Promise<ConnectedState> {
  if (databaseUrl !== undefined) return openShared(fromUrl(databaseUrl), log, settings);
  const server = await EmbeddedServer.start(folder, log);
  const lock = await guarded('open', async () => {
    await createDatabase(server.connection('postgres'));
    return OpenerLock.acquire(server.connection(DATABASE), 'alone', log);
  }).catch((error: unknown) => {
    // Most likely it is the server of the bot that holds the lock. If it is nobody's, the next start adopts it.
    server.abandon();
    throw error;
  });
  try {
    await server.removeLeftovers();
    const opened = await openHeld({ connection: server.connection(DATABASE), opening: 'alone', lock, log, settings });
    return {
      ...opened,
      close: async () => {
        const { lost } = lock;
        await opened.close();
        if (lost) server.abandon();
        else await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw toPortError('open', error);
  }
}

/** Opens a database that exists, for this process alone. @throws PortError */
export async function openState(connection: Connection, log: Log, settings: Partial<StateSettings> = {}): Promise<ConnectedState> {
  return open(connection, 'alone', log, settings);
}

/** Opens a database that exists, as one of its replicas. @throws PortError */
export async function openShared(connection: Connection, log: Log, settings: Partial<StateSettings> = {}): Promise<ConnectedState> {
  await checkSessions(connection);
  return open(connection, 'among-replicas', log, settings);
}

async function open(connection: Connection, opening: Opening, log: Log, settings: Partial<StateSettings>): Promise<ConnectedState> {
  return openHeld({ connection, opening, lock: await OpenerLock.acquire(connection, opening, log), log, settings });
}

interface HeldOptions {
  readonly connection: Connection;
  readonly opening: Opening;
  readonly lock: OpenerLock;
  readonly log: Log;
  readonly settings: Partial<StateSettings>;
}

/** Brings the schema up to date, and opens store and queue. Releases everything again when a step fails. */
async function openHeld({ connection, opening, lock, log, settings }: HeldOptions): Promise<ConnectedState> {
  const { clock = SYSTEM_CLOCK, queueTimes = QUEUE_TIMES, leaseTimes = LEASE_TIMES, historyMs = HISTORY_MS } = settings;
  const isShared = opening === 'among-replicas';
  // One that stands still in the middle of a transaction must not keep the others waiting for longer than its leases do.
  const idleInTransactionMs = isShared ? leaseTimes.leaseMs : IDLE_IN_TRANSACTION_MS;
  const db = openDatabase(connection, log, { ...DATABASE_TIMES, idleInTransactionMs });
  const queues: JobQueue[] = [];
  const times = { statementMs: queueTimes.statementMs, idleInTransactionMs, answerMs: answerMs(queueTimes.statementMs) };
  const onNews = (): void => {
    for (const queue of queues) queue.look();
  };
  const taking = createListeningPool(connection, { ...times, channel: WORK, onNews, mayForget: true }, log);
  const settling = surviving(
    new pg.Pool(poolConfig(connection, { ...times, max: SETTLING_CONNECTIONS_MAX, bigintAsNumber: true })),
    times.answerMs,
    log,
  );
  const dbForPeople = openDatabase(connection, log, { ...DATABASE_TIMES, idleInTransactionMs }, CONNECTIONS_FOR_PEOPLE);
  const closeAll = async (): Promise<void> => {
    await Promise.all([db.destroy(), dbForPeople.destroy(), taking.end(), settling.end()]);
    await lock.release();
  };
  try {
    await guarded('open', () => oneAtATime(connection, () => prepare(db, log)));
  } catch (error) {
    await closeAll();
    throw error;
  }
  const keeping = setInterval(() => {
    keepHistory(db, historyMs, log).catch((error: unknown) => log.warn({ err: error }, 'old history could not be removed yet'));
  }, KEEP_HISTORY_EVERY_MS);
  keeping.unref();
  const leases = isShared ? new LeaseKeeper(connection, leaseTimes, log) : undefined;
  const holder = leases?.replica.id ?? randomUUID();
  const lockState = () => (leases?.outdated === true ? 'outdated' : lock.held ? 'held' : lock.lost ? 'lost' : 'away');
  const fence = leases === undefined ? NO_FENCE : leaseFence(leases);
  return {
    store: new PostgresStateStore(db, lockState, clock, fence),
    storeForPeople: new PostgresStateStore(dbForPeople, lockState, clock, fence),
    leases,
    clockDistance: () => guarded('clockDistance', () => clockDistance(db, clock)),
    jobFigures: () => guarded('jobFigures', () => jobFigures(db, leases?.held.openFleets, queues.at(-1)?.standing())),
    runQueue: async (handlers, queueLog, concurrency = CONCURRENCY) => {
      const share = leases?.held;
      const options = { taking, settling, holder, handlers, concurrency, times: queueTimes, share, log: queueLog };
      const queue = await guarded('runQueue', () => JobQueue.start(options));
      queues.push(queue);
      return queue;
    },
    close: async () => {
      clearInterval(keeping);
      await leases?.stop();
      await Promise.all(queues.map((queue) => queue.stop(CUT_OFF_MS)));
      await closeAll();
    },
  };
}

async function prepare(db: Database, log: Log): Promise<void> {
  const { rows } = await sql<{ readonly major: number; readonly schema: string }>`
    select current_setting('server_version_num')::int / 10000 as major, current_setting('search_path') as schema`.execute(db);
  const { major = 0, schema } = rows[0] ?? {};
  if (major < SERVER_MAJOR_MIN) {
    throw storeError('open', 'needs-human', `the database server is PostgreSQL ${major}; Flotilla needs ${SERVER_MAJOR_MIN} or newer`);
  }
  if (schema !== SCHEMA) {
    const words =
      'a pooler in front of the database drops the settings of a session; give the address of the database itself in DATABASE_URL';
    throw storeError('open', 'needs-human', words);
  }
  await migrate(db);
  await makeWeeksAhead(db, await databaseNow(db), log);
}

/** @throws PortError; the URL holds a password, so the message does not repeat it. */
function fromUrl(url: string): Connection {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.pathname.length < 2) {
    throw storeError('open', 'needs-human', 'DATABASE_URL is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  return { connectionString: url };
}

async function createDatabase(connection: Connection): Promise<void> {
  const client = new pg.Client(clientConfig(connection, SESSION_NAME));
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rows.length === 0) {
      await client.query(`create database ${DATABASE}`).catch((error: unknown) => {
        // Another bot that starts at the same moment was quicker; the lock decides which of the two goes on.
        if (!(error instanceof pg.DatabaseError && (error.code === '42P04' || error.code === '23505'))) throw error;
      });
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}
