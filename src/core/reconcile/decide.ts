import { pauseOnSpentBudget } from './budgets.ts';
import type { DecideInput, Decision } from './decision.ts';
import { Draft } from './draft.ts';
import { finish } from './finish.ts';
import { followTargets } from './follow.ts';
import { keepOrders } from './orders.ts';
import { beginPhase, endPhase } from './phases.ts';
import { startTargets } from './starts.ts';
import type { RolloutState } from './state.ts';

/**
 * What one rollout should do now.
 *
 * Pure: the same input gives the same decision, and deciding again on the result at the same instant changes
 * nothing more (law 14). Linear in the number of targets. Every object of the state that did not change is
 * the same object in `next`.
 */
export function decide(input: DecideInput): Decision {
  const draft = new Draft(input);

  for (const phase of draft.phases) followTargets(draft, phase);
  pauseOnSpentBudget(draft);

  for (const phase of draft.phases) {
    const { isGoing } = draft;
    // Members of a phase that has just begun have been left alone so far.
    if (isGoing && beginPhase(draft, phase)) followTargets(draft, phase);
    startTargets(draft, phase);
    if (isGoing) endPhase(draft, phase);
  }

  for (const phase of draft.phases) keepOrders(draft, phase);
  finish(draft);

  return draft.result();
}

/** The first step of `decide` alone: where evidence and time have brought the targets. Starts nothing, and orders nothing. */
export function follow(input: DecideInput): RolloutState {
  const draft = new Draft(input);
  for (const phase of draft.phases) followTargets(draft, phase);
  return draft.result().next;
}
