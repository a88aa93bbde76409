/** Several bots over one PostgreSQL, behind one address, with one forge and its data planes: as on GitHub, on one machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { EmbeddedServer } from '../../../src/adapters/postgres/embedded-server.ts';
import { appKeyFile } from '../../../src/local/app-key.ts';
import { NODE_FLAGS } from '../../../src/local/demo/local-run.ts';
import { eventually } from '../../../src/local/demo/person.ts';
import { lives } from '../../../src/local/left-behind.ts';
import { type LocalState, readLocalState, writeLocalState } from '../../../src/local/local-state.ts';
import { ensureWorld } from '../../../src/local/world-process.ts';
import { freePort } from '../../support/http/free-port.ts';
import { memoryLog } from '../../support/state/test-database.ts';
import { Front } from './front.ts';
import { writeSmallFleet } from './small-fleet.ts';

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts');
const DATABASE = 'shared';
/** Of brokers that restart. The bots run as fast as on GitHub. */
const SPEED = 600;

export interface ReplicaProcess {
  readonly pid: number;
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has said so far. */
  said: string;
}

export class Replicas {
  readonly home: string;
  readonly #manifests: string;
  readonly #server: EmbeddedServer;
  readonly #front: Front;
  readonly sql: pg.Client;
  readonly #bots: ReplicaProcess[] = [];

  private constructor(parts: { home: string; manifests: string; server: EmbeddedServer; front: Front; sql: pg.Client }) {
    this.home = parts.home;
    this.#manifests = parts.manifests;
    this.#server = parts.server;
    this.#front = parts.front;
    this.sql = parts.sql;
  }

  /** Everything but the bots. */
  static async set(): Promise<Replicas> {
    const home = mkdtempSync(join(tmpdir(), 'flotilla-replicas-'));
    const manifests = writeSmallFleet();
    const strategies = join(manifests, 'strategies.yaml');
    writeFileSync(strategies, readFileSync(strategies, 'utf8').replaceAll('soak: 1m', 'soak: 1s'));
    const server = await EmbeddedServer.start(join(home, 'postgres'), memoryLog());
    await inDatabase(server, 'postgres', (client) => client.query(`create database ${DATABASE}`));
    const front = await Front.open();
    const config = { home, speed: SPEED, manifests };
    const world = await ensureWorld(config, { startedBy: 'person', ports: { forge: 0, dataPlanes: 0 }, say: () => undefined });
    // The forge sends its webhooks to whoever is said to be the bot.
    writeLocalState(home, { ...world, botUrl: front.url, botPid: process.pid });
    const sql = new pg.Client({ ...server.connection(DATABASE) });
    sql.on('error', () => undefined);
    await sql.connect();
    return new Replicas({ home, manifests, server, front, sql });
  }

  get state(): LocalState {
    const state = readLocalState(this.home);
    if (state === undefined) throw new Error('the forge does not run');
    return state;
  }

  /** Those that were not killed or stopped. */
  get bots(): readonly ReplicaProcess[] {
    return this.#bots.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  }

  /** Starts one more, and waits until it is ready. */
  async start(): Promise<ReplicaProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [...NODE_FLAGS, MAIN], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        FLOTILLA_HOME: join(this.home, `bot-${port}`),
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'info',
        FLOTILLA_STOP_SECONDS: '300',
        ...this.#credentials(),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const bot: ReplicaProcess = { pid: child.pid ?? 0, url: `http://127.0.0.1:${port}`, child, said: '' };
    child.stderr.on('data', (chunk: Buffer) => {
      bot.said += chunk.toString('utf8');
    });
    this.#bots.push(bot);
    await eventually('the replica to be ready', async () => {
      if (child.exitCode !== null) throw new Error(bot.said.slice(-2_000));
      return (await fetch(`${bot.url}/readyz`)).ok ? true : undefined;
    });
    this.#front.add(bot.url);
    return bot;
  }

  /** The one that has the fleet. */
  async holder(): Promise<ReplicaProcess> {
    return await eventually('one to have the fleet', async () => {
      const { rows } = await this.sql.query<{ readonly name: string }>(
        `select r.name from flotilla.leases l join flotilla.replicas r on r.id = l.holder where l.expires_at > now()`,
      );
      return this.bots.find(({ pid }) => rows[0]?.name === `pid ${pid} on ${hostname()}`);
    });
  }

  /** @returns milliseconds until another than this one has the fleet. */
  async untilTakenFrom(former: ReplicaProcess): Promise<number> {
    const began = performance.now();
    await eventually('another to have the fleet', async () => ((await this.holder()) === former ? undefined : true));
    return performance.now() - began;
  }

  /** Sends a signal, and no more requests. */
  async end(bot: ReplicaProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#front.drop(bot.url);
    bot.child.kill(signal);
    if (signal === 'SIGKILL' && this.bots.includes(bot)) await once(bot.child, 'exit');
  }

  /** It stands still, and gets no requests meanwhile. */
  freeze(bot: ReplicaProcess): void {
    this.#front.drop(bot.url);
    bot.child.kill('SIGSTOP');
  }

  thaw(bot: ReplicaProcess): void {
    bot.child.kill('SIGCONT');
    this.#front.add(bot.url);
  }

  async remove(): Promise<void> {
    for (const bot of this.bots) {
      bot.child.kill('SIGCONT');
      await this.end(bot, 'SIGKILL');
    }
    const { worldPid } = this.state;
    if (worldPid !== undefined) process.kill(worldPid, 'SIGTERM');
    await this.#front.close();
    await this.sql.end();
    await this.#server.stop();
    await eventually('forge and data planes to end', async () => (lives(worldPid) ? undefined : true));
    for (const folder of [this.home, this.#manifests]) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  #credentials(): Readonly<Record<string, string>> {
    const { appId, webhookSecret, users, forgeUrl, dataPlaneUrl = '' } = this.state;
    return {
      APP_ID: String(appId),
      PRIVATE_KEY_PATH: appKeyFile(this.home),
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_API_URL: `${forgeUrl}/api/v3`,
      DATABASE_URL: urlOf(this.#server),
      FLOTILLA_API_TOKENS: users.map(({ login, token }) => `${login}:${token}`).join(' '),
      FLOTILLA_PUBLIC_URL: this.#front.url,
      FLOTILLA_SIMULATED_URL: dataPlaneUrl,
    };
  }
}

function urlOf(server: EmbeddedServer): string {
  const connection = server.connection(DATABASE);
  if ('connectionString' in connection) return connection.connectionString;
  const { user, password, host, port, database } = connection;
  return `postgres://${user}:${password}@${host}:${port}/${database}`;
}

async function inDatabase(server: EmbeddedServer, database: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ ...server.connection(database) });
  await client.connect();
  await work(client);
  await client.end();
}
