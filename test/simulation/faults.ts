import type { Random } from '../support/small-world/random.ts';

/** How much goes wrong in one schedule: drawn once, so that quiet and wild ones both occur. Chances are for one call of a port, or one step. */
export interface Faults {
  readonly crash: number;
  readonly error: number;
  /** A call takes long, and something else happens meanwhile. */
  readonly slow: number;
  /** A webhook, or news of a data plane, never comes. */
  readonly lost: number;
  readonly stale: number;
  readonly unknown: number;
  readonly malformed: number;
  /** An order that was sent before arrives once more. */
  readonly replay: number;
  /** What happens to clusters and data planes. */
  readonly world: number;
  /** Clocks that differ, and jump. */
  readonly clocks: boolean;
  /** People merge, and command. */
  readonly merge: number;
  readonly command: number;
  /** How likely a step is an order of a person that makes little sense. */
  readonly nonsense: number;
}

export const NO_FAULTS: Faults = {
  crash: 0,
  error: 0,
  slow: 0,
  lost: 0,
  stale: 0,
  unknown: 0,
  malformed: 0,
  replay: 0,
  world: 0,
  clocks: false,
  merge: 0,
  command: 0,
  nonsense: 0,
};

export function drawFaults(random: Random): Faults {
  // One in eight goes well: what is wrong there is easy to understand.
  if (random.chance(0.12)) return { ...NO_FAULTS, merge: 0.02, command: 0.01 };
  const some = (chance: number, ...of: readonly [number, ...number[]]): number => (random.chance(chance) ? random.pick(of) : 0);
  return {
    crash: some(0.5, 0.0003, 0.001, 0.003),
    error: some(0.5, 0.0005, 0.002, 0.006),
    slow: some(0.6, 0.001, 0.004, 0.01),
    lost: some(0.4, 0.05, 0.3),
    stale: some(0.4, 0.02, 0.1),
    unknown: some(0.4, 0.01, 0.05),
    malformed: some(0.3, 0.01, 0.03),
    replay: some(0.3, 0.02, 0.1),
    world: some(0.8, 0.01, 0.03, 0.08),
    clocks: random.chance(0.25),
    merge: random.pick([0.02, 0.04, 0.08]),
    command: random.pick([0, 0.02, 0.06, 0.12]),
    nonsense: random.pick([0, 0.1, 0.3]),
  };
}
