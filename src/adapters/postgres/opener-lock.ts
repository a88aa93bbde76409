import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../../ports/log.ts';
import type { PortError } from '../../ports/port-error.ts';
import { type Connection, clientConfig, SESSION_NAME } from './connection.ts';
import { storeError, toPortError } from './errors.ts';
import { endWhenSilent } from './silent-server.ts';

/** Any two numbers that no other program uses for its advisory locks: `Flot` in ASCII, and 1. */
const LOCK = [0x466c6f74, 1] as const;
/** The session of a bot that was just killed takes a moment to end, and a longer one on a busy machine. */
const ACQUIRE_MS_MAX = 3_000;
const RECONNECT_MS_MAX = 1_000;
/** After a break, a lock that another process holds for this long is lost: that process is the bot now. */
const LOST_MS = 3_000;

export interface Heartbeat {
  readonly everyMs: number;
  readonly answerMs: number;
}

/** Together less than the half minute after which the server gives a silent session up: nobody may take the lock before we know. */
const HEARTBEAT: Heartbeat = { everyMs: 10_000, answerMs: 15_000 };

/** `alone`: for one process. `among-replicas`: together with others that ask for the same, and with nobody who wants to be alone. */
export type Opening = 'alone' | 'among-replicas';

/**
 * Holds the database for one bot, or for replicas of it: a session-level advisory lock on a connection that does nothing else.
 *
 * The lock ends with the session, so it is free as soon as its holder is dead, however it died. When only the
 * connection or the server died, or stood still, it is taken again.
 */
export class OpenerLock {
  readonly #connection: Connection;
  readonly #opening: Opening;
  readonly #log: Log;
  readonly #heartbeat: Heartbeat;
  readonly #leave = new AbortController();
  #client: pg.Client;
  #held = true;
  #lost = false;

  private constructor(connection: Connection, opening: Opening, client: pg.Client, log: Log, heartbeat: Heartbeat) {
    this.#connection = connection;
    this.#opening = opening;
    this.#client = client;
    this.#log = log;
    this.#heartbeat = heartbeat;
    this.#watch(client);
  }

  /**
   * Takes the lock. Whoever is alone ends the sessions that a killed bot left: their transactions must not land after we have read.
   *
   * @throws PortError that names the holder, when another process has this database open.
   */
  static async acquire(connection: Connection, opening: Opening, log: Log, heartbeat = HEARTBEAT): Promise<OpenerLock> {
    const client = await connected(connection, heartbeat);
    try {
      const until = performance.now() + ACQUIRE_MS_MAX;
      while (!(await tryLock(client, opening))) {
        if (performance.now() > until) throw await refusal(client);
        await sleep(50);
      }
      if (opening === 'alone') await endSessions(client);
      return new OpenerLock(connection, opening, client, log, heartbeat);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw toPortError('open', error);
    }
  }

  /** True while this process is the one that may write. */
  get held(): boolean {
    return this.#held;
  }

  /** Another process has taken the database over; only a restart helps. */
  get lost(): boolean {
    return this.#lost;
  }

  async release(): Promise<void> {
    this.#leave.abort();
    this.#held = false;
    await this.#client.end().catch(() => undefined);
  }

  #watch(client: pg.Client): void {
    const beat = setInterval(() => void client.query('select 1').catch(() => undefined), this.#heartbeat.everyMs);
    beat.unref();
    const broken = (): void => {
      clearInterval(beat);
      if (client !== this.#client || this.#leave.signal.aborted || !this.#held) return;
      this.#held = false;
      this.#log.warn({}, 'the connection that holds the database broke; taking it again');
      void this.#reacquire();
    };
    client.on('error', broken);
    client.on('end', broken);
  }

  async #reacquire(): Promise<void> {
    const { signal } = this.#leave;
    let refusedSince: number | undefined;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const outcome = await this.#tryAgain();
      if (outcome === 'held') return;
      refusedSince = outcome === 'refused' ? (refusedSince ?? performance.now()) : undefined;
      if (refusedSince !== undefined && performance.now() - refusedSince > LOST_MS && !this.#lost) {
        this.#lost = true;
        this.#log.error({}, 'another process has taken the database; this one writes nothing more, stop it');
      }
      await sleep(Math.min(RECONNECT_MS_MAX, 25 * 2 ** attempt), undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #tryAgain(): Promise<'held' | 'refused' | 'away'> {
    const client = await connected(this.#connection, this.#heartbeat).catch(() => undefined);
    if (client === undefined) return 'away';
    const locked = await tryLock(client, this.#opening).catch(() => undefined);
    if (locked !== true || this.#leave.signal.aborted) {
      await client.end().catch(() => undefined);
      return locked === false ? 'refused' : 'away';
    }
    this.#client = client;
    this.#held = true;
    this.#lost = false;
    this.#watch(client);
    this.#log.info({}, 'the database is held again');
    return 'held';
  }
}

async function connected(connection: Connection, { answerMs }: Heartbeat): Promise<pg.Client> {
  // At most 63 bytes, cut by the server.
  const client = new pg.Client(clientConfig(connection, `${SESSION_NAME} opener, pid ${process.pid} on ${hostname().slice(0, 24)}`));
  client.on('error', () => undefined);
  endWhenSilent(client, answerMs);
  try {
    await client.connect();
    // A holder behind a cut cable is noticed in about half a minute, not in the two hours that systems default to.
    await client.query('set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4');
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw toPortError('open', error);
  }
}

const TRY_LOCK: Readonly<Record<Opening, string>> = {
  alone: 'select pg_try_advisory_lock($1, $2) as locked',
  'among-replicas': 'select pg_try_advisory_lock_shared($1, $2) as locked',
};

async function tryLock(client: pg.Client, opening: Opening): Promise<boolean> {
  const { rows } = await client.query<{ readonly locked: boolean }>(TRY_LOCK[opening], [...LOCK]);
  return rows[0]?.locked === true;
}

async function endSessions(client: pg.Client): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid, 2000) from pg_stat_activity
     where datname = current_database() and application_name = $1 and usename = current_user and pid <> pg_backend_pid()`,
    [SESSION_NAME],
  );
}

async function refusal(client: pg.Client): Promise<PortError> {
  const { rows } = await client.query<{ readonly holder: string | null; readonly since: string | null }>(
    `select a.application_name as holder, to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and l.objsubid = 2 and l.granted
       and l.database = (select oid from pg_database where datname = current_database())`,
    [...LOCK],
  );
  const holder = rows[0];
  const who =
    holder?.holder == null
      ? 'another process'
      : `another Flotilla (${holder.holder.replace(`${SESSION_NAME} opener, `, '')}, since ${holder.since} UTC)`;
  return storeError(
    'open',
    'needs-human',
    `${who} has this database open; stop it first, or give this one a data folder of its own with FLOTILLA_HOME (or a database of its own with DATABASE_URL)`,
  );
}
