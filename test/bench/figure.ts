/** One measured figure beside its goal. */
export interface Figure {
  /** As in the list of goals: `G5`. */
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly met: boolean;
}

/** A figure that should be at most its goal. */
export function atMost(id: string, what: string, value: number, unit: string, goal: number): Figure {
  const rounded = Math.round(value * 100) / 100;
  return { id, what, value: rounded, unit, goal: `≤ ${goal} ${unit}`, met: value <= goal };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that a share of all values does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
