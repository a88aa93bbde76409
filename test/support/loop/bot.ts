import { createTasks, type Tasks } from '../../../src/app/tasks.ts';
import type { FleetRecords } from '../../../src/core/change/apply-change.ts';
import { type ClusterId, type CommitSha, trusted } from '../../../src/core/model/ids.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import { memoryOf } from '../../../src/loop/memory.ts';
import { loadRecords } from '../../../src/loop/records.ts';
import { syncFleet } from '../../../src/loop/sync-fleet.ts';
import { InMemoryClock } from '../../../src/ports/in-memory/clock.ts';
import { InMemoryCodeHostApp, InMemoryRepository } from '../../../src/ports/in-memory/code-host.ts';
import { InMemoryDataPlanes } from '../../../src/ports/in-memory/data-plane.ts';
import { InMemoryGitRepository } from '../../../src/ports/in-memory/git-repository.ts';
import type { TakenJob } from '../../../src/ports/in-memory/jobs.ts';
import { inMemoryManifestParser } from '../../../src/ports/in-memory/manifest-parser.ts';
import { InMemoryManifestSource } from '../../../src/ports/in-memory/manifest-source.ts';
import type { CallPhase, OnCall } from '../../../src/ports/in-memory/on-call.ts';
import { InMemoryParseCache } from '../../../src/ports/in-memory/parse-cache.ts';
import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import type { Job, JobTask, RolloutSummary, StateStore } from '../../../src/ports/state-store.ts';
import { t } from '../state/builders.ts';
import { type SmallFleet, smallManifests } from './small-manifests.ts';

export const FLEET = trusted.fleet('acme/clusters');

/** Who gives commands in tests: the manifests give no rules, so a role is enough. */
const PEOPLE = ['lead', 'second', 'ada', 'alice', 'anna'] as const;

/** Nothing here waits for anything outside of this thread: what has not moved after so many turns never does. */
const IDLE_ROUNDS = 30;

/** A failed job, by its key. */
export interface Failure {
  readonly job: string;
  readonly error: unknown;
}

/** The whole bot on ports that are maps, with nothing that runs by itself: tests push, merge, break, and let it work. */
export class TestBot {
  readonly clock = new InMemoryClock(t(0));
  store = new InMemoryStateStore();
  readonly git = new InMemoryGitRepository();
  readonly source: InMemoryManifestSource;
  readonly planes: InMemoryDataPlanes;
  readonly repository: InMemoryRepository;
  readonly app: InMemoryCodeHostApp;
  readonly failures: Failure[] = [];
  readonly warnings: string[] = [];
  /** Data planes that the configuration of the bot cannot reach. */
  readonly unreachable = new Set<string>();
  readonly #pulls = new Set<number>();
  /** Called around each call of a port: throws, or changes the world. */
  onCall: OnCall | undefined;
  loop: Loop;
  tasks: Tasks;

  constructor() {
    const onCall: OnCall = (name: string, phase: CallPhase) => this.onCall?.(name, phase);
    this.planes = new InMemoryDataPlanes({ clock: this.clock, onCall });
    this.source = new InMemoryManifestSource(this.git, onCall);
    this.repository = new InMemoryRepository({
      installation: 7,
      owner: 'acme',
      name: 'clusters',
      defaultBranch: 'main',
      cloneUrl: 'https://git.example/acme/clusters.git',
      onCall,
    });
    this.app = new InMemoryCodeHostApp([this.repository]);
    for (const login of PEOPLE) this.repository.setRole(login, 'maintain');
    this.loop = this.#freshLoop();
    this.tasks = createTasks(this.loop, () => undefined);
  }

  /** A bot that knows its fleet, whose clusters run what the first manifests say. */
  static async begin(fleet: SmallFleet = {}): Promise<TestBot> {
    const bot = new TestBot();
    await bot.tasks.install({});
    bot.write(fleet);
    await syncFleet(bot.loop, FLEET);
    const { desired } = await bot.records();
    bot.planes.seed([...desired.values()]);
    await bot.work();
    return bot;
  }

  /** The process ends and another begins: memory is lost, and what was running runs again. */
  restart(): void {
    this.loop = this.#freshLoop();
    this.tasks = createTasks(this.loop, () => undefined);
    this.store.jobs.restart(this.clock.now());
  }

  /** The database is gone, or put back to this; what was written on the code host stays. */
  restoreDatabase(from = new InMemoryStateStore()): void {
    this.store = from;
    this.restart();
  }

  /** A commit with these manifests, and no news of it. */
  write(fleet: SmallFleet, ref = this.git.defaultRef): CommitSha {
    const files = smallManifests(fleet);
    const head = this.git.head(ref) ?? this.git.head();
    const gone = head === undefined ? [] : [...this.git.treeAt(head).keys()].filter((path) => !(path in files));
    return this.git.commit({ ...files, ...Object.fromEntries(gone.map((path) => [path, null])) }, { ref, from: head ?? null });
  }

  /** A commit on the default branch, by a merged pull request where a number is given; the webhook has come. */
  async merge(fleet: SmallFleet, pull?: number): Promise<CommitSha> {
    const sha = this.write(fleet);
    if (pull !== undefined) {
      this.#openPull(pull, sha);
      this.repository.mergePull(pull, sha);
    }
    await this.store.enqueue([job('sync', `sync:${FLEET}`)]);
    return sha;
  }

  /** An open pull request with these manifests; the webhook has come. */
  async propose(fleet: SmallFleet, pull: number): Promise<CommitSha> {
    const headSha = this.write(fleet, `refs/pull/${pull}/head`);
    this.#openPull(pull, headSha);
    await this.store.enqueue([job('review', `review:${FLEET}:${pull}`, { pull })]);
    return headSha;
  }

  /** Presses the merge button; the webhook has come. */
  async mergeProposed(pull: number): Promise<CommitSha> {
    const sha = this.git.merge(this.git.head(`refs/pull/${pull}/head`) ?? '');
    this.repository.mergePull(pull, sha);
    await this.store.enqueue([job('sync', `sync:${FLEET}`)]);
    return sha;
  }

  #openPull(number: number, headSha: CommitSha): void {
    if (this.#pulls.has(number)) this.repository.changePull(number, { headSha });
    else this.repository.openPull({ number, headSha, author: 'octocat', title: `Change ${number}` });
    this.#pulls.add(number);
  }

  /** Works off all jobs that are due, and those that follow from them. Failures are kept, and tried again later. */
  async work(): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      const taken = this.store.jobs.takeDueJobs(this.clock.now());
      if (taken.length === 0) return;
      for (const one of taken) await this.#run(one);
    }
    throw new Error(`jobs never come to an end: ${this.waiting().join(', ')}`);
  }

  /** Works as several workers do, each job beside those that hang, until nothing more is due and nothing moves. */
  async workBeside(): Promise<void> {
    for (let idle = 0, round = 0; idle < IDLE_ROUNDS; round += 1) {
      if (round > 2_000) throw new Error(`jobs never come to an end: ${this.waiting().join(', ')}`);
      const taken = this.store.jobs.takeDueJobs(this.clock.now());
      idle = taken.length === 0 ? idle + 1 : 0;
      for (const one of taken) void this.#run(one);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #run(one: TakenJob): Promise<void> {
    try {
      await this.tasks[one.task](one.payload);
      this.store.jobs.done(one);
    } catch (error) {
      this.failures.push({ job: one.key, error });
      this.store.jobs.failed(one, error, this.clock.now());
    }
  }

  /** Lets time pass, in steps, with a tick after each. */
  async pass(ms: number, stepMs = 15_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      this.planes.advance();
      await this.store.enqueue([job('tick', `tick:${FLEET}`)]);
      await this.work();
    }
  }

  /** Lets time pass until the rollouts look like this. */
  async passUntil(isThere: (rollouts: readonly RolloutSummary[]) => boolean, mostMs = 4 * 3_600_000): Promise<void> {
    for (let passed = 0; passed < mostMs; passed += 15_000) {
      if (isThere(await this.rollouts())) return;
      await this.pass(15_000);
    }
    throw new Error(`it never came to that: ${JSON.stringify((await this.rollouts()).map(({ status, counts }) => [status, counts]))}`);
  }

  /** Newest first. */
  rollouts(): Promise<readonly RolloutSummary[]> {
    return this.store.recentRollouts(FLEET, 100);
  }

  async newest(): Promise<RolloutSummary> {
    const [first] = await this.rollouts();
    if (first === undefined) throw new Error('there is a rollout');
    return first;
  }

  /** Keys of the jobs that nobody works on yet. */
  waiting(): readonly string[] {
    return this.store.jobs.waiting().map(({ key }) => key);
  }

  async records(): Promise<FleetRecords> {
    const fleet = await this.store.fleet(FLEET);
    if (fleet === undefined) throw new Error('the fleet is not known');
    return await loadRecords(this.loop, fleet);
  }

  /** What another process would read: nothing of it comes from memory. */
  async storedRecords(): Promise<FleetRecords> {
    const fleet = await this.store.fleet(FLEET);
    if (fleet === undefined) throw new Error('the fleet is not known');
    return await loadRecords({ ...this.loop, memory: new Map() }, fleet);
  }

  /** What the code host has said of everybody, just now. */
  know(loop: Pick<Loop, 'memory'> = this.loop): void {
    for (const login of PEOPLE) memoryOf(loop.memory, FLEET).people.learnRole(login, 'maintain', this.clock.now());
  }

  /** What is kept in memory, where something is. */
  remembered(): FleetRecords | undefined {
    return memoryOf(this.loop.memory, FLEET).records?.records;
  }

  versionOf(cluster: string): string {
    return this.planes.inspect(trusted.cluster(cluster)).running.version;
  }

  async statusOf(cluster: string): Promise<string | undefined> {
    const last = await this.store.lastTargets(FLEET, [trusted.cluster(cluster)]);
    return last.get(trusted.cluster(cluster))?.target.status;
  }

  cluster(name: string): ClusterId {
    return trusted.cluster(name);
  }

  /** The loop of another process on the same store, some of whose methods are these. */
  withStore(over: Partial<StateStore>): Loop {
    const own = this.store;
    const store = new Proxy<StateStore>(own, {
      get: (_own, name) => {
        const value: unknown = Reflect.get(over, name) ?? Reflect.get(own, name, own);
        // Private fields are those of the store itself.
        return typeof value === 'function' ? value.bind(own) : value;
      },
    });
    return { ...this.loop, memory: new Map(), ports: { ...this.loop.ports, store } };
  }

  #freshLoop(): Loop {
    const warn = (_fields: unknown, message: string) => void this.warnings.push(message);
    return {
      ports: {
        clock: this.clock,
        log: { debug: () => undefined, info: () => undefined, warn, error: warn },
        store: this.store,
        parsed: new InMemoryParseCache(),
        parser: inMemoryManifestParser,
        app: this.app,
        host: () => this.repository,
        source: () => this.source,
        dataPlane: (_fleet, { name }) => {
          if (!this.unreachable.has(name)) return this.planes.port(name);
          throw new PortError({ port: 'data-plane', operation: 'open', retry: { kind: 'needs-human' }, message: `no address of ${name}` });
        },
      },
      settings: { speed: 1, publishIntervalMs: 15_000, publicUrl: 'http://127.0.0.1:3000' },
      memory: new Map(),
    };
  }
}

export const job = (task: JobTask, key: string, payload: Job['payload'] = {}): Job => ({
  task,
  key,
  queue: undefined,
  runAt: undefined,
  payload: { fleet: FLEET, ...payload },
});
