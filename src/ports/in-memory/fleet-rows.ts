import type { CarriedOut } from '../../core/change/command-outcome.ts';
import type { RolloutDelta } from '../../core/change/fleet-change.ts';
import type { AcceptedCommand, GivenCommand } from '../../core/command/accepted.ts';
import type { DesiredCluster } from '../../core/desired/desired.ts';
import type { Drift } from '../../core/drift/drift.ts';
import type { Observation } from '../../core/evidence/observation.ts';
import type { Order, OrderReply, StandingOrder } from '../../core/evidence/order.ts';
import type { LedgerEntry } from '../../core/ledger/ledger.ts';
import { invariant } from '../../core/model/assert.ts';
import type { ClusterId, CommitSha, PlanDigest, RolloutId, StopId } from '../../core/model/ids.ts';
import type { Instant } from '../../core/model/time.ts';
import type { Plan, PlannedRollout } from '../../core/plan/plan.ts';
import { type ClusterFailure, failureOf } from '../../core/reconcile/cluster-failure.ts';
import type { ActiveRollout } from '../../core/reconcile/decision.ts';
import type { Policy } from '../../core/reconcile/policy.ts';
import type { RolloutState, TargetStatus } from '../../core/reconcile/state.ts';
import type { RuleApproval } from '../../core/rules/consent.ts';
import type { Stop } from '../../core/stop/stop.ts';
import { inPlannedOrder } from '../planned-order.ts';
import type { AuditEntry, FleetRecord, Projection, PullRecord, RolloutSummary, StateChange } from '../state-store.ts';
import { storable } from './storable.ts';

interface StoredRollout {
  readonly planned: PlannedRollout;
  readonly state: RolloutState;
  readonly pull: number | undefined;
  readonly author: string;
  readonly title: string;
  readonly origin: CommitSha | undefined;
}

/** All that is remembered of one fleet. */
export class FleetRows {
  record: FleetRecord;
  policy: Policy | undefined;
  drifts: readonly Drift[] = [];
  readonly desired = new Map<ClusterId, DesiredCluster>();
  readonly ledger = new Map<ClusterId, LedgerEntry>();
  readonly stops = new Map<StopId, Stop>();
  readonly plans = new Map<PlanDigest, Plan>();
  readonly rollouts = new Map<RolloutId, StoredRollout>();
  readonly orders = new Map<ClusterId, { readonly order: StandingOrder; readonly nth: number }>();
  readonly observations = new Map<ClusterId, Observation>();
  readonly audit: AuditEntry[] = [];
  readonly failures: ClusterFailure[] = [];
  readonly pulls = new Map<number, PullRecord>();
  /** By pull request, then by person in lower case. */
  readonly ruleApprovals = new Map<number, Map<string, RuleApproval>>();
  readonly projections = new Map<string, Projection>();
  /** By id, which is the order in which they were accepted. */
  readonly commands = new Map<number, AcceptedCommand>();
  #ordersGiven = 0;

  constructor(record: FleetRecord) {
    this.record = record;
  }

  /** @returns the one that was accepted with this key before, and whether there was none. */
  accept(given: GivenCommand, id: number): { readonly accepted: AcceptedCommand; readonly isNew: boolean } {
    const known = given.key === undefined ? undefined : [...this.commands.values()].find(({ key }) => key === given.key);
    if (known !== undefined) return { accepted: known, isNew: false };
    const accepted = storable({ ...given, id, outcome: undefined });
    this.commands.set(id, accepted);
    return { accepted, isNew: true };
  }

  /** Everything or nothing: what could refuse the change is asked before the first write. */
  commit(change: StateChange): 'committed' | 'conflict' {
    if (this.record.version !== change.expectedVersion || this.#isCarriedOut(change.carriedOut)) return 'conflict';
    const { newRollouts, rollouts = [], orders = [] } = change;
    if (newRollouts?.states.some(({ id }) => this.rollouts.has(id))) return 'conflict';
    this.#check(newRollouts, rollouts);
    if (orders.some(({ cluster, epoch }) => epoch <= (this.orders.get(cluster)?.order.epoch ?? 0))) return 'conflict';
    this.#write(change);
    return 'committed';
  }

  /** An answer belongs to the epoch it names: an order that was replaced meanwhile has not been answered. */
  recordReplies(replies: readonly OrderReply[], at: Instant): number | undefined {
    let recorded = false;
    for (const { cluster, epoch, ...reply } of replies) {
      const standing = this.orders.get(cluster);
      if (standing === undefined || standing.order.epoch !== epoch || standing.order.reply !== undefined) continue;
      this.orders.set(cluster, { ...standing, order: storable({ ...standing.order, reply: { ...reply, at } }) });
      recorded = true;
    }
    return recorded ? this.#grow() : undefined;
  }

  rollout(id: RolloutId): ActiveRollout | undefined {
    const stored = this.rollouts.get(id);
    return stored === undefined ? undefined : { planned: stored.planned, state: stored.state };
  }

  /** By `seq`. */
  rolloutsBySeq(): readonly StoredRollout[] {
    return [...this.rollouts.values()].sort((a, b) => a.state.seq - b.state.seq);
  }

  summary(id: RolloutId): RolloutSummary | undefined {
    const stored = this.rollouts.get(id);
    return stored === undefined ? undefined : summaryOf(stored);
  }

  summaries(): readonly RolloutSummary[] {
    return this.rolloutsBySeq().map(summaryOf);
  }

  #check(made: StateChange['newRollouts'], changed: readonly RolloutDelta[]): void {
    const seqs = new Set([...this.rollouts.values()].map(({ state }) => state.seq));
    for (const { id, release, digest, seq } of made?.states ?? []) {
      invariant(digest === made?.plan.digest, `rollout ${id} is of the plan that it came with`);
      invariant(plannedOf(made.plan, release) !== undefined, `rollout ${id} of release ${release} is in its plan`);
      invariant(!seqs.has(seq), `rollout ${id} has a seq of its own`);
      seqs.add(seq);
    }
    for (const { id } of changed) {
      invariant(this.rollouts.has(id) || made?.states.some((state) => state.id === id), `rollout ${id} is stored before it changes`);
    }
  }

  #write(change: StateChange): void {
    this.#grow(change.heads);
    for (const one of change.desired?.set ?? []) this.desired.set(one.cluster, one);
    for (const cluster of change.desired?.remove ?? []) this.desired.delete(cluster);
    if (change.policy !== undefined) this.policy = change.policy;
    if (change.newRollouts !== undefined) this.#insertRollouts(change.newRollouts);
    for (const rollout of change.rollouts ?? []) this.#updateRollout(rollout);
    for (const stop of change.stops ?? []) this.stops.set(stop.id, stop);
    for (const entry of change.ledger ?? []) this.ledger.set(entry.cluster, entry);
    for (const order of change.orders ?? []) this.#give(order);
    for (const rollout of [...(change.rollouts ?? []), ...(change.newRollouts?.states ?? [])]) this.#recordFailures(rollout);
    for (const { cluster, epoch } of change.sendAgain ?? []) this.#sendAgain(cluster, epoch);
    for (const seen of change.observations ?? []) {
      const before = this.observations.get(seen.cluster);
      if (before === undefined || seen.receivedAt >= before.receivedAt) this.observations.set(seen.cluster, seen);
    }
    if (change.drifts !== undefined) this.drifts = [...change.drifts].sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { pull, by } of change.withdrawnApprovals ?? []) this.ruleApprovals.get(pull)?.delete(by.toLowerCase());
    for (const approval of change.ruleApprovals ?? []) this.#agree(approval);
    if (change.carriedOut !== undefined) this.#carryOut(change.carriedOut);
    this.audit.push(...(change.audit ?? []));
  }

  #agree(approval: RuleApproval): void {
    const known = this.ruleApprovals.get(approval.pull) ?? new Map<string, RuleApproval>();
    this.ruleApprovals.set(approval.pull, known.set(approval.by.toLowerCase(), approval));
  }

  /** After the orders of the change: they say which version it was. */
  #recordFailures({ id: rollout, targets }: Pick<RolloutState, 'id' | 'targets'>): void {
    for (const [cluster, target] of targets) {
      const failure = failureOf(target);
      if (failure === undefined) continue;
      if (this.failures.some((one) => one.cluster === cluster && one.at === failure.at && one.rollout === rollout)) continue;
      const order = this.orders.get(cluster)?.order;
      const version = order?.rollout === rollout && order.epoch === target.epoch ? order.spec.version : undefined;
      this.failures.push(storable({ ...failure, cluster, rollout, version }));
    }
  }

  #isCarriedOut(carried: CarriedOut | undefined): boolean {
    return carried !== undefined && this.commands.get(carried.command)?.outcome !== undefined;
  }

  #carryOut({ command, outcome }: CarriedOut): void {
    const accepted = this.commands.get(command);
    invariant(accepted !== undefined, `command ${command} is accepted before it is carried out`);
    this.commands.set(command, storable({ ...accepted, outcome }));
  }

  #grow(heads?: { readonly seen: CommitSha; readonly good: CommitSha | undefined }): number {
    const { seen: seenHead, good: goodHead } = heads ?? { seen: this.record.seenHead, good: this.record.goodHead };
    this.record = storable({ ...this.record, version: this.record.version + 1, seenHead, goodHead });
    return this.record.version;
  }

  #insertRollouts({ plan, states, pull, author, title, origin }: NonNullable<StateChange['newRollouts']>): void {
    // The first writing of a plan stands: two with one digest are the same plan.
    const known = this.plans.get(plan.digest) ?? plan;
    this.plans.set(known.digest, known);
    for (const state of states) {
      const planned = plannedOf(known, state.release);
      invariant(planned !== undefined, `rollout ${state.id} of release ${state.release} is in its plan`);
      this.rollouts.set(state.id, {
        planned,
        state: storable({ ...state, ...inPlannedOrder(planned, state) }),
        pull,
        author,
        title,
        origin,
      });
    }
  }

  #updateRollout(change: RolloutDelta): void {
    const stored = this.rollouts.get(change.id);
    invariant(stored !== undefined, `rollout ${change.id} is stored before it changes`);
    const { digest, commit, release, seq, createdAt, phases, targets } = stored.state;
    const next = { phases: new Map([...phases, ...change.phases]), targets: new Map([...targets, ...change.targets]) };
    const state = { ...change, digest, commit, release, seq, createdAt, ...inPlannedOrder(stored.planned, next) };
    this.rollouts.set(change.id, { ...stored, state: storable(state) });
  }

  #give(order: Order): void {
    this.#ordersGiven += 1;
    const { cluster, dataPlane, revision, spec, mode, epoch, rollout, orderedAt } = order;
    const standing = { cluster, dataPlane, revision, spec, mode, epoch, rollout, orderedAt, reply: undefined };
    this.orders.set(cluster, { order: storable(standing), nth: this.#ordersGiven });
  }

  #sendAgain(cluster: ClusterId, epoch: number): void {
    const standing = this.orders.get(cluster);
    if (standing?.order.epoch !== epoch) return;
    this.orders.set(cluster, { ...standing, order: storable({ ...standing.order, reply: undefined }) });
  }
}

const plannedOf = (plan: Plan, release: string): PlannedRollout | undefined => plan.rollouts.find((one) => one.release === release);

function summaryOf({ planned, state, pull, author, title, origin }: StoredRollout): RolloutSummary {
  const { id, digest, commit, release, seq, status, createdAt, startedAt, finishedAt, guardUntil, supersededBy } = state;
  const { product, kind, intent, urgency } = planned;
  const counts: Partial<Record<TargetStatus, number>> = {};
  for (const target of state.targets.values()) counts[target.status] = (counts[target.status] ?? 0) + 1;
  return storable({
    ...{ id, digest, commit, release, product, seq, pull, author, title, origin, status, kind, intent, urgency },
    ...{ createdAt, startedAt, finishedAt, guardUntil, supersededBy, counts },
  });
}
