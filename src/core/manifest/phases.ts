import { place } from '../model/hash.ts';
import type { ClusterId } from '../model/ids.ts';
import { capacityOf } from '../model/quantity.ts';
import type { Strategy } from './generated.ts';
import { compileSelector, describeSelector, type LabelMatcher, type LabelValues, labelOf } from './selector.ts';

export interface PhaseCandidate {
  readonly cluster: ClusterId;
  readonly labels: LabelValues;
}

export interface AssignedPhase {
  readonly name: string;
  /** In order of cluster id. */
  readonly members: readonly ClusterId[];
  /** How the members came about: `tier = canary`, `25 % of 41 = 10, drawn by hash of seed "kafka-prod", spread over region`. */
  readonly why: string;
}

export interface PhaseAssignment {
  /** One for each phase of the strategy, in its order. */
  readonly phases: readonly AssignedPhase[];
  /** In no phase; in order of cluster id. Only a strategy without a `rest` phase leaves any. */
  readonly unassigned: readonly ClusterId[];
  /** Selected by the labels of two phases or more, and so in none; in order of cluster id. */
  readonly twice: readonly { readonly cluster: ClusterId; readonly phases: readonly string[] }[];
}

type Phase = Strategy['spec']['phases'][number];
type Cohort = NonNullable<Phase['cohort']>;

/**
 * Puts each cluster of a release into one phase of its strategy.
 *
 * Phases with `select` take theirs first, by labels. What they leave is the pool: its size is the
 * denominator of every cohort. Cohorts are drawn from it in the order of the phases, by `place(seed,
 * cluster)`, and `rest` takes what is left, wherever it stands. The same clusters give the same answer
 * in whatever order they come.
 *
 * @param seedDefault - the name of the release, for cohorts that give no seed of their own.
 */
export function assignPhases(strategy: Strategy, clusters: readonly PhaseCandidate[], seedDefault: string): PhaseAssignment {
  const { phases } = strategy.spec;
  const sorted = [...clusters].sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
  const { bySelect, pool, twice } = selectByLabels(phases, sorted);
  const poolSize = pool.length;
  let left = pool;
  const cohorts = new Map<Phase, { readonly members: readonly ClusterId[]; readonly why: string }>();
  for (const phase of phases) {
    if (phase.cohort === undefined) continue;
    const drawn = drawCohort(phase.cohort, left, poolSize, seedDefault);
    const taken = new Set(drawn.members);
    left = left.filter(({ cluster }) => !taken.has(cluster));
    cohorts.set(phase, drawn);
  }
  const rest = phases.find((phase) => phase.rest === true);
  const assigned = phases.map((phase): AssignedPhase => {
    const { name } = phase;
    if (phase.select !== undefined) return { name, members: bySelect.get(phase) ?? [], why: describeSelector(phase.select) };
    const cohort = cohorts.get(phase);
    if (cohort !== undefined) return { name, ...cohort };
    const members = phase === rest ? left.map(({ cluster }) => cluster) : [];
    return { name, members, why: `the rest: ${members.length} that no other phase takes` };
  });
  return { phases: assigned, unassigned: rest === undefined ? left.map(({ cluster }) => cluster) : [], twice };
}

/** For each phase its selector, compiled; `undefined` where it has none. */
export const phaseMatchers = (phases: readonly Phase[]): readonly (LabelMatcher | undefined)[] =>
  phases.map((phase) => (phase.select === undefined ? undefined : compileSelector(phase.select)));

function selectByLabels(phases: readonly Phase[], sorted: readonly PhaseCandidate[]) {
  const matchers = phaseMatchers(phases);
  const bySelect = new Map<Phase, ClusterId[]>();
  const pool: PhaseCandidate[] = [];
  const twice: { cluster: ClusterId; phases: string[] }[] = [];
  for (const candidate of sorted) {
    const matching = phases.filter((_, at) => matchers[at]?.(candidate.labels));
    const [only, second] = matching;
    if (only === undefined) pool.push(candidate);
    else if (second !== undefined) twice.push({ cluster: candidate.cluster, phases: matching.map(({ name }) => name) });
    else bySelect.set(only, append(bySelect.get(only), candidate.cluster));
  }
  return { bySelect, pool, twice };
}

function append<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item];
  list.push(item);
  return list;
}

function drawCohort(cohort: Cohort, left: readonly PhaseCandidate[], poolSize: number, seedDefault: string) {
  const seed = cohort.seed ?? seedDefault;
  const { count: wanted, words } = capacityOf(cohort.size, poolSize);
  const count = Math.min(wanted, left.length);
  const placed = left
    .map((candidate) => ({ candidate, at: place(seed, candidate.cluster) }))
    .sort((a, b) => a.at - b.at || (a.candidate.cluster < b.candidate.cluster ? -1 : 1))
    .map(({ candidate }) => candidate);
  const drawn = cohort.stratifyBy === undefined ? placed.slice(0, count) : drawEvenly(placed, count, cohort.stratifyBy, seed);
  const share = `${words}${count < wanted ? ` (${count} left)` : ''}`;
  const spread = cohort.stratifyBy === undefined ? '' : `, spread over ${cohort.stratifyBy}`;
  return { members: drawn.map(({ cluster }) => cluster).sort(), why: `${share}, drawn by hash of seed "${seed}"${spread}` };
}

/**
 * Takes the first of each stratum, in proportion to its size. Largest remainder makes the total exact;
 * a tie goes to the larger stratum, then by hash, so that no value is favoured by its spelling.
 */
function drawEvenly(placed: readonly PhaseCandidate[], count: number, label: string, seed: string): PhaseCandidate[] {
  const strata = new Map<string, PhaseCandidate[]>();
  for (const candidate of placed) {
    const value = labelOf(candidate.labels, label) ?? '';
    strata.set(value, append(strata.get(value), candidate));
  }
  const shares = [...strata].map(([value, members]) => {
    // Whole numbers only: a fraction's rounding error must not decide which cluster goes first.
    const exact = count * members.length;
    return { members, floor: Math.floor(exact / placed.length), remainder: exact % placed.length, tie: place(seed, `${label}=${value}`) };
  });
  let missing = count - shares.reduce((sum, { floor }) => sum + floor, 0);
  shares.sort((a, b) => b.remainder - a.remainder || b.members.length - a.members.length || a.tie - b.tie);
  return shares.flatMap(({ members, floor }) => {
    const extra = missing > 0 ? 1 : 0;
    missing -= extra;
    return members.slice(0, floor + extra);
  });
}
