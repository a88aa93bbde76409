/** A number of clusters, or a share of them: `3` or `25%`. */
export type Quantity = number | string;

/** The count that a quantity means, with the arithmetic in words: `25 % of 41 = 10`. */
export interface Counted {
  readonly count: number;
  readonly words: string;
}

/** Capacities (concurrency, cohort size) round down, and are at least 1 and at most the total. */
export function capacityOf(quantity: Quantity, total: number): Counted {
  return counted(quantity, total, 1);
}

/** Budgets round down, and may be 0: a tolerance is never rounded up. */
export function budgetOf(quantity: Quantity, total: number): Counted {
  return counted(quantity, total, 0);
}

function counted(quantity: Quantity, total: number, least: 0 | 1): Counted {
  if (typeof quantity === 'number') return { count: quantity, words: String(quantity) };
  const percent = Number(quantity.slice(0, -1));
  const floored = Math.floor((percent * total) / 100);
  const count = Math.max(least, floored);
  const words = `${percent} % of ${total} = ${floored}`;
  return { count, words: count === floored ? words : `${words}, at least ${least}` };
}
