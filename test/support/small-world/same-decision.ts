import { isDeepStrictEqual } from 'node:util';
import { type FleetDecision, holdOf, type Wait } from '../../../src/core/reconcile/decision.ts';
import { SETTLED } from '../../../src/core/reconcile/state.ts';

/** @returns the first thing in which two decisions on the same state differ; `undefined` when they are the same. */
export function differenceOf(whole: FleetDecision, kept: FleetDecision): string | undefined {
  const [one, other] = [partsOf(whole), partsOf(kept)];
  for (const [name, part] of one) {
    if (!isDeepStrictEqual(part, other.get(name))) return `${name}: ${show(part)} and ${show(other.get(name))}`;
  }
  const holds = holdsOf(kept);
  for (const [name, hold] of holdsOf(whole)) {
    const same = holds.get(name);
    // A slot is looked for first: where one is wanting, whoever was looked at before keeps the reason that was found then, and is as right.
    if (hold?.reason.kind === 'concurrency' && hold.reason.of === 'data-plane' && same !== undefined) continue;
    if (!isDeepStrictEqual(withoutWords(hold), withoutWords(same))) return `hold of ${name}: ${show(hold)} and ${show(same)}`;
  }
  return undefined;
}

const show = (part: unknown): string => JSON.stringify(part) ?? 'nothing';

/** By name, in one form whatever shared or layered maps they are made of. */
function partsOf({ decisions, stops, ledger, afterTheEnd }: FleetDecision): ReadonlyMap<string, unknown> {
  const parts = new Map<string, unknown>();
  for (const { decision } of decisions) {
    const { next, actions } = decision;
    const { phases, targets, ...scalars } = next;
    parts.set(`rollout ${next.id}`, scalars);
    for (const [name, phase] of phases) parts.set(`phase ${name} of ${next.id}`, phase);
    for (const [cluster, target] of targets) parts.set(`target ${cluster} of ${next.id}`, target);
    parts.set(`actions of ${next.id}`, sorted(actions));
  }
  parts.set('stops', sorted(stops));
  parts.set('ledger', sorted(ledger));
  parts.set('actions after the end', sorted(afterTheEnd.actions));
  return parts;
}

/** What time alone does to the words of a hold changes no decision, and wakes nobody. */
function withoutWords(wait: Wait | undefined): unknown {
  if (wait === undefined) return undefined;
  const { reason, until } = wait;
  // An order that is sent again has no answer yet: what was answered before may be remembered, or not.
  if (reason.kind === 'refused' || reason.kind === 'not-accepted') return { until, reason: 'not accepted' };
  // A freeze may end in the closed time of a window: what counts is when it opens.
  if (reason.kind === 'freeze' || reason.kind === 'window') return { until, reason: 'closed' };
  const stops = reason.kind === 'stopped' ? reason.stops.toSorted() : undefined;
  return { until, reason: { ...reason, cause: undefined, words: undefined, stops } };
}

/** By target that is not settled. */
const holdsOf = ({ decisions }: FleetDecision): ReadonlyMap<string, Wait | undefined> =>
  new Map(
    decisions.flatMap(({ rollout, decision: { next, holds } }) => {
      const after = { planned: rollout.planned, state: next };
      const open = [...next.targets].filter(([, { status }]) => !SETTLED.has(status));
      return open.map(([cluster]) => [`${cluster} of ${next.id}`, holdOf(holds, after, cluster)] as const);
    }),
  );

const sorted = (things: readonly unknown[]): readonly string[] => things.map(show).sort();
