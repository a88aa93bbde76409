import type { DesiredState } from '../desired/desired.ts';
import { invariant } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest, type Instant } from '../model/time.ts';
import { decide, follow } from './decide.ts';
import type { Action, ActiveRollout, Change, Decision, Elsewhere, HoldReason, Policy } from './decision.ts';
import type { Observations, Order } from './evidence.ts';
import { SETTLED } from './state.ts';
import { type Claims, claimsOf, supersede } from './supersede.ts';
import { type News, Traffic } from './traffic.ts';

export interface FleetInput {
  readonly desired: DesiredState;
  /** Oldest first. */
  readonly rollouts: readonly ActiveRollout[];
  readonly orders: ReadonlyMap<ClusterId, Order>;
  readonly observations: Observations;
  readonly policy: Policy;
  readonly now: Instant;
}

export interface FleetDecision {
  /** In the order of the input. `rollout` is as it was, `decision.next` as it is to be. */
  readonly decisions: readonly { readonly rollout: ActiveRollout; readonly decision: Decision }[];
  readonly wakeAt: Instant | undefined;
}

/** What all active rollouts of a fleet should do now, under the limits that they share. */
export function decideFleet(input: FleetInput): FleetDecision {
  const [only, ...others] = input.rollouts;
  const decisions = only !== undefined && others.length === 0 ? [decideAlone(input, only)] : decideTogether(input);
  const wakeAt = decisions.reduce<Instant | undefined>((soonest, { decision }) => earliest(soonest, decision.wakeAt), undefined);
  return { decisions, wakeAt };
}

type Decided = FleetDecision['decisions'][number];

function decideAlone(input: FleetInput, rollout: ActiveRollout): Decided {
  const { state, changes } = supersede(rollout, NO_CLAIMS, input);
  const decision = decide({ ...input, plan: rollout.plan, state, elsewhere: NOBODY });
  return { rollout, decision: { ...decision, changes: [...changes, ...decision.changes] } };
}

function decideTogether(input: FleetInput): readonly Decided[] {
  const traffic = new Traffic(input.orders);
  const turns = input.rollouts.map((rollout): Turn => ({ rollout, now: rollout, changes: [], actions: [], last: undefined }));
  // What is in flight anywhere must be known before anything is started.
  for (const { plan, state } of input.rollouts) traffic.add({ plan, state: follow({ ...input, plan, state, elsewhere: NOBODY }) });

  const fold: Fold = { input, claims: claimsOf(turns), traffic, turns };
  let due = inTurn(turns);
  for (let round = 0; due.length > 0; round += 1) {
    invariant(round < ROUNDS_MAX, 'deciding for a fleet comes to rest');
    due = decideRound(fold, due);
  }
  return turns.map((turn) => ({ rollout: turn.rollout, decision: decisionOf(turn, traffic) }));
}

const NO_CLAIMS: Claims = new Map();
const NOBODY: Elsewhere = new Map();

/** The first round decides for all; each later one only for those that the one before concerns, and that runs out. */
const ROUNDS_MAX = 10;

interface Turn {
  readonly rollout: ActiveRollout;
  now: ActiveRollout;
  readonly changes: Change[];
  readonly actions: Action[];
  last: Decision | undefined;
}

/** Those that go back come first, newest first. The rest by age: who came first gets the free slots, so that nobody starves. */
function inTurn(turns: readonly Turn[]): readonly Turn[] {
  const goesBack = ({ rollout }: Turn) => rollout.plan.kind === 'rollback';
  return [...turns.filter(goesBack).reverse(), ...turns.filter((turn) => !goesBack(turn))];
}

interface Fold {
  readonly input: FleetInput;
  readonly claims: Claims;
  readonly traffic: Traffic;
  readonly turns: readonly Turn[];
}

/** @returns the rollouts to decide again: what they were decided on has changed since. */
function decideRound({ input, claims, traffic, turns }: Fold, due: readonly Turn[]): readonly Turn[] {
  const again = new Set<Turn>();
  for (const turn of due) {
    again.delete(turn);
    const { plan } = turn.now;
    const { state, changes } = supersede(turn.now, claims, { ...input, orders: traffic.orders });
    const [decision, news] = traffic.decide(turn.now, (elsewhere, orders) => decide({ ...input, plan, state, orders, elsewhere }));
    turn.now = { plan, state: decision.next };
    turn.changes.push(...changes, ...decision.changes);
    turn.actions.push(...decision.actions);
    turn.last = decision;
    for (const other of turns) if (other !== turn && concerns(news, other)) again.add(other);
  }
  return inTurn(turns.filter((turn) => again.has(turn)));
}

function concerns({ moved, eased }: News, { now, last }: Turn): boolean {
  if (last === undefined) return false;
  if (eased && last.holds.some(({ reason }) => waitsForOthers(reason))) return true;
  for (const cluster of moved) {
    const status = now.state.targets.get(cluster)?.status;
    if (status !== undefined && (status === 'unreachable' || !SETTLED.has(status))) return true;
  }
  return false;
}

const waitsForOthers = (reason: HoldReason): boolean =>
  reason.kind === 'other-rollout' || (reason.kind === 'concurrency' && (reason.of === 'fleet' || reason.of === 'data-plane'));

function decisionOf({ rollout, now, changes, actions, last }: Turn, traffic: Traffic): Decision {
  invariant(last !== undefined, `every rollout is decided, also ${rollout.state.id}`);
  // An order that another rollout has overtaken within this decision was never sent, and need not be.
  const newest = actions.filter(({ order }) => traffic.orders.get(order.cluster) === order);
  return { next: now.state, actions: newest, holds: last.holds, changes, wakeAt: last.wakeAt };
}
