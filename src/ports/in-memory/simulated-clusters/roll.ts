import { place } from '../../../core/model/hash.ts';
import { type ClusterState, type Move, type SimulatedBroker, templateAt } from './cluster-state.ts';
import { strikes } from './faults.ts';

const RESTART_MS_MIN = 30_000;
const RESTART_MS_MAX = 90_000;
const SLOW_FACTOR = 10;

type Step = Pick<Move, 'ordinal' | 'purpose' | 'to'>;

/**
 * Moves a cluster on to an instant: brokers one after another, each as long as its seed says.
 *
 * @returns the same object when nothing happened, so that callers can compare by identity. Advancing in many
 *   small steps gives the same as in one.
 */
export function advance(state: ClusterState, to: number, seed: string): ClusterState {
  let current = state;
  // Ends: each turn brings one broker to the target, or breaks it; a broken one is not tried again by time alone.
  while (current.move?.endsAt !== undefined && current.move.endsAt <= to) {
    current = startNext(endMove(current, current.move), current.move.endsAt, seed);
  }
  return current;
}

/** Starts the next broker, if none is being moved and one may be. */
export function startNext(state: ClusterState, at: number, seed: string): ClusterState {
  if (state.move !== undefined) return state;
  const step = nextStep(state);
  if (step !== undefined) return { ...state, move: planMove(state, step, at, seed) };
  return isSettled(state) ? { ...state, settled: state.target, templates: onlyTarget(state) } : state;
}

/** How a step goes from now on under the faults there are. */
export function planMove(state: ClusterState, step: Step, at: number, seed: string): Move {
  const { ordinal, purpose, to } = step;
  const slow = strikes(state, 'slow', to, ordinal) ? SLOW_FACTOR : 1;
  const restartMs = slow * (RESTART_MS_MIN + (place(seed, `${state.cluster}/${ordinal}/${to}`) % (RESTART_MS_MAX - RESTART_MS_MIN + 1)));
  const move = { ordinal, purpose, to, startedAt: at };
  // Nothing starts when a broker is taken away, so nothing can fail to.
  if (purpose === 'remove') return { ...move, endsAt: at + restartMs, outcome: 'ready' };
  if (strikes(state, 'stuck', to, ordinal)) return { ...move, endsAt: undefined, outcome: 'ready' };
  if (strikes(state, 'crash-loop', to, ordinal)) return { ...move, endsAt: at + Math.round(restartMs / 2), outcome: 'crash' };
  return { ...move, endsAt: at + restartMs, outcome: 'ready' };
}

/** Every broker is ready, at the target, and there are as many as there should be. */
export function isSettled(state: ClusterState): boolean {
  return (
    state.move === undefined &&
    state.brokers.length === state.replicas &&
    state.brokers.every((broker) => broker.brokenSince === undefined && broker.runs === state.target)
  );
}

function nextStep(state: ClusterState): Step | undefined {
  const run = state.accepted.mode === 'run';
  const broken = state.brokers.filter((broker) => broker.brokenSince !== undefined);
  for (const broker of broken) {
    if (run && broker.ordinal >= state.replicas && broker.ordinal === state.brokers.length - 1) {
      return { ordinal: broker.ordinal, purpose: 'remove', to: broker.runs };
    }
    // A container that no longer crashes comes back by itself, also under a hold; another template needs leave to run.
    const to = run ? state.target : broker.runs;
    if (to !== broker.runs || !strikes(state, 'crash-loop', to, broker.ordinal)) return { ordinal: broker.ordinal, purpose: 'recover', to };
  }
  // While one broker is down, no other is touched.
  if (broken.length > 0 || !run) return undefined;
  const old = state.brokers.find((broker) => broker.runs !== state.target);
  if (old !== undefined) return { ordinal: old.ordinal, purpose: 'roll', to: state.target };
  if (state.brokers.length < state.replicas) return { ordinal: state.brokers.length, purpose: 'add', to: state.target };
  if (state.brokers.length > state.replicas) return { ordinal: state.brokers.length - 1, purpose: 'remove', to: state.target };
  return undefined;
}

function endMove(state: ClusterState, move: Move): ClusterState {
  const ended: SimulatedBroker = {
    ordinal: move.ordinal,
    runs: move.to,
    brokenSince: move.outcome === 'crash' ? move.endsAt : undefined,
  };
  switch (move.purpose) {
    case 'add':
      return { ...state, move: undefined, brokers: [...state.brokers, ended] };
    case 'remove':
      return { ...state, move: undefined, brokers: state.brokers.slice(0, -1) };
    default:
      return { ...state, move: undefined, brokers: state.brokers.map((broker) => (broker.ordinal === move.ordinal ? ended : broker)) };
  }
}

/** Templates that no broker can come back to are forgotten, so that a cluster does not grow with its history. */
function onlyTarget(state: ClusterState): ClusterState['templates'] {
  return { [state.target]: templateAt(state, state.target) };
}
