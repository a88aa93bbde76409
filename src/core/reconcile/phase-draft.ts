import type { ClusterId } from '../model/ids.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import type { ActiveRollout } from './decision.ts';
import { PHASE_AHEAD, type PhaseState } from './state.ts';
import { emptyTally, type Tally } from './tally.ts';

/** A phase under decision. */
export interface PhaseDraft {
  readonly planned: PlannedPhase;
  readonly index: number;
  readonly tally: Tally;
  /** As it is now. */
  state: PhaseState;
  /** How far its members have been considered for a start, in their order. What lies behind is started, settled, or waits for a reason of its own. */
  frontier: number;
  /** The first member that lacks nothing but a slot that all share: those after it wait for the same, whatever else they wait for. */
  blockedAt: number | undefined;
  /** Members before the frontier that wait for a reason of their own, by their place. */
  readonly parked: Map<ClusterId, number>;
  /** Of these, the ones whose reason may have gone. */
  readonly recheck: Set<number>;
  /** Of these, the ones that wait for a slot on a data plane, in their order. */
  readonly parkedByDataPlane: Map<string, number[]>;
}

/** The phases of a rollout before anything is decided, in order. Their members are still to be counted in. */
export const phaseDrafts = ({ planned, state }: ActiveRollout): readonly PhaseDraft[] =>
  planned.phases.map((phase, index) => ({
    planned: phase,
    index,
    tally: emptyTally(),
    state: state.phases.get(phase.name) ?? PHASE_AHEAD,
    frontier: 0,
    blockedAt: undefined,
    parked: new Map(),
    recheck: new Set(),
    parkedByDataPlane: new Map(),
  }));
