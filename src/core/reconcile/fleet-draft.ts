import { type CompiledCalendar, compileCalendar } from '../calendar/calendar-gate.ts';
import type { DesiredCluster } from '../desired/desired.ts';
import type { Observation } from '../evidence/observation.ts';
import { isUnacknowledgedHold, type StandingOrder } from '../evidence/order.ts';
import type { LedgerEntry } from '../ledger/ledger.ts';
import { provenAt, unknownCluster } from '../ledger/record.ts';
import type { Product } from '../manifest/generated.ts';
import { checkJump, type JumpCheck } from '../manifest/upgrade-path.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Version } from '../model/version.ts';
import { inForce, isLifted, type Stop } from '../stop/stop.ts';
import type { Action, Change, FleetInput } from './decision.ts';
import type { Policy } from './policy.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { isUnstarted } from './state.ts';

/** What the rollouts of a fleet share while a decision is made, kept up to date as it goes on. */
export class FleetDraft {
  readonly input: FleetInput;
  now: Instant;
  /** Clusters in flight under any rollout: all, and by data plane. */
  readonly load: { fleet: number; readonly dataPlanes: Map<string, number> } = { fleet: 0, dataPlanes: new Map() };
  /** By cluster: the rollout that has it in flight. */
  readonly flights = new Map<ClusterId, RolloutDraft>();
  /** Not lifted, in the order in which they were set. */
  stops: readonly Stop[];
  readonly changedStops = new Map<string, Stop>();
  /** Of this decision. */
  readonly changedLedger = new Map<ClusterId, LedgerEntry>();
  /** Of this decision, and of those before it that follow one another here. */
  readonly #ledger = new Map<ClusterId, LedgerEntry>();
  readonly changedOrders = new Map<ClusterId, StandingOrder>();
  /** Clusters whose newest order is to hold, and is not accepted: few, and looked at at every decision. */
  readonly unacknowledgedHolds = new Set<ClusterId>();
  /** What this decision does for rollouts that have ended. */
  readonly actionsAfterTheEnd = new Map<ClusterId, Action>();
  readonly changesAfterTheEnd: Change[] = [];
  readonly observed = new Map<ClusterId, Observation>();
  /** Clusters that have come out of flight in this decision: others may have been waiting for them. */
  readonly landed: ClusterId[] = [];
  /** By `seq`. */
  rollouts: readonly RolloutDraft[] = [];
  /** What was decided may let something else go on: another round is due. */
  again = false;
  readonly #dataPlaneLimits: ReadonlyMap<string, number>;
  readonly #jumps = new Map<string, JumpCheck>();
  #calendar: CompiledCalendar | undefined;

  constructor(input: FleetInput) {
    this.input = input;
    this.now = input.now;
    this.stops = inForce(input.stops, input.now);
    for (const order of input.orders.values()) if (isUnacknowledgedHold(order)) this.unacknowledgedHolds.add(order.cluster);
    this.#dataPlaneLimits = new Map(
      input.policy.dataPlanes.flatMap(({ name, maxConcurrent }) => (maxConcurrent === undefined ? [] : [[name, maxConcurrent] as const])),
    );
  }

  get policy(): Policy {
    return this.input.policy;
  }

  /** Windows and freezes at this instant. */
  get calendar(): CompiledCalendar {
    if (this.#calendar?.now !== this.now) this.#calendar = compileCalendar(this.policy.calendar, this.now);
    return this.#calendar;
  }

  desired(cluster: ClusterId): DesiredCluster | undefined {
    return this.input.desired.get(cluster);
  }

  observation(cluster: ClusterId): Observation | undefined {
    return this.observed.size === 0
      ? this.input.observations.get(cluster)
      : (this.observed.get(cluster) ?? this.input.observations.get(cluster));
  }

  observe(observation: Observation): void {
    this.observed.set(observation.cluster, observation);
  }

  order(cluster: ClusterId): StandingOrder | undefined {
    return this.changedOrders.get(cluster) ?? this.input.orders.get(cluster);
  }

  setOrder(order: StandingOrder): void {
    this.changedOrders.set(order.cluster, order);
    if (isUnacknowledgedHold(order)) this.unacknowledgedHolds.add(order.cluster);
    else this.unacknowledgedHolds.delete(order.cluster);
  }

  actAfterTheEnd(cluster: ClusterId, action: Action): void {
    this.actionsAfterTheEnd.set(cluster, action);
  }

  ledger(cluster: ClusterId): LedgerEntry | undefined {
    return this.#ledger.get(cluster) ?? this.input.ledger.get(cluster);
  }

  record(cluster: ClusterId, change: (entry: LedgerEntry) => LedgerEntry): void {
    const before = this.ledger(cluster) ?? unknownCluster(cluster);
    const after = change(before);
    if (after === before) return;
    this.#ledger.set(cluster, after);
    this.changedLedger.set(cluster, after);
    if (provenAt(before) !== provenAt(after)) for (const draft of this.rollouts) draft.hearProven(cluster);
  }

  /** Thousands of targets ask for the same few jumps. */
  judgeJump(product: Product, from: Version, to: Version): JumpCheck {
    const key = `${product.metadata.name} ${from} ${to}`;
    const known = this.#jumps.get(key) ?? checkJump(product, from, to);
    this.#jumps.set(key, known);
    return known;
  }

  dataPlaneLimit(dataPlane: string): number | undefined {
    return this.#dataPlaneLimits.get(dataPlane);
  }

  /** No slot is left there. */
  isFull(dataPlane: string): boolean {
    const limit = this.#dataPlaneLimits.get(dataPlane);
    return limit !== undefined && (this.load.dataPlanes.get(dataPlane) ?? 0) >= limit;
  }

  addFlight(cluster: ClusterId, dataPlane: string, rollout: RolloutDraft): void {
    if (!this.flights.has(cluster)) this.#addLoad(dataPlane, 1);
    this.flights.set(cluster, rollout);
  }

  endFlight(cluster: ClusterId, dataPlane: string, rollout: RolloutDraft): void {
    if (this.flights.get(cluster) !== rollout) return;
    this.flights.delete(cluster);
    this.#addLoad(dataPlane, -1);
  }

  /** Will a newer rollout of the same release move this cluster? */
  isTargetOfNewer(rollout: RolloutDraft, cluster: ClusterId): boolean {
    return this.rollouts.some(
      (other) =>
        other.scalars.seq > rollout.scalars.seq &&
        other.planned.release === rollout.planned.release &&
        !other.isFinished &&
        !other.isWindingDown &&
        other.has(cluster) &&
        other.target(cluster).status === 'waiting',
    );
  }

  /** A rollout has ordered this cluster: whoever had ordered it before, and lost sight of it, has it no more. */
  tellOthers(rollout: RolloutDraft, cluster: ClusterId): void {
    for (const other of this.rollouts) {
      if (other !== rollout && !other.isFinished && other.has(cluster) && other.target(cluster).attempt > 0) other.dirty.add(cluster);
    }
  }

  /** A newer rollout has begun to move this cluster, or will not move it after all: the older ones of its release look at it again. */
  tellOlder(rollout: RolloutDraft, cluster: ClusterId): void {
    for (const older of this.rollouts) {
      if (older.scalars.seq >= rollout.scalars.seq || older.planned.release !== rollout.planned.release) continue;
      if (!older.isFinished && older.has(cluster) && isUnstarted(older.target(cluster))) older.dirty.add(cluster);
    }
  }

  /** Sets a stop, or changes it; the same one again changes nothing. */
  setStop(stop: Stop): void {
    const at = this.stops.findIndex(({ id }) => id === stop.id);
    if (at >= 0 && this.stops[at] === stop) return;
    this.changedStops.set(stop.id, stop);
    const others = this.stops.filter(({ id }) => id !== stop.id);
    this.stops = isLifted(stop, this.now) ? others : at < 0 ? [...others, stop] : this.stops.with(at, stop);
    this.again = true;
  }

  /** Everything decided so far is what the next decision begins with. */
  settle(now: Instant): void {
    this.now = now;
    this.changedStops.clear();
    this.changedLedger.clear();
    this.actionsAfterTheEnd.clear();
    this.changesAfterTheEnd.length = 0;
    // What has ended, and is no longer watched, takes part in no decision after that.
    this.rollouts = this.rollouts.filter(({ isFinished, scalars }) => !isFinished || scalars.guardUntil !== undefined);
    for (const draft of this.rollouts) draft.settle();
  }

  /** Stops whose time is up hold nothing any more. */
  dropExpiredStops(): void {
    if (this.stops.some((stop) => isLifted(stop, this.now))) this.stops = inForce(this.stops, this.now);
  }

  #addLoad(dataPlane: string, by: number): void {
    this.load.fleet += by;
    this.load.dataPlanes.set(dataPlane, (this.load.dataPlanes.get(dataPlane) ?? 0) + by);
  }
}
