import { createMetrics } from '../../../src/app/metrics.ts';
import { storeDelivery } from '../../../src/app/webhooks.ts';
import type { FleetCommand } from '../../../src/core/command/command.ts';
import { type FleetId, trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { carryOutNow } from '../../../src/loop/carry-out-now.ts';
import { acceptCommand } from '../../../src/loop/give-command.ts';
import { driftJob, installJob, tickJob } from '../../../src/loop/jobs.ts';
import type { CodeHost } from '../../../src/ports/code-host.ts';
import type { DataPlane } from '../../../src/ports/data-plane.ts';
import { InMemoryClock } from '../../../src/ports/in-memory/clock.ts';
import { InMemoryCodeHostApp, InMemoryRepository } from '../../../src/ports/in-memory/code-host.ts';
import { InMemoryDataPlanes } from '../../../src/ports/in-memory/data-plane.ts';
import { InMemoryGitRepository } from '../../../src/ports/in-memory/git-repository.ts';
import type { TakenJob } from '../../../src/ports/in-memory/jobs.ts';
import { inMemoryManifestParser } from '../../../src/ports/in-memory/manifest-parser.ts';
import { InMemoryManifestSource } from '../../../src/ports/in-memory/manifest-source.ts';
import { PortError, type PortName } from '../../../src/ports/port-error.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { Job, StateStore } from '../../../src/ports/state-store.ts';
import { START } from '../clocks.ts';
import { parsedFiles } from '../parsed-files.ts';
import { settled } from '../virtual-timers.ts';
import { WatchedStore } from '../watched-store.ts';
import { Calls, changes, counted, type Fault } from './calls.ts';
import { type TinyFleet, tinyManifests } from './manifests.ts';
import { BotProcess } from './process.ts';
import { Witness } from './witness.ts';

export const FLEET = trusted.fleet('acme/clusters');
export const CANARY = trusted.cluster('canary');
export const OTHER = trusted.cluster('other');
export const CLUSTERS = [CANARY, OTHER];

const TICK_MS = 30_000;
const DRIFT_MS = 60_000;
const ROUNDS_MAX = 100;
const PULL = 1;

/** Everything outside of the bot, the processes of the bot one after another, and time, which goes as it is told to. */
export class CrashWorld {
  readonly clock = new InMemoryClock(instant(START));
  readonly git = new InMemoryGitRepository();
  readonly source = new InMemoryManifestSource(this.git);
  readonly planes = new InMemoryDataPlanes({ clock: this.clock, seed: 'crash points' });
  readonly repository = new InMemoryRepository({
    installation: 7,
    owner: 'acme',
    name: 'clusters',
    defaultBranch: 'main',
    cloneUrl: 'https://git.example/acme/clusters.git',
  });
  readonly witness = new Witness();
  readonly store = new WatchedStore(this.witness, { bot: this.clock, database: this.clock });
  readonly calls: Calls;
  #process: BotProcess;
  #deliveries = 0;
  #keys = 0;

  constructor(faults: readonly Fault[]) {
    this.calls = new Calls(faults);
    for (const login of ['lead', 'second', 'third']) this.repository.setRole(login, 'maintain');
    this.#process = this.#newProcess();
  }

  /** The bot is installed, and the clusters run what the first manifests say. */
  async begin(fleet: TinyFleet): Promise<void> {
    this.git.commit(tinyManifests(fleet), { message: 'the first manifests' });
    const { install, sync } = this.#process.tasks;
    await install({});
    await sync({ fleet: FLEET });
    this.planes.seed([...(await this.store.desired(FLEET)).values()]);
    await this.work();
    this.calls.begin();
  }

  // What people do.

  /** A pull request with these manifests. */
  propose(fleet: TinyFleet, title: string): void {
    const headSha = this.git.commit(tinyManifests(fleet), { ref: `refs/pull/${PULL}/head`, from: this.git.head() ?? null, message: title });
    this.repository.openPull({ number: PULL, headSha, author: 'author', title });
  }

  merge(title: string): void {
    const head = this.git.head(`refs/pull/${PULL}/head`);
    if (head === undefined) throw new Error('nothing is proposed');
    this.repository.mergePull(PULL, this.git.merge(head, { message: title, author: 'author', squash: true }));
  }

  push(fleet: TinyFleet, title: string): void {
    this.git.commit(tinyManifests(fleet), { message: title, author: 'author' });
  }

  /** GitHub sends a webhook, and somebody has it sent again until it is taken. */
  async send(name: string, payload: object): Promise<void> {
    this.#deliveries += 1;
    const id = `delivery-${this.#deliveries}`;
    const repository = { id: 1_001, full_name: 'acme/clusters', default_branch: 'main' };
    for (let sent = false; !sent; )
      sent = await this.#asked(({ loop }) =>
        storeDelivery(loop.ports.store, this.clock, METRICS)({ id, name, payload: { ...payload, repository } }),
      );
  }

  /** A person gives a command under a key, and gives it again until there is an answer; nobody gives again what was accepted. */
  async command(command: FleetCommand): Promise<void> {
    this.#keys += 1;
    const key = `key ${this.#keys}`;
    for (let isAccepted = false; !isAccepted; ) {
      await this.#asked(async (process) => {
        let decided: Promise<void> | undefined;
        // As the bot does where it holds the fleet.
        const decide = (fleet: FleetId): void => {
          if (process.holdsLease) decided = carryOutNow(process.loop, fleet);
        };
        const answer = await acceptCommand({ ...process.loop.ports, decide }, FLEET, command, key);
        isAccepted = true;
        if (!answer.ok) this.witness.fail('story-stands', `${command.verb} is not accepted: ${answer.error}`);
        await decided;
      });
    }
  }

  /** @returns false when there was no answer. */
  async #asked(ask: (process: BotProcess) => Promise<void>): Promise<boolean> {
    const process = this.#process;
    this.calls.changed();
    let isAnswered = false;
    const asked = ask(process).then(
      () => {
        isAnswered = true;
      },
      (error: unknown) => this.#threw('a request', error),
    );
    await Promise.race([asked, process.gone]);
    await this.#succeed(process);
    return isAnswered;
  }

  // Time.

  /** Time goes on, with the timers of the bot. Nobody compares with the code host meanwhile: nothing hides what was lost. */
  async pass(): Promise<void> {
    const before = this.clock.now();
    this.calls.changed();
    this.clock.advance(TICK_MS);
    this.planes.advance();
    const jobs: Job[] = [tickJob(FLEET, this.clock.now())];
    if (Math.floor(before / DRIFT_MS) !== Math.floor(this.clock.now() / DRIFT_MS)) jobs.push(driftJob(FLEET));
    await this.#asked(({ loop }) => loop.ports.store.enqueue(jobs).catch(nothing));
    await this.work();
  }

  /** Everything that is due is done, and what follows from it. */
  async work(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX && this.witness.failures.length === 0; round += 1) {
      const taken = this.store.jobs.takeDueJobs(this.clock.now());
      if (taken.length === 0) return;
      const process = this.#process;
      this.calls.changed();
      for (const job of taken) {
        await this.#run(process, job);
        if (await this.#succeed(process)) break;
      }
    }
    if (this.witness.failures.length > 0) return;
    this.witness.fail('queue-stands', `jobs never come to an end: ${this.store.jobs.waiting().map(({ key }) => key)}`);
  }

  async #run(process: BotProcess, job: TakenJob): Promise<void> {
    let isOver = false;
    const run = async (): Promise<void> => {
      try {
        await process.tasks[job.task](job.payload);
        await this.calls.call(process, 'queue.done', () => (process.holdsLease ? this.store.jobs.done(job) : undefined));
      } catch (error) {
        this.#threw(job.key, error);
        this.calls.changed();
        if (process.holdsLease) this.store.jobs.failed(job, error, this.clock.now());
      }
      isOver = true;
    };
    await Promise.race([run(), process.gone, patience()]);
    if (isOver || !process.isAlive || process.isHalted) return;
    this.witness.fail('queue-stands', `job ${job.key} never ends`);
    process.die();
  }

  /** When the process is gone, another takes its place. @returns whether that was so. */
  async #succeed(process: BotProcess): Promise<boolean> {
    if (process.isAlive && !process.isHalted) return false;
    this.#process = this.#newProcess();
    this.store.jobs.restart(this.clock.now());
    await this.store.enqueue([installJob()]);
    if (process.isHalted) {
      process.holdsLease = false;
      await this.work();
      process.goOn();
      await patience();
      process.die();
    }
    return true;
  }

  #threw(what: string, error: unknown): void {
    if (error instanceof PortError) return;
    this.witness.fail('threw', `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  #newProcess(): BotProcess {
    return new BotProcess((process) => this.#portsFor(process), SETTINGS);
  }

  #portsFor(process: BotProcess): Ports {
    const call =
      (port: string) =>
      (method: string, work: () => unknown): unknown =>
        this.calls.call(process, `${port}.${method}`, work);
    const source = counted(this.source, call('manifest-source'));
    const host = this.#host(process);
    return {
      clock: this.clock,
      log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
      store: this.#store(process),
      app: counted(new InMemoryCodeHostApp([this.repository]), call('code-host')),
      parsed: parsedFiles(this.git),
      parser: inMemoryManifestParser,
      source: () => source,
      host: () => host,
      dataPlane: (_fleet, { name }) => process.leased(this.#dataPlane(process, name)),
    };
  }

  /** Every write is fenced with the lease, as in the database; a command is accepted whoever works on the fleet. */
  #store(process: BotProcess): StateStore {
    return counted<StateStore>(this.store, async (method, work) => {
      const name = `state-store.${method}`;
      if (!process.holdsLease && changes(name) && method !== 'accept') throw overtaken('state-store', method);
      return await this.calls.call(process, name, work);
    });
  }

  #host(process: BotProcess): CodeHost {
    return counted<CodeHost>(this.repository, async (method, work, [given]) => {
      const name = `code-host.${method}`;
      if (!changes(name)) return await this.calls.call(process, name, work);
      const write = () =>
        this.calls.call(process, name, async () => {
          if (!process.holdsLease) this.witness.fail('sent-without-lease', name);
          const written = await work();
          this.witness.wrote(method, given, written);
          return written;
        });
      // Anything but a PortError is made one by the adapter.
      return await process.leasedWrite(write).catch((error: unknown) => {
        throw error instanceof PortError ? error : overtaken('code-host', method);
      });
    });
  }

  #dataPlane(process: BotProcess, dataPlane: string): DataPlane {
    const port = this.planes.port(dataPlane);
    const call = <T>(name: string, work: () => Promise<T>): Promise<T> => this.calls.call(process, `data-plane.${name}`, work);
    return {
      name: port.name,
      observe: (clusters) => call('observe', () => port.observe(clusters)),
      list: () => call('list', () => port.list()),
      watch: nothing,
      apply: (orders) => {
        // What is under way already when the lease is lost is refused by its epoch.
        const hadLease = process.holdsLease;
        return call('apply', async () => {
          const replies = await port.apply(orders);
          for (const order of orders) this.witness.told(order, hadLease);
          return replies;
        });
      },
    };
  }
}

const SETTINGS = { speed: 1, publishIntervalMs: 60_000, publicUrl: 'http://127.0.0.1:3000' };

const nothing = (): void => undefined;
const METRICS = createMetrics();

/** Nothing here waits for anything outside of this thread: what has not ended after so many turns never does. */
async function patience(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await settled();
}

const overtaken = (port: PortName, operation: string): PortError =>
  new PortError({ port, operation, retry: { kind: 'retry-later' }, message: 'another replica works on this fleet now' });
