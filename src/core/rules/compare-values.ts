import type { Quantity } from '../model/quantity.ts';
import { budgetOf } from '../model/quantity.ts';
import { duration, formatDuration } from '../model/time.ts';
import type { RuleEffect } from './rule-change.ts';

/** One value of a rule before and after, in words; `undefined` where it means the same. */
export interface Compared {
  readonly effect: RuleEffect;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** A time that protects by being long. None is no time. */
export function comparePatience(before: number, after: number): Compared | undefined {
  if (before === after) return undefined;
  return { effect: after < before ? 'loses' : 'gains', before: timeText(before), after: timeText(after) };
}

/** A time that protects by being short. */
export function compareHaste(before: number, after: number): Compared | undefined {
  if (before === after) return undefined;
  return { effect: after > before ? 'loses' : 'gains', before: timeText(before), after: timeText(after) };
}

const timeText = (ms: number): string | undefined => (ms === 0 ? undefined : formatDuration(ms));

export const msOf = (text: string | undefined, otherwise = '0s'): number => duration(text ?? otherwise);

/**
 * A number of clusters that protects by being small: of these clusters, and of many, for a share may mean the same today and not tomorrow.
 * `undefined` is no limit.
 */
export function compareAllowance(before: Quantity | undefined, after: Quantity | undefined, total: number): Compared | undefined {
  if (before === after) return undefined;
  const words = { before: quantityText(before), after: quantityText(after) };
  if (before === undefined) return { effect: 'gains', ...words };
  if (after === undefined) return { effect: 'loses', ...words };
  const steps = [total, MANY].map((clusters) => budgetOf(after, clusters).count - budgetOf(before, clusters).count);
  // A share and a number cannot be compared beyond the clusters that there are.
  const [now = 0] = steps;
  const isLike = typeof before === typeof after;
  const more = isLike ? steps.some((step) => step > 0) : now > 0;
  const less = isLike ? steps.some((step) => step < 0) : now < 0;
  if (!more && !less) return undefined;
  return { effect: more ? 'loses' : 'gains', ...words };
}

/** More clusters than any fleet has. */
const MANY = 1_000_000;

const quantityText = (quantity: Quantity | undefined): string | undefined =>
  quantity === undefined ? undefined : typeof quantity === 'number' ? String(quantity) : `${quantity.slice(0, -1)} %`;

/** A change that is neither more nor less. */
export function compareText(before: string | undefined, after: string | undefined): Compared | undefined {
  return before === after ? undefined : { effect: 'other', before, after };
}

/** A permission: given, it is a loss. */
export function comparePermission(before: boolean, after: boolean, words: string): Compared | undefined {
  if (before === after) return undefined;
  return after ? { effect: 'loses', before: undefined, after: words } : { effect: 'gains', before: words, after: undefined };
}
