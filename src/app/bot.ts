/** Wires ports to adapters, and starts what the bot consists of: HTTP, queue, timers, watches. */
import { join } from 'node:path';
import type { Probot } from 'probot';
import { ParseCacheOnDisk } from '../adapters/git/parse-cache.ts';
import { ManifestParserThread } from '../adapters/parser/manifest-parser-thread.ts';
import { type ConnectedState, connectState } from '../adapters/postgres/connect.ts';
import { type FleetId, parseFleetId } from '../core/model/ids.ts';
import { durationMs, instant } from '../core/model/time.ts';
import { answerJson } from '../http/answers.ts';
import { createApp } from '../http/app.ts';
import { loopbackOnly } from '../http/own-site.ts';
import { createHttpServer, listen } from '../http/server.ts';
import { carryOutNow } from '../loop/carry-out-now.ts';
import type { CommandDesk } from '../loop/give-command.ts';
import { installJob } from '../loop/jobs.ts';
import type { Loop } from '../loop/loop.ts';
import type { Memory } from '../loop/memory.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Ports } from '../ports/ports.ts';
import { apiRoutes } from '../web/api-routes.ts';
import { addApiDescription } from '../web/describe-api.ts';
import { addStatusRoutes } from '../web/status-routes.ts';
import { ClockWatch } from './clock-watch.ts';
import type { AppConfig } from './config.ts';
import { FleetFollower } from './fleet-follower.ts';
import { setFleetGauges } from './fleet-gauges.ts';
import { FleetNames, type Holds } from './leased-writes.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { addOperationsRoutes } from './operations-routes.ts';
import { createProbot } from './probot.ts';
import { readiness } from './readiness.ts';
import { startReplays } from './replays.ts';
import { Scheduler } from './scheduler.ts';
import { createTasks, type Tasks } from './tasks.ts';
import { ownVersion } from './version.ts';
import { Watchers } from './watchers.ts';
import { addWebhookRoute } from './webhook-route.ts';
import { webhookApp } from './webhooks.ts';
import { wirePorts } from './wire.ts';

export interface Bot {
  readonly url: string;
  /** Takes no more work, finishes what is running, and closes everything. */
  stop(): Promise<void>;
}

/** Work that is running when the bot is told to stop may take this long; the rest is done after the next start. */
const DRAIN_MS = 7_000;
/** What of the time of a stop is left for the rest of it: connections, database, the world of local mode. */
const CLOSE_MS = 2_000;

const clock: Clock = { now: () => instant(Date.now()) };

/**
 * @param onUrl - told the address before the first webhook can come.
 * @throws Error with the way out.
 */
export async function startBot(config: AppConfig, log: Log, onUrl: (url: string) => void = () => undefined): Promise<Bot> {
  const { github } = config;
  if (github === undefined) throw new Error('GitHub App credentials are missing');
  const metrics = createMetrics();
  metrics.buildInfo.set({ version: ownVersion(), node: process.version }, 1);
  let probot: Probot | undefined;
  let loop: Loop | undefined;
  let state: ConnectedState | undefined;
  let decide: CommandDesk['decide'];
  const desk = () =>
    state === undefined ? undefined : { store: state.storeForPeople, clock, ...(decide === undefined ? {} : { decide }) };
  const http = createApp({ log, refuse: ({ status, message }) => answerJson({ message }, status) });
  // Local mode has no real credentials: what another site has a browser send here is not answered.
  if (config.mode === 'local') http.use(loopbackOnly);
  addWebhookRoute(http, { probot: () => probot, secret: github.webhookSecret, metrics, log });
  addOperationsRoutes(http, metrics.registry, {
    readiness: () => readiness(loop === undefined ? undefined : state),
    beforeMetrics: () => setFleetGauges(metrics, loop, state),
  });
  const door = { loop: () => loop, desk, tokens: config.apiTokens };
  addApiDescription(http);
  http.route('/api/fleets', apiRoutes(door));
  addStatusRoutes(http, { ...door, formSecret: github.webhookSecret, local: config.mode === 'local', speed: config.speed });
  const server = createHttpServer(http);
  const port = await listen(server, config.port, config.host).catch(portInUse(config.port));
  const url = config.publicUrl ?? addressOf(config.host, port);
  // On GitHub nobody reaches the address at which this machine knows itself.
  const publicUrl = config.mode === 'local' ? url : config.publicUrl;
  if (publicUrl === undefined)
    log.warn({}, 'FLOTILLA_PUBLIC_URL is not set: reports have no links to pages. Ask `flotilla doctor` what else is missing');
  const closers: (() => Promise<void> | void)[] = [() => server.closeAllConnections()];
  try {
    const historyMs = durationMs(config.historyDays * 24 * 3_600_000);
    state = await connectState({ databaseUrl: config.databaseUrl, folder: join(config.home, 'postgres'), log, clock, historyMs });
    const { store, leases } = state;
    const holds: Holds = (fleet) => leases?.held.holds(fleet) ?? true;
    closers.unshift(() => state?.close());
    const clocks = new ClockWatch(state.clockDistance, metrics.databaseClockAhead, log);
    closers.unshift(() => clocks.stop());
    await clocks.start();
    const parsed = await ParseCacheOnDisk.open(join(config.home, 'parsed'), log);
    closers.unshift(() => parsed.close());
    const parser = new ManifestParserThread();
    closers.unshift(() => parser.close());
    const names = new FleetNames();
    const app = createProbot(github, holds, names, log, metrics);
    const memory: Memory = new Map();
    const ports = wirePorts({ config, github, probot: app, store, parsed, parser, memory, holds, names, clock, log });
    const running: Loop = {
      ports,
      settings: { speed: config.speed, publishIntervalMs: github.publishIntervalMs, publicUrl },
      memory,
    };
    const scheduler = new Scheduler(store, log, clock.now);
    const watchers = new Watchers(running);
    closers.unshift(
      () => scheduler.stop(),
      () => watchers.stop(),
    );
    const follower = new FleetFollower(running, holds, scheduler, watchers);
    const tasks = createTasks(running, (fleets) => {
      metrics.fleets.set(fleets.filter(({ retired }) => retired === undefined).length);
      follower.settle(fleets);
      leases?.beatSoon();
    });
    await leases?.start(follower);
    const queue = await state.runQueue(measured(followed(tasks, follower), metrics), log);
    closers.unshift(async () => void (await queue.stop(Math.min(DRAIN_MS, config.stopWithinMs - CLOSE_MS))));
    // Before what runs has ended: others take over meanwhile.
    closers.unshift(() => leases?.stop());
    decide = decider(running, holds, leases, log);
    await app.load(webhookApp(store, clock, metrics));
    probot = app;
    loop = { ...running, ports: { ...ports, store: state.storeForPeople } };
    // First of all: no new requests.
    closers.unshift(() => void server.close());
    onUrl(url);
    await store.enqueue([installJob()]);
    scheduler.discover();
    if (leases === undefined) await followAll(follower, ports);
    closers.unshift(startReplays(ports));
  } catch (error) {
    await closeAll(closers, log);
    throw error;
  }
  return { url, stop: () => closeAll(closers, log) };
}

/** Who listens everywhere is reached on this machine too. */
function addressOf(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @throws Error with the way out. */
const portInUse =
  (port: number) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(`port ${port} is in use: stop the other program, or set PORT to another port`, { cause: error });
  };

async function followAll(follower: FleetFollower, { store, log }: Pick<Ports, 'store' | 'log'>): Promise<void> {
  const fleets = await store.fleets();
  follower.settle(fleets);
  for (const { id } of fleets) {
    await follower.refresh(id).catch((error: unknown) => log.warn({ err: error, fleet: id }, 'fleet not ready yet'));
  }
}

/** What people ask is decided on beside the queue, all of whose workers may be busy with what is slow. */
function decider(loop: Loop, holds: Holds, leases: ConnectedState['leases'], log: Log): (fleet: FleetId) => void {
  return (fleet) => {
    if (!holds(fleet)) return;
    const end = leases?.held.begin(fleet);
    carryOutNow(loop, fleet)
      .catch((error: unknown) => log.warn({ err: error, fleet }, 'a command could not be carried out at once; its job does it'))
      .finally(() => end?.());
  };
}

function followed(tasks: Tasks, follower: FleetFollower): Tasks {
  return {
    ...tasks,
    sync: async (payload) => {
      await tasks.sync(payload);
      const fleet = parseFleetId(String(payload['fleet']));
      if (fleet.ok) await follower.refresh(fleet.value);
    },
  };
}

function measured(tasks: Tasks, metrics: Metrics): Tasks {
  const measure =
    (task: keyof Tasks): Tasks[keyof Tasks] =>
    async (payload) => {
      const stop = metrics.jobSeconds.startTimer({ task });
      try {
        await tasks[task](payload);
        metrics.jobs.inc({ task, outcome: 'done' });
        metrics.lastDone.set({ task, fleet: String(payload['fleet'] ?? '') }, Date.now() / 1_000);
      } catch (error) {
        metrics.jobs.inc({ task, outcome: 'failed' });
        throw error;
      } finally {
        stop();
      }
    };
  return Object.fromEntries((Object.keys(tasks) as (keyof Tasks)[]).map((task) => [task, measure(task)])) as Tasks;
}

async function closeAll(closers: readonly (() => Promise<void> | void)[], log: Log): Promise<void> {
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      log.warn({ err: error }, 'something did not close cleanly');
    }
  }
}
