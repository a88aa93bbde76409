import { isDeepStrictEqual } from 'node:util';
import { type ActiveRollout, type FleetDecision, holdOf } from '../../../src/core/reconcile/decision.ts';
import { type RolloutState, SETTLED } from '../../../src/core/reconcile/state.ts';

/** @returns the first thing in which two decisions on the same state differ; `undefined` when they are the same. */
export function differenceOf(a: FleetDecision, b: FleetDecision): string | undefined {
  const [one, other] = [partsOf(a), partsOf(b)];
  for (const [name, part] of one) {
    if (!isDeepStrictEqual(part, other.get(name))) return `${name}: ${show(part)} and ${show(other.get(name))}`;
  }
  return undefined;
}

const show = (part: unknown): string => JSON.stringify(part) ?? 'nothing';

/** By name, in one form whatever shared or layered maps they are made of. */
function partsOf({ decisions, stops, ledger }: FleetDecision): ReadonlyMap<string, unknown> {
  const parts = new Map<string, unknown>();
  for (const { rollout, decision } of decisions) {
    const { next, actions, holds } = decision;
    const { phases, targets, ...scalars } = next;
    parts.set(`rollout ${next.id}`, scalars);
    for (const [name, phase] of phases) parts.set(`phase ${name} of ${next.id}`, phase);
    for (const [cluster, target] of targets) parts.set(`target ${cluster} of ${next.id}`, target);
    parts.set(`actions of ${next.id}`, sorted(actions));
    parts.set(`holds of ${next.id}`, unsettledHolds(holds, { planned: rollout.planned, state: next }, next));
  }
  parts.set('stops', sorted(stops));
  parts.set('ledger', sorted(ledger));
  return parts;
}

/** What time alone does to the words of a hold changes no decision, and wakes nobody. */
function withoutWords(wait: ReturnType<typeof holdOf>): unknown {
  return wait && { until: wait.until, reason: { ...wait.reason, cause: undefined, words: undefined } };
}

const unsettledHolds = (holds: Parameters<typeof holdOf>[0], after: ActiveRollout, { targets }: RolloutState) =>
  [...targets].flatMap(([cluster, { status }]) => (SETTLED.has(status) ? [] : [[cluster, withoutWords(holdOf(holds, after, cluster))]]));

const sorted = (things: readonly unknown[]): readonly string[] => things.map(show).sort();
