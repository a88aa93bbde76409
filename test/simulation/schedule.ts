import type { FleetCommand } from '../../src/core/command/command.ts';
import { IN_FLIGHT } from '../../src/core/reconcile/state.ts';
import { acceptCommand } from '../../src/loop/give-command.ts';
import { driftJob, sweepJob, tickJob } from '../../src/loop/jobs.ts';
import type { TakenJob } from '../../src/ports/in-memory/jobs.ts';
import type { CallPhase } from '../../src/ports/in-memory/on-call.ts';
import { PortError, type PortName } from '../../src/ports/port-error.ts';
import { Random } from '../support/small-world/random.ts';
import { drawFaults, type Faults, NO_FAULTS } from './faults.ts';
import { firstSpec } from './fleet-spec.ts';
import { Laws } from './laws/laws.ts';
import { People } from './people.ts';
import { BotProcess } from './process.ts';
import { Story } from './story.ts';
import { settled, VirtualTimers } from './virtual-timers.ts';
import { FLEET, SimulatedWorld } from './world.ts';
import { WorldEvents } from './world-events.ts';

const PORTS: Readonly<Record<string, PortName>> = {
  'state-store': 'state-store',
  'code-host': 'code-host',
  'manifest-source': 'manifest-source',
  'data-plane': 'data-plane',
};

/** One seed: a fleet, its bot, people, and all that goes wrong. One thread, and nothing in it that another run could do otherwise. */
export class Schedule {
  readonly random: Random;
  readonly world: SimulatedWorld;
  readonly laws: Laws;
  readonly story: Story;
  readonly timers = new VirtualTimers();
  readonly people: People;
  readonly events: WorldEvents;
  faults: Faults;
  process: BotProcess;
  crashes = 0;
  /** Commands that somebody gave under a key, and has no answer to yet. */
  readonly #unanswered = new Map<string, FleetCommand>();
  #keys = 0;
  readonly #publishIntervalMs: number;
  readonly #gates: (() => void)[] = [];
  readonly #taken: TakenJob[] = [];
  #active = 0;
  /** Nothing goes wrong, and nobody is in between: the schedule looks whether the bot has come to rest. */
  #quiet = false;

  constructor(seed: number, isTold: boolean) {
    this.random = new Random(seed);
    const spec = firstSpec(this.random);
    this.#publishIntervalMs = this.random.pick([60_000, 1_200_000, 1_200_000]);
    this.faults = drawFaults(this.random);
    this.laws = new Laws(this);
    this.world = new SimulatedWorld(
      spec,
      `seed ${seed}`,
      this.random,
      this.laws,
      () => (this.#quiet ? NO_FAULTS : this.faults),
      (cluster) => this.events.isPlain(cluster, this.laws.mirror.desired.get(cluster)?.dataPlane),
    );
    this.story = new Story(this.world.clocks, isTold);
    this.people = new People(this);
    this.events = new WorldEvents(this);
    this.process = this.#newProcess();
    this.story.tell(() => `faults ${JSON.stringify(this.faults)}`);
  }

  /** The bot is installed, and takes the fleet over as it is. */
  async begin(): Promise<void> {
    const wanted = this.faults;
    this.faults = NO_FAULTS;
    await this.process.tasks.install({});
    await this.work();
    this.world.planes.seed([...this.laws.mirror.desired.values()]);
    this.world.planes.advance();
    await this.work();
    this.faults = wanted;
    if (wanted.clocks) this.events.setClocks();
  }

  /** One thing happens: a call returns, a job begins, somebody does something, or time passes. */
  async step(): Promise<void> {
    const { random } = this;
    if (this.#gates.length > 0 && random.chance(0.6)) {
      this.#gates.splice(random.below(this.#gates.length), 1)[0]?.();
      // A data plane that is asked for long is not waited for.
      if (this.timers.size > 0 && random.chance(0.2)) this.timers.fireOldest();
      await settled();
    } else if (!(await this.#beginJob())) {
      if (this.#active === 0 && random.chance(this.#isDelicate() ? 0.3 : 0.05)) await this.checkpoint();
      this.pass(this.#stepMs());
    }
    await this.happen();
  }

  /** What people and the world do in a step. */
  async happen(): Promise<void> {
    const { faults, random } = this;
    const idle = this.laws.mirror.unfinished.length === 0;
    if (random.chance(faults.merge * (idle ? 20 : 1))) this.people.merge();
    if (random.chance(faults.command)) void this.people.command();
    for (const [key, command] of this.#unanswered) if (random.chance(0.1)) void this.#give(command, key);
    if (random.chance(faults.world)) this.events.happen();
    if (this.#active > 0 || this.#gates.length > 0) await settled();
  }

  /** Everything that is due is done, and what follows from it. */
  async work(): Promise<void> {
    for (let round = 0; round < 500 && !this.laws.isBroken; round += 1) {
      while (this.timers.size > 0 && this.#gates.length > 0) this.timers.fireOldest();
      for (const open of this.#gates.splice(0)) open();
      if (this.#active > 0) await settled();
      if (this.#gates.length === 0 && !(await this.#beginJob())) return;
    }
    this.laws.judge('comes-to-rest', round500);
  }

  pass(ms: number): void {
    const { random, faults, world } = this;
    world.clocks.world.advance(ms);
    world.planes.advance();
    const now = world.clocks.bot.now();
    const jobs = [];
    // The bot's timers; and what data planes send unasked, which may be lost.
    if (!random.chance(faults.lost)) jobs.push(tickJob(FLEET, now));
    if (random.chance(0.06)) jobs.push(sweepJob(FLEET));
    if (random.chance(0.05)) jobs.push(driftJob(FLEET));
    void world.store.enqueue(jobs);
  }

  /** Twice in a row with nothing in between: the second look finds nothing to do, and what stands then is as the laws say. */
  async checkpoint(): Promise<void> {
    this.#quiet = true;
    await this.#look();
    await this.process.tasks.tick({ fleet: FLEET });
    const before = await this.world.store.fleet(FLEET);
    await this.laws.rest();
    await this.process.tasks.tick({ fleet: FLEET });
    const after = await this.world.store.fleet(FLEET);
    this.laws.judge('idempotent', () =>
      before?.version === after?.version
        ? undefined
        : `a tick right after a tick wrote something (version ${before?.version} to ${after?.version})`,
    );
    this.#quiet = false;
  }

  /** A person gives a command, which may be cut short like all else. Whoever has chosen a key gives it again until there is an answer. */
  async command(command: FleetCommand): Promise<void> {
    this.#keys += 1;
    await this.#give(command, this.random.chance(0.5) ? `key ${this.#keys}` : undefined);
  }

  /** A job of this kind waits, or was taken and has not begun. */
  isToBeDone(task: TakenJob['task']): boolean {
    return [...this.#taken, ...this.world.store.jobs.waiting()].some((job) => job.task === task);
  }

  /** A command while nothing goes wrong. @returns the refusal, if it was refused. */
  async commandNow(command: FleetCommand): Promise<string | undefined> {
    const accepted = await acceptCommand(this.process.loop.ports, FLEET, command);
    if (!accepted.ok) return accepted.error;
    await this.process.tasks.reconcile({ fleet: FLEET });
    const outcome = (await this.world.store.command(FLEET, accepted.value.id))?.outcome;
    return outcome?.kind === 'done' ? undefined : (outcome?.why ?? 'it was not carried out');
  }

  async #give(command: FleetCommand, key: string | undefined): Promise<void> {
    this.#active += 1;
    const { process } = this;
    if (key !== undefined) this.#unanswered.set(key, command);
    try {
      const answer = await acceptCommand(process.loop.ports, FLEET, command, key);
      this.story.tell(() => `${command.by} ${words(command)}: ${answer.ok ? `accepted as ${answer.value.id}` : answer.error}`);
      if (key !== undefined) this.#unanswered.delete(key);
    } catch (error) {
      this.laws.threw('command', error);
    } finally {
      if (process === this.process) this.#active -= 1;
    }
  }

  crash(): void {
    this.crashes += 1;
    this.story.tell(() => 'the bot crashes');
    this.process.isAlive = false;
    this.laws.witness.crashed();
    this.#gates.length = 0;
    this.#taken.length = 0;
    this.#active = 0;
    this.timers.clear();
    this.world.store.jobs.restart(this.world.clocks.database.now());
    this.process = this.#newProcess();
    void this.world.store.enqueue([{ task: 'install', key: 'install', queue: 'install', runAt: undefined, payload: {} }]);
  }

  /** The bot's own timers, and its clock, go on as if nothing were wrong from here on. */
  calm(): void {
    this.faults = NO_FAULTS;
    this.events.calm();
  }

  #newProcess(): BotProcess {
    const process: BotProcess = new BotProcess(
      (onCall) => this.world.portsFor(onCall),
      (name, phase) => {
        this.laws.called();
        return this.#quiet ? undefined : this.#onCall(process, name, phase);
      },
      this.#publishIntervalMs,
    );
    return process;
  }

  #onCall(process: BotProcess, name: string, phase: CallPhase): Promise<void> | undefined {
    const { crash, error, slow } = this.faults;
    if (crash + error + slow === 0) return undefined;
    const drawn = this.random.next();
    if (drawn < crash) {
      if (process === this.process) {
        this.story.tell(() => `... ${phase} ${name}`);
        this.crash();
      }
      return undefined;
    }
    if (drawn < crash + error) return Promise.reject(this.#failure(name, phase));
    if (drawn < crash + error + slow) {
      this.story.tell(() => `... ${phase} ${name} takes long`);
      return new Promise((resolve) => this.#gates.push(resolve));
    }
    return undefined;
  }

  #failure(name: string, phase: CallPhase): PortError {
    this.story.tell(() => `... ${name} fails ${phase === 'before' ? 'before it is done' : 'after it was done'}`);
    const [prefix = '', operation = ''] = name.split('.');
    const retry = this.random.chance(0.2) ? ({ kind: 'retry-after', waitMs: 20_000 } as const) : ({ kind: 'retry-later' } as const);
    return new PortError({ port: PORTS[prefix] ?? 'state-store', operation, retry, message: 'it fails' });
  }

  /** @returns whether there was one to begin. */
  async #beginJob(): Promise<boolean> {
    const { jobs } = this.world.store;
    this.#taken.push(...jobs.takeDueJobs(this.world.clocks.database.now()));
    const [job] = this.#taken.splice(this.random.below(this.#taken.length), 1);
    if (job === undefined) return false;
    const { process } = this;
    this.#active += 1;
    void this.#run(job, process);
    await settled();
    return true;
  }

  async #run(job: TakenJob, process: BotProcess): Promise<void> {
    let error: unknown;
    try {
      await process.tasks[job.task](job.payload);
    } catch (thrown) {
      error = thrown;
    }
    if (!process.isAlive) return;
    this.#active -= 1;
    if (error === undefined) this.world.store.jobs.done(job);
    else {
      this.laws.threw(job.key, error);
      this.story.tell(() => `job ${job.key} failed: ${error instanceof Error ? error.message : String(error)}`);
      this.world.store.jobs.failed(job, error, this.world.clocks.database.now());
    }
  }

  /** A decision is judged by what is there, and so needs a look at it. */
  async #look(): Promise<void> {
    await this.process.tasks.observe({ fleet: FLEET });
  }

  /** Something goes back while windows or freezes are in force. */
  #isDelicate(): boolean {
    const { windows, freezes } = this.world.spec;
    return windows.length + freezes.length > 0 && this.laws.mirror.unfinished.some(({ planned }) => planned.kind === 'rollback');
  }

  /** While something moves, evidence is looked at before it is old; else time goes to where something happens. */
  #stepMs(): number {
    const { random, world } = this;
    const { unfinished } = this.laws.mirror;
    const moves = unfinished.some(({ state }) => [...state.targets.values()].some(({ status }) => IN_FLIGHT.has(status)));
    if (moves || this.#active > 0) return random.pick([5_000, 15_000, 30_000, 50_000]);
    const due = world.store.jobs.nextDueAt();
    const nextMs = due === undefined ? Number.POSITIVE_INFINITY : due - world.clocks.database.now();
    const most = unfinished.length > 0 ? 900_000 : random.pick([60_000, 3_600_000, 36_000_000]);
    return Math.max(1_000, Math.min(most, nextMs));
  }
}

const round500 = (): string => 'jobs never come to an end';

function words(command: FleetCommand): string {
  const { verb, by: _by, reason: _reason, ...rest } = command;
  return `${verb} ${JSON.stringify(rest)}`;
}
