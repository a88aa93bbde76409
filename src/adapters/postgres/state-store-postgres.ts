import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { AcceptedCommand, GivenCommand } from '../../core/command/accepted.ts';
import type { OrderReply } from '../../core/evidence/order.ts';
import type { ClusterId, CommitSha, FleetId, PlanDigest, RolloutId, StopId } from '../../core/model/ids.ts';
import type { Instant } from '../../core/model/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Delivery, FleetRecord, Job, Projection, PullRecord, StateChange, StateStore } from '../../ports/state-store.ts';
import * as history from './audit.ts';
import * as bystanders from './bystanders.ts';
import { claim } from './claims.ts';
import * as commands from './commands.ts';
import { commit } from './commit.ts';
import * as cursors from './cursors.ts';
import type { Database } from './database.ts';
import * as desired from './desired.ts';
import { guarded, storeError } from './errors.ts';
import * as evidence from './evidence.ts';
import * as failures from './failures.ts';
import * as fleets from './fleets.ts';
import * as inbox from './inbox.ts';
import { addJobs, retryParked } from './jobs.ts';
import * as ledgers from './ledger.ts';
import * as orders from './orders.ts';
import { PlanCache } from './plans.ts';
import * as policies from './policy.ts';
import * as projections from './projections.ts';
import * as pulls from './pulls.ts';
import * as summaries from './rollout-summaries.ts';
import * as rollouts from './rollouts-read.ts';
import * as approvals from './rule-approvals.ts';
import * as stops from './stops.ts';
import { outdated, type WriteFence } from './write-fence.ts';

/**
 * `lost`: another process has taken the database, for good. `away`: it cannot be told right now. `outdated`: a newer program has
 * updated the database.
 */
export type LockState = () => 'held' | 'away' | 'lost' | 'outdated';

/** Longer than a loaded machine takes for `select 1`, shorter than a probe waits. */
const HEALTHY_MS_MAX = 2_000;

/** The state store on PostgreSQL: one method of the port, one function of the file that owns its tables. */
export class PostgresStateStore implements StateStore {
  readonly #db: Database;
  readonly #lockState: LockState;
  readonly #clock: Clock;
  readonly #fence: WriteFence;
  readonly #plans = new PlanCache();

  /** @param clock - the one that instants of jobs are from. */
  constructor(db: Database, lockState: LockState, clock: Clock, fence: WriteFence) {
    this.#db = db;
    this.#clock = clock;
    this.#fence = fence;
    this.#lockState = lockState;
  }

  receive(delivery: Delivery, jobs: readonly Job[]): Promise<'stored' | 'known'> {
    return this.#write('receive', () => inbox.receive(this.#db, delivery, jobs, this.#clock.now()));
  }

  cursor(name: string): Promise<unknown> {
    return guarded('cursor', () => cursors.cursor(this.#db, name));
  }

  saveCursor(name: string, position: object): Promise<void> {
    return this.#write('saveCursor', () => cursors.saveCursor(this.#db, name, position));
  }

  accept(fleet: FleetId, given: GivenCommand, jobs: readonly Job[]): Promise<AcceptedCommand> {
    return this.#write('accept', () => commands.accept(this.#db, fleet, given, jobs, this.#clock.now()));
  }

  waitingCommands(fleet: FleetId) {
    return guarded('waitingCommands', () => commands.waitingCommands(this.#db, fleet));
  }

  command(fleet: FleetId, id: number) {
    return guarded('command', () => commands.command(this.#db, fleet, id));
  }

  saveFleet(fleet: FleetRecord): Promise<void> {
    return this.#write('saveFleet', () => fleets.saveFleet(this.#db, fleet));
  }

  fleets() {
    return guarded('fleets', () => fleets.fleets(this.#db));
  }

  fleet(id: FleetId) {
    return guarded('fleet', () => fleets.fleet(this.#db, id));
  }

  fleetOfRepository(repository: number) {
    return guarded('fleetOfRepository', () => fleets.fleetOfRepository(this.#db, repository));
  }

  bystanders() {
    return guarded('bystanders', () => bystanders.bystanders(this.#db));
  }

  saveBystander(repository: number, asOf: string): Promise<void> {
    return this.#write('saveBystander', () => bystanders.saveBystander(this.#db, repository, asOf));
  }

  desired(fleet: FleetId) {
    return guarded('desired', () => desired.desired(this.#db, fleet));
  }

  policy(fleet: FleetId) {
    return guarded('policy', () => policies.policy(this.#db, fleet));
  }

  ledger(fleet: FleetId) {
    return guarded('ledger', () => ledgers.ledger(this.#db, fleet));
  }

  stops(fleet: FleetId) {
    return guarded('stops', () => stops.stops(this.#db, fleet));
  }

  stop(fleet: FleetId, id: StopId) {
    return guarded('stop', () => stops.stop(this.#db, fleet, id));
  }

  activeRollouts(fleet: FleetId) {
    return guarded('activeRollouts', () => rollouts.activeRollouts(this.#db, this.#plans, fleet));
  }

  rollout(fleet: FleetId, id: RolloutId) {
    return guarded('rollout', () => rollouts.rollout(this.#db, this.#plans, fleet, id));
  }

  rolloutSummary(fleet: FleetId, id: RolloutId) {
    return guarded('rolloutSummary', () => summaries.rolloutSummary(this.#db, fleet, id));
  }

  rolloutsOfCommit(fleet: FleetId, commit: CommitSha) {
    return guarded('rolloutsOfCommit', () => summaries.rolloutsOfCommit(this.#db, fleet, commit));
  }

  plan(fleet: FleetId, digest: PlanDigest) {
    return guarded('plan', () => rollouts.plan(this.#db, this.#plans, fleet, digest));
  }

  recentRollouts(fleet: FleetId, limit: number) {
    return guarded('recentRollouts', () => summaries.recentRollouts(this.#db, fleet, limit));
  }

  lastRollout(fleet: FleetId, release: string) {
    return guarded('lastRollout', () => summaries.lastRollout(this.#db, fleet, release));
  }

  lastTargets(fleet: FleetId, clusters: readonly ClusterId[]) {
    return guarded('lastTargets', () => summaries.lastTargets(this.#db, fleet, clusters));
  }

  failures(fleet: FleetId, cluster: ClusterId, since: Instant) {
    return guarded('failures', () => failures.failures(this.#db, fleet, cluster, since));
  }

  orders(fleet: FleetId) {
    return guarded('orders', () => orders.orders(this.#db, fleet));
  }

  undelivered(fleet: FleetId, dataPlane: string, limit: number) {
    return guarded('undelivered', () => orders.undelivered(this.#db, fleet, dataPlane, limit));
  }

  recordReplies(fleet: FleetId, replies: readonly OrderReply[], at: Instant): Promise<number | undefined> {
    return this.#write('recordReplies', () => orders.recordReplies(this.#db, this.#fence, fleet, replies, at));
  }

  observations(fleet: FleetId) {
    return guarded('observations', () => evidence.observations(this.#db, fleet));
  }

  observationTimes(fleet: FleetId) {
    return guarded('observationTimes', () => evidence.observationTimes(this.#db, fleet));
  }

  drifts(fleet: FleetId) {
    return guarded('drifts', () => evidence.drifts(this.#db, fleet));
  }

  audit(fleet: FleetId, filter: { readonly subject?: string; readonly limit: number }) {
    return guarded('audit', () => history.audit(this.#db, fleet, filter));
  }

  pull(fleet: FleetId, number: number) {
    return guarded('pull', () => pulls.pull(this.#db, fleet, number));
  }

  openPulls(fleet: FleetId) {
    return guarded('openPulls', () => pulls.openPulls(this.#db, fleet));
  }

  savePull(fleet: FleetId, pull: PullRecord): Promise<void> {
    return this.#write('savePull', () => pulls.savePull(this.#db, this.#fence, fleet, pull));
  }

  ruleApprovals(fleet: FleetId, pull: number) {
    return guarded('ruleApprovals', () => approvals.ruleApprovals(this.#db, fleet, pull));
  }

  projection(fleet: FleetId, key: string) {
    return guarded('projection', () => projections.projection(this.#db, fleet, key));
  }

  projections(fleet: FleetId, prefix: string) {
    return guarded('projections', () => projections.projections(this.#db, fleet, prefix));
  }

  saveProjection(fleet: FleetId, projection: Projection): Promise<void> {
    return this.#write('saveProjection', () => projections.saveProjection(this.#db, this.#fence, fleet, projection));
  }

  commit(change: StateChange): Promise<'committed' | 'conflict'> {
    return this.#write('commit', () => commit(this.#db, this.#fence, change, this.#clock.now()));
  }

  enqueue(jobs: readonly Job[]): Promise<void> {
    return this.#write('enqueue', () => addJobs(this.#db, jobs, this.#clock.now()));
  }

  claim(fleet: FleetId, place: string, clusters: readonly ClusterId[]) {
    return this.#write('claim', () => claim(this.#db, fleet, place, clusters));
  }

  retryParked(fleet: FleetId): Promise<void> {
    return this.#write('retryParked', () => retryParked(this.#db, fleet));
  }

  async healthy(): Promise<boolean> {
    if (this.#lockState() !== 'held') return false;
    const timer = new AbortController();
    const answered = sql`select 1`.execute(this.#db).then(
      () => true,
      () => false,
    );
    const late = sleep(HEALTHY_MS_MAX, false, { signal: timer.signal, ref: false }).catch(() => false);
    return Promise.race([answered, late]).finally(() => timer.abort());
  }

  /** Writes only while this process is the one that holds the database. */
  #write<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return guarded(operation, () => {
      const lock = this.#lockState();
      if (lock === 'held') return work();
      if (lock === 'away') throw storeError(operation, 'retry-later', 'the database does not answer; it is tried again by itself');
      if (lock === 'outdated') throw outdated(operation);
      throw storeError(operation, 'needs-human', 'another Flotilla has taken the database over; stop one of the two');
    });
  }
}
