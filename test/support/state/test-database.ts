import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type ConnectedState, openShared, openState, type StateSettings } from '../../../src/adapters/postgres/connect.ts';
import type { Connection } from '../../../src/adapters/postgres/connection.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { EmbeddedServer } from '../../../src/adapters/postgres/embedded-server.ts';
import { migratorOf } from '../../../src/adapters/postgres/migrations/migrate.ts';
import type { Log } from '../../../src/ports/log.ts';

export interface Logged {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that remembers. */
export function memoryLog(): Log & { readonly lines: readonly Logged[] } {
  const lines: Logged[] = [];
  const at = (level: keyof Log) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void lines.push({ level, message, fields });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A job that waits, as the table of the queue shows it. */
export interface WaitingJob {
  readonly key: string;
  readonly task: string;
  readonly queue: string | null;
  readonly payload: unknown;
  readonly runAtMs: number;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly parked: boolean;
}

/** One real PostgreSQL for a test file, with as many migrated databases as its tests need. */
export class TestServer {
  readonly #folder: string;
  readonly server: EmbeddedServer;
  readonly #admin: pg.Client;
  #count = 0;

  private constructor(folder: string, server: EmbeddedServer, admin: pg.Client) {
    this.#folder = folder;
    this.server = server;
    this.#admin = admin;
  }

  static async start(): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), 'flotilla-state-'));
    const server = await EmbeddedServer.start(join(folder, 'postgres'), memoryLog());
    const admin = await connected(server.connection('postgres'));
    await admin.query('create database migrated');
    await (await openState(server.connection('migrated'), memoryLog())).close();
    return new TestServer(folder, server, admin);
  }

  async stop(): Promise<void> {
    await this.#admin.end();
    await this.server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async database(): Promise<TestDatabase> {
    this.#count += 1;
    const name = `test_${this.#count}`;
    await this.#admin.query(`create database ${name} template migrated`);
    return this.#at(this.server.connection(name));
  }

  /** With the tables and rows of the first schema, as the program of that time wrote them. */
  async firstSchema(rows: Readonly<Record<string, readonly object[]>>): Promise<TestDatabase> {
    this.#count += 1;
    const name = `first_${this.#count}`;
    await this.#admin.query(`create database ${name}`);
    const db = openDatabase(this.server.connection(name), memoryLog());
    const { error } = await migratorOf(db).migrateTo('0001-initial');
    await db.destroy();
    if (error !== undefined) throw error;
    const database = await this.#at(this.server.connection(name));
    for (const [table, some] of Object.entries(rows)) {
      await database.sql.query(
        `insert into flotilla.${table} overriding system value select * from json_populate_recordset(null::flotilla.${table}, $1)`,
        [JSON.stringify(some)],
      );
    }
    return database;
  }

  /** The same database again, after it was closed. */
  reopened(database: TestDatabase): Promise<TestDatabase> {
    return this.#at(database.connection);
  }

  /** A session of somebody else in the same database. */
  another(database: TestDatabase, name = 'test'): Promise<pg.Client> {
    return connected(database.connection, name);
  }

  async #at(connection: Connection): Promise<TestDatabase> {
    return new TestDatabase(connection, await connected(connection));
  }
}

export class TestDatabase {
  readonly connection: Connection;
  readonly sql: pg.Client;
  readonly log = memoryLog();
  readonly #opened: ConnectedState[] = [];

  constructor(connection: Connection, sql: pg.Client) {
    this.connection = connection;
    this.sql = sql;
  }

  async open(settings: Partial<StateSettings> = {}): Promise<ConnectedState> {
    const state = await openState(this.connection, this.log, settings);
    this.#opened.push(state);
    return state;
  }

  /** One of several that share it. */
  async replica(settings: Partial<StateSettings> = {}): Promise<ConnectedState> {
    const state = await openShared(this.connection, this.log, settings);
    this.#opened.push(state);
    return state;
  }

  /** Empties every table: many times faster than another database, or than `truncate`, which makes new files. */
  async reset(): Promise<void> {
    const { rows } = await this.sql.query<{ readonly statements: string | null }>(
      `select string_agg(format('delete from %I.%I', schemaname, tablename), '; ') as statements from pg_tables
       where schemaname = 'flotilla' and tablename not like 'migrations%'`,
    );
    // As a replica applies changes: without triggers, or the append-only tables would refuse.
    await this.sql.query(`begin; set local session_replication_role = replica; ${rows[0]?.statements}; commit`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((state) => state.close()));
    await this.sql.end();
  }

  async waitingJobs(): Promise<readonly WaitingJob[]> {
    const { rows } = await this.sql.query<WaitingJob>(`
      select key, task, queue, payload, (extract(epoch from run_at) * 1000)::float8 as "runAtMs",
        attempts::int, last_error as "lastError", parked
      from flotilla.jobs order by id`);
    return rows;
  }

  async count(table: string): Promise<number> {
    const { rows } = await this.sql.query<{ readonly n: number }>(`select count(*)::int as n from flotilla.${table}`);
    return rows[0]?.n ?? -1;
  }
}

async function connected(connection: Connection, name = 'test'): Promise<pg.Client> {
  const client = new pg.Client({ ...connection, application_name: name });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** For one thing to happen on a machine that is busy with other things as well: this only notices what never comes. */
const PATIENCE_MS = 5 * 60_000;

/** Polls until the condition holds. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
