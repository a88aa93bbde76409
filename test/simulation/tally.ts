import type { Outcome } from './run.ts';

export interface Failure {
  readonly seed: number;
  readonly law: string;
  readonly words: string;
}

/** What came of the seeds of one process. */
export interface Tally {
  readonly seeds: number;
  readonly rollouts: number;
  readonly crashes: number;
  readonly failures: readonly Failure[];
}

export type Report = Tally;

export const NOTHING: Tally = { seeds: 0, rollouts: 0, crashes: 0, failures: [] };

export function withOutcome(tally: Tally, { seed, violation, rollouts, crashes }: Outcome): Tally {
  return {
    seeds: tally.seeds + 1,
    rollouts: tally.rollouts + rollouts,
    crashes: tally.crashes + crashes,
    failures: violation === undefined ? tally.failures : [...tally.failures, { seed, ...violation }],
  };
}

export function reportOf(tallies: readonly Tally[]): Report {
  const sum = (of: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
  return {
    seeds: sum(({ seeds }) => seeds),
    rollouts: sum(({ rollouts }) => rollouts),
    crashes: sum(({ crashes }) => crashes),
    failures: tallies.flatMap(({ failures }) => failures).sort((a, b) => a.seed - b.seed),
  };
}

/** Reads what a process of ours has sent. */
export function tallied(message: unknown): Tally | undefined {
  if (typeof message !== 'string') return undefined;
  const { seeds, rollouts, crashes, failures }: Tally = JSON.parse(message);
  return { seeds, rollouts, crashes, failures };
}
