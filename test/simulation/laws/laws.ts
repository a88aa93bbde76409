import type { AcceptedCommand } from '../../../src/core/command/accepted.ts';
import type { Order, OrderReply } from '../../../src/core/evidence/order.ts';
import type { SentObserved } from '../../../src/core/evidence/parse.ts';
import type { ClusterId } from '../../../src/core/model/ids.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import type { Job, StateChange } from '../../../src/ports/state-store.ts';
import type { FleetSpec } from '../fleet-spec.ts';
import { Mirror } from '../mirror.ts';
import type { Schedule } from '../schedule.ts';
import type { Carried, PlanesWatcher } from '../watched-planes.ts';
import type { StoreWatcher } from '../watched-store.ts';
import { overspent, twiceOnHost, unanswered, watchedInVain, wrongHold, wrongInQueue, wrongMemory, wrongMode } from './at-rest.ts';
import { CommandLaws } from './commands.ts';
import { overLimit } from './limits.ts';
import { OUTCOME_LAWS, turnsOf } from './outcomes.ts';
import { abortedInVain, liftedByNobody, lostByLanding, lostByReconcile, missingInAudit, missingJob, unguarded } from './records.ts';
import { endsOverspent } from './spent.ts';
import { ORDER_LAWS, type RunOrder, runOrders, START_LAWS } from './starts.ts';
import { runsUnderPause } from './stops.ts';
import { Witness } from './witness.ts';

export interface Violation {
  readonly law: string;
  readonly words: string;
}

const CALLS_AT_ONCE_MAX = 20_000;

/** Watches everything that is written, told and seen, and remembers the first law that was broken. */
export class Laws implements StoreWatcher, PlanesWatcher {
  readonly mirror = new Mirror();
  readonly witness = new Witness();
  readonly #commands = new CommandLaws();
  readonly #schedule: Schedule;
  /** By cluster: what each epoch that was taken said. */
  readonly #taken = new Map<ClusterId, Map<number, string>>();
  #starts: readonly RunOrder[] = [];
  #calls = { atMs: Number.NEGATIVE_INFINITY, count: 0 };
  violation: Violation | undefined;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  get isBroken(): boolean {
    return this.violation !== undefined;
  }

  /** @param find - says what is wrong, if anything is. */
  judge(law: string, find: () => string | undefined): void {
    if (this.violation !== undefined) return;
    const words = find();
    if (words === undefined) return;
    this.violation = { law, words };
    this.#schedule.story.tell(() => `VIOLATED ${law}: ${words}`);
  }

  /** Only ports may fail: anything else that is thrown is a fault of ours. */
  threw(what: string, error: unknown): void {
    if (error instanceof PortError) return;
    this.judge('throws-nothing', () => `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  /** What the manifests in force say. */
  get #spec(): FleetSpec | undefined {
    return this.mirror.goodHead === undefined ? undefined : this.#schedule.world.specs.get(this.mirror.goodHead);
  }

  /**
   * The bot calls a port.
   *
   * @throws Error when there is no end to it: nothing else would bring it to one.
   */
  called(): void {
    const atMs = this.#schedule.world.clocks.trueMs;
    this.#calls = this.#calls.atMs === atMs ? { atMs, count: this.#calls.count + 1 } : { atMs, count: 1 };
    if (this.#calls.count <= CALLS_AT_ONCE_MAX) return;
    this.judge('comes-to-rest', () => `more than ${CALLS_AT_ONCE_MAX} calls of ports, and no time has passed`);
    throw new Error('the bot calls ports without end');
  }

  committing(change: StateChange): void {
    const { mirror, witness } = this;
    const { world } = this.#schedule;
    const context = { mirror, change, witness, spec: this.#spec, truth: (cluster: ClusterId) => world.truth(cluster) };
    const orders = runOrders(mirror, change);
    this.#starts = orders.filter(({ isStart }) => isStart);
    for (const [law, find] of Object.entries(ORDER_LAWS)) for (const run of orders) this.judge(law, () => find(run, context));
    for (const [law, find] of Object.entries(START_LAWS)) for (const run of this.#starts) this.judge(law, () => find(run, context));
    const turns = turnsOf(mirror, change);
    for (const [law, find] of Object.entries(OUTCOME_LAWS)) for (const turn of turns) this.judge(law, () => find(turn, context));
    this.judge('audit', () => missingInAudit(mirror, change, turns));
    this.judge('asks-for-jobs', () => missingJob(mirror, change));
    this.judge('stops-end-by-people', () => liftedByNobody(mirror, change));
    this.judge('aborts-for-good', () => abortedInVain(mirror, change));
    this.judge('lands-whole', () => lostByLanding(mirror, change, change.heads?.good && world.specs.get(change.heads.good)));
    this.judge('reconciles-whole', () => lostByReconcile(mirror, change));
    this.judge('guards-what-it-rolled', () => unguarded(mirror, change));
    this.judge('pauses-whole', () => runsUnderPause(mirror, change));
    this.judge('ends-in-sight', () => endsOverspent(mirror, change));
    const wrong = this.#commands.carriedOut(change);
    this.judge('commands-once', () => wrong);
    this.#tell(change);
  }

  accepted(command: AcceptedCommand, jobs: readonly Job[]): void {
    const wrong = this.#commands.accepted(command, jobs);
    this.judge('commands-accepted-once', () => wrong);
  }

  /** Nothing goes wrong any more, and all jobs are done. */
  end(): void {
    this.judge('commands-carried-out', () => this.#commands.waiting(true));
  }

  committed(change: StateChange): void {
    for (const { cluster } of change.desired?.set ?? []) if (!this.mirror.desired.has(cluster)) this.witness.begin(cluster);
    this.mirror.apply(change);
    this.judge('limits', () => overLimit(this.mirror, this.#starts, this.#spec));
  }

  /** After the data plane has taken an order, or not. */
  told(order: Order, reply: OrderReply): void {
    const { cluster, epoch, mode, revision, spec } = order;
    this.#schedule.story.tell(() => `    ${cluster}: ${mode} ${spec.version} epoch ${epoch} ${reply.kind}`);
    if (reply.kind !== 'accepted') return;
    const taken = this.#taken.get(cluster) ?? new Map<number, string>();
    this.#taken.set(cluster, taken);
    const what = `${mode} ${revision}`;
    this.judge('one-order-an-epoch', () => {
      const before = taken.get(epoch);
      return before === undefined || before === what ? undefined : `${cluster} has taken ${before} and ${what} under epoch ${epoch}`;
    });
    taken.set(epoch, what);
    this.judge('upgrade-path', () => this.#illegalJump(order));
  }

  truth(cluster: ClusterId): SentObserved | undefined {
    return this.#schedule.world.truth(cluster);
  }

  seen(samples: readonly Carried[]): void {
    const { clocks, underway } = this.#schedule.world;
    for (const { sample, truth } of samples) this.witness.see(sample, truth, clocks.trueMs, underway.skews.get(sample.dataPlane) ?? 0);
  }

  /** The data plane may take what it has taken before. */
  restored(cluster: ClusterId): void {
    this.#taken.delete(cluster);
  }

  /** What holds when a tick has just had its say, and nothing goes wrong. */
  async rest(): Promise<void> {
    const { mirror } = this;
    const { process, world } = this.#schedule;
    // Who gave it may have to be found out first, by a job that waits for the code host; a decision does not.
    if (!this.#schedule.isToBeDone('command')) this.judge('commands-carried-out', () => this.#commands.waiting(false));
    this.judge('queue', () => wrongInQueue(mirror));
    this.judge('keeps-orders', () => wrongMode(mirror, world.clocks.bot.now()));
    this.judge('counts-what-fails', () => overspent(mirror, world.clocks.bot.now()));
    this.judge('once-on-the-host', () => twiceOnHost(world));
    const breaks = watchedInVain(mirror, this.witness);
    this.judge('counts-what-breaks', () => breaks);
    const unasked = this.isBroken ? undefined : await unanswered(world, mirror, this.witness);
    this.judge('asks-again', () => unasked);
    const hold = this.isBroken ? undefined : await wrongHold(process.loop, mirror, world);
    this.judge('says-why', () => hold);
    const memory = this.isBroken || this.#schedule.world.store.commits % 4 > 0 ? undefined : await wrongMemory(process.loop);
    this.judge('remembers-what-is-stored', () => memory);
  }

  /** No broker skips a minor version, whatever has happened between decision and delivery. Who is shown old samples cannot know. */
  #illegalJump({ cluster, spec, mode }: Order): string | undefined {
    if (mode === 'hold' || this.#schedule.faults.stale > 0 || this.#schedule.events.everDistorted.has(cluster)) return undefined;
    const minor = (version: string): number => Number(version.split('.')[1]);
    const broker = this.#schedule.world.truth(cluster)?.brokers.find(({ version }) => Math.abs(minor(version) - minor(spec.version)) > 1);
    return broker && `broker ${broker.ordinal} of ${cluster} runs ${broker.version}, and is told to run ${spec.version}`;
  }

  #tell(change: StateChange): void {
    const { story } = this.#schedule;
    const { heads, newRollouts, rollouts, stops } = change;
    if (heads !== undefined) story.tell(() => `landed ${heads.seen.slice(0, 8)}${heads.good === heads.seen ? '' : ' (broken)'}`);
    for (const { id, release, seq, targets } of newRollouts?.states ?? [])
      story.tell(() => `rollout ${seq} of ${release} (${id}): ${[...targets.keys()].join(' ')}`);
    for (const line of change.audit ?? []) {
      if (line.kind === 'order' || line.kind === 'drift' || line.kind === 'desired') continue;
      story.tell(() => `  ${line.kind} ${line.subject} ${line.from ?? ''} -> ${line.to ?? ''}: ${line.why}`);
    }
    void rollouts;
    void stops;
  }
}
