import type { ClusterId, StopId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { StopScope } from '../stop/stop.ts';
import type { PhaseDraft } from './phase-draft.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { type HeldPart, isPhaseOver } from './state.ts';
import { isHeldIn } from './stops-over.ts';

/** Can a stop on this hold a part of a rollout, while the rest goes on? */
const IS_PART: Readonly<Record<StopScope['kind'], boolean>> = {
  'data-plane': true,
  cluster: true,
  version: true,
  phase: true,
  fleet: false,
  product: false,
  release: false,
  rollout: false,
};

/**
 * Remembers since when stops have held parts of a phase, for its longest duration: once a stop is lifted, nobody else knows when it was
 * there. While stops hold all of the rollout that time is counted for the whole.
 */
export function noteHeldParts(draft: RolloutDraft, { planned, state }: PhaseDraft): void {
  if (planned.maxDurationMs === undefined || state.startedAt === undefined || isPhaseOver(state)) return;
  const standing = draft.isGoing ? draft.fleet.stops.filter(({ scope }) => IS_PART[scope.kind]) : [];
  const isStanding = (stop: StopId) => standing.some(({ id }) => id === stop);
  const isNoted = (stop: StopId) => state.heldParts.some((part) => part.stop === stop && part.until === undefined);
  const begun = standing.filter(({ id }) => !isNoted(id));
  const ended = state.heldParts.filter(({ stop, until }) => until === undefined && !isStanding(stop));
  if (begun.length === 0 && ended.length === 0) return;
  const closed = state.heldParts.map((part) => (ended.includes(part) ? { ...part, until: draft.now } : part));
  const opened = begun.map(({ id, scope, lets }): HeldPart => ({ stop: id, scope, lets, since: draft.now, until: undefined }));
  draft.setPhase(planned.name, { ...state, heldParts: [...closed, ...opened] }, 'a part of it is held, or goes on');
}

export interface Stretch {
  readonly from: Instant;
  readonly to: Instant;
}

/** The time between two instants in which no stop on a part of the phase held this target. */
export function unheldStretches(draft: RolloutDraft, cluster: ClusterId, parts: readonly HeldPart[], within: Stretch): readonly Stretch[] {
  const own = parts.filter((part) => isHeldIn(part, draft.rollout, draft.plannedTarget(cluster), draft.provenSpec(cluster)));
  let left: readonly Stretch[] = [within];
  for (const { since, until = draft.now } of own) left = left.flatMap((stretch) => without(stretch, since, until));
  return left;
}

const without = ({ from, to }: Stretch, since: Instant, until: Instant): readonly Stretch[] =>
  until <= from || since >= to || until <= since
    ? [{ from, to }]
    : [...(since > from ? [{ from, to: since }] : []), ...(until < to ? [{ from: until, to }] : [])];
