import type { AcceptedCommand, GivenCommand } from '../../core/command/accepted.ts';
import type { DesiredState } from '../../core/desired/desired.ts';
import type { Drift } from '../../core/drift/drift.ts';
import type { Observations } from '../../core/evidence/observation.ts';
import type { Order, OrderReply, StandingOrders } from '../../core/evidence/order.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import { invariant } from '../../core/model/assert.ts';
import type { ClusterId, CommitSha, FleetId, PlanDigest, RolloutId, StopId } from '../../core/model/ids.ts';
import type { Instant } from '../../core/model/time.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { ClusterFailure } from '../../core/reconcile/cluster-failure.ts';
import type { ActiveRollout } from '../../core/reconcile/decision.ts';
import type { Policy } from '../../core/reconcile/policy.ts';
import type { RolloutStatus, TargetState } from '../../core/reconcile/state.ts';
import type { RuleApproval } from '../../core/rules/consent.ts';
import type { Stop } from '../../core/stop/stop.ts';
import type {
  AuditEntry,
  Delivery,
  FleetRecord,
  Job,
  Projection,
  PullRecord,
  RolloutSummary,
  StateChange,
  StateStore,
} from '../state-store.ts';
import { FleetRows } from './fleet-rows.ts';
import { InMemoryJobs } from './jobs.ts';
import { storable, storableText } from './storable.ts';

type LastTargets = Awaited<ReturnType<StateStore['lastTargets']>>;

/**
 * The state store without a database: for simulations and tests, held to the same contract. It keeps copies that nobody can
 * change, reads no clock, and answers alike each time.
 */
export class InMemoryStateStore implements StateStore {
  /** What `commit`, `receive` and `enqueue` added; whoever simulates works it off. */
  readonly jobs: InMemoryJobs;
  readonly #fleets = new Map<FleetId, FleetRows>();
  readonly #deliveries = new Set<string>();
  readonly #bystanders = new Map<number, string>();
  /** By place, then by cluster. */
  readonly #claims = new Map<string, Map<ClusterId, FleetId>>();
  readonly #cursors = new Map<string, object>();
  #lastCommand = 0;

  /** @param onQueueClock - for a queue whose clock is not that of the instants which jobs are added with. */
  constructor(onQueueClock?: (asked: Instant) => Instant) {
    this.jobs = new InMemoryJobs(onQueueClock);
  }

  async receive(delivery: Delivery, jobs: readonly Job[]): Promise<'stored' | 'known'> {
    const { guid } = storable(delivery);
    if (this.#deliveries.has(guid)) return 'known';
    this.#deliveries.add(guid);
    this.jobs.add(jobs);
    return 'stored';
  }

  async cursor(name: string): Promise<unknown> {
    return this.#cursors.get(name);
  }

  async saveCursor(name: string, position: object): Promise<void> {
    this.#cursors.set(name, storable(position));
  }

  async accept(fleet: FleetId, given: GivenCommand, jobs: readonly Job[]): Promise<AcceptedCommand> {
    const { accepted, isNew } = this.#rows(fleet).accept(storable(given), this.#lastCommand + 1);
    if (isNew) {
      this.#lastCommand = accepted.id;
      this.jobs.add(jobs);
    }
    return accepted;
  }

  async waitingCommands(fleet: FleetId): Promise<readonly AcceptedCommand[]> {
    return [...(this.#fleets.get(fleet)?.commands.values() ?? [])].filter(({ outcome }) => outcome === undefined);
  }

  async command(fleet: FleetId, id: number): Promise<AcceptedCommand | undefined> {
    return this.#fleets.get(fleet)?.commands.get(id);
  }

  async saveFleet(fleet: FleetRecord): Promise<void> {
    const record = storable(fleet);
    const other = record.repository === undefined ? undefined : await this.fleetOfRepository(record.repository);
    invariant(other === undefined || other.id === record.id, `repository ${record.repository} has one fleet`);
    const known = this.#fleets.get(record.id);
    if (known === undefined) {
      this.#fleets.set(record.id, new FleetRows(record));
      return;
    }
    // Heads and version belong to `commit`: what was read of them before must not undo what was committed since.
    const { seenHead, goodHead, version } = known.record;
    known.record = storable({ ...record, seenHead, goodHead, version });
  }

  async fleets(): Promise<readonly FleetRecord[]> {
    return [...this.#fleets.values()].map(({ record }) => record).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async fleet(id: FleetId): Promise<FleetRecord | undefined> {
    return this.#fleets.get(id)?.record;
  }

  async fleetOfRepository(repository: number): Promise<FleetRecord | undefined> {
    return [...this.#fleets.values()].find(({ record }) => record.repository === repository)?.record;
  }

  async bystanders(): Promise<ReadonlyMap<number, string>> {
    return new Map(this.#bystanders);
  }

  async saveBystander(repository: number, asOf: string): Promise<void> {
    this.#bystanders.set(repository, asOf);
  }

  async desired(fleet: FleetId): Promise<DesiredState> {
    return byKey(this.#fleets.get(fleet)?.desired);
  }

  async policy(fleet: FleetId): Promise<Policy | undefined> {
    return this.#fleets.get(fleet)?.policy;
  }

  async ledger(fleet: FleetId): Promise<Ledger> {
    return byKey(this.#fleets.get(fleet)?.ledger);
  }

  async stops(fleet: FleetId): Promise<readonly Stop[]> {
    const stops = [...(this.#fleets.get(fleet)?.stops.values() ?? [])].filter(({ lifted }) => lifted === undefined);
    return stops.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  async stop(fleet: FleetId, id: StopId): Promise<Stop | undefined> {
    return this.#fleets.get(fleet)?.stops.get(id);
  }

  async activeRollouts(fleet: FleetId): Promise<readonly ActiveRollout[]> {
    const rollouts = this.#fleets.get(fleet)?.rolloutsBySeq() ?? [];
    return rollouts
      .filter(({ state }) => state.finishedAt === undefined || state.guardUntil !== undefined)
      .map(({ planned, state }) => ({ planned, state }));
  }

  async rollout(fleet: FleetId, id: RolloutId): Promise<ActiveRollout | undefined> {
    return this.#fleets.get(fleet)?.rollout(id);
  }

  async rolloutSummary(fleet: FleetId, id: RolloutId): Promise<RolloutSummary | undefined> {
    return this.#fleets.get(fleet)?.summary(id);
  }

  async rolloutsOfCommit(fleet: FleetId, commit: CommitSha): Promise<readonly RolloutSummary[]> {
    return (this.#fleets.get(fleet)?.summaries() ?? []).filter((one) => one.commit === commit);
  }

  async plan(fleet: FleetId, digest: PlanDigest): Promise<Plan | undefined> {
    return this.#fleets.get(fleet)?.plans.get(digest);
  }

  async recentRollouts(fleet: FleetId, limit: number): Promise<readonly RolloutSummary[]> {
    return (this.#fleets.get(fleet)?.summaries() ?? []).toReversed().slice(0, limit);
  }

  async lastRollout(fleet: FleetId, release: string): Promise<RolloutSummary | undefined> {
    return this.#fleets
      .get(fleet)
      ?.summaries()
      .findLast((one) => one.release === release);
  }

  async lastTargets(fleet: FleetId, clusters: readonly ClusterId[]): Promise<LastTargets> {
    const last = new Map<ClusterId, { rollout: RolloutId; rolloutStatus: RolloutStatus; target: TargetState }>();
    const newestFirst = (this.#fleets.get(fleet)?.rolloutsBySeq() ?? []).toReversed();
    for (const cluster of clusters) {
      const found = newestFirst.find(({ state }) => state.targets.has(cluster))?.state;
      const target = found?.targets.get(cluster);
      if (found !== undefined && target !== undefined) last.set(cluster, { rollout: found.id, rolloutStatus: found.status, target });
    }
    return last;
  }

  async failures(fleet: FleetId, cluster: ClusterId, since: Instant): Promise<readonly ClusterFailure[]> {
    const all = this.#fleets.get(fleet)?.failures.filter((one) => one.cluster === cluster && one.at >= since) ?? [];
    return all.sort((a, b) => b.at - a.at || (a.rollout < b.rollout ? 1 : -1));
  }

  async orders(fleet: FleetId): Promise<StandingOrders> {
    return new Map([...byKey(this.#fleets.get(fleet)?.orders)].map(([cluster, { order }]) => [cluster, order]));
  }

  async undelivered(fleet: FleetId, dataPlane: string, limit: number): Promise<readonly Order[]> {
    const open = [...(this.#fleets.get(fleet)?.orders.values() ?? [])].filter(
      ({ order }) => order.dataPlane === dataPlane && order.reply === undefined,
    );
    const oldestFirst = open.sort((a, b) => a.nth - b.nth).slice(0, limit);
    return oldestFirst.map(({ order: { reply, ...order } }) => order);
  }

  async recordReplies(fleet: FleetId, replies: readonly OrderReply[], at: Instant): Promise<number | undefined> {
    return this.#fleets.get(fleet)?.recordReplies(storable(replies), at);
  }

  async observations(fleet: FleetId): Promise<Observations> {
    return byKey(this.#fleets.get(fleet)?.observations);
  }

  async observationTimes(fleet: FleetId): Promise<ReadonlyMap<ClusterId, Instant>> {
    return new Map([...(await this.observations(fleet)).values()].map(({ cluster, receivedAt }) => [cluster, receivedAt]));
  }

  async drifts(fleet: FleetId): Promise<readonly Drift[]> {
    return this.#fleets.get(fleet)?.drifts ?? [];
  }

  async audit(fleet: FleetId, filter: { readonly subject?: string; readonly limit: number }): Promise<readonly AuditEntry[]> {
    const subject = filter.subject === undefined ? undefined : storableText(filter.subject);
    const entries = this.#fleets.get(fleet)?.audit.filter((one) => subject === undefined || one.subject === subject) ?? [];
    return entries.reverse().slice(0, filter.limit);
  }

  async pull(fleet: FleetId, number: number): Promise<PullRecord | undefined> {
    return this.#fleets.get(fleet)?.pulls.get(number);
  }

  async openPulls(fleet: FleetId): Promise<readonly PullRecord[]> {
    const open = [...(this.#fleets.get(fleet)?.pulls.values() ?? [])].filter(({ isOpen }) => isOpen);
    return open.sort((a, b) => a.number - b.number);
  }

  async savePull(fleet: FleetId, pull: PullRecord): Promise<void> {
    const saved = storable(pull);
    this.#rows(fleet).pulls.set(saved.number, saved);
  }

  async ruleApprovals(fleet: FleetId, pull: number): Promise<readonly RuleApproval[]> {
    const approvals = [...(this.#fleets.get(fleet)?.ruleApprovals.get(pull)?.values() ?? [])];
    return approvals.sort((a, b) => a.at - b.at || (a.by.toLowerCase() < b.by.toLowerCase() ? -1 : 1));
  }

  async projection(fleet: FleetId, key: string): Promise<Projection | undefined> {
    return this.#fleets.get(fleet)?.projections.get(storableText(key));
  }

  async projections(fleet: FleetId, prefix: string): Promise<readonly Projection[]> {
    const found = [...byKey(this.#fleets.get(fleet)?.projections).values()];
    return found.filter(({ key }) => key.startsWith(storableText(prefix)));
  }

  async saveProjection(fleet: FleetId, projection: Projection): Promise<void> {
    const saved = storable(projection);
    this.#rows(fleet).projections.set(saved.key, saved);
  }

  async commit(change: StateChange): Promise<'committed' | 'conflict'> {
    const stored = storable(change);
    const outcome = this.#rows(stored.fleet).commit(stored);
    if (outcome === 'committed') this.jobs.add(stored.jobs ?? []);
    return outcome;
  }

  async claim(fleet: FleetId, place: string, clusters: readonly ClusterId[]): Promise<ReadonlyMap<ClusterId, FleetId>> {
    const claims = this.#claims.get(place) ?? new Map<ClusterId, FleetId>();
    this.#claims.set(place, claims);
    const others = new Map<ClusterId, FleetId>();
    for (const cluster of clusters) {
      const holder = claims.get(cluster);
      if (holder !== undefined && holder !== fleet && this.#describes(holder, cluster)) others.set(cluster, holder);
      else claims.set(cluster, fleet);
    }
    return others;
  }

  #describes(fleet: FleetId, cluster: ClusterId): boolean {
    const rows = this.#fleets.get(fleet);
    return rows !== undefined && rows.record.retired === undefined && rows.desired.has(cluster);
  }

  async retryParked(fleet: FleetId): Promise<void> {
    this.jobs.retryParked(({ payload }) => payload['fleet'] === fleet);
  }

  async enqueue(jobs: readonly Job[]): Promise<void> {
    this.jobs.add(jobs);
  }

  async healthy(): Promise<boolean> {
    return true;
  }

  #rows(fleet: FleetId): FleetRows {
    const rows = this.#fleets.get(fleet);
    invariant(rows !== undefined, `fleet ${fleet} is saved before its state is committed`);
    return rows;
  }
}

/** A map of the reader's own, in order of key. */
function byKey<K extends string, V>(rows: ReadonlyMap<K, V> | undefined): ReadonlyMap<K, V> {
  return new Map([...(rows ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)));
}
