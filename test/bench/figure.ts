/** One measured figure beside its goal. */
export interface Figure {
  /** As in the list of goals: `G5`. */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Empty for a figure that is only there to compare with. */
  readonly goal: string;
  /** Undefined without a goal. */
  readonly met: boolean | undefined;
}

/** A figure that should be at most its goal. */
export function atMost(id: string, what: string, value: number, unit: string, goal: number): Figure {
  return { id, what, value: rounded(value), unit, goal: `≤ ${goal} ${unit}`, met: value <= goal };
}

/** A figure to compare with, of a peer for example. */
export function noGoal(id: string, what: string, value: number, unit: string): Figure {
  return { id, what, value: rounded(value), unit, goal: '', met: undefined };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that a share of all values does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
