import type { Override, RolloutState } from '../reconcile/state.ts';

type Given = Pick<Override, 'kind' | 'by' | 'reason' | 'at'> & Partial<Pick<Override, 'phase' | 'product' | 'until'>>;

/** The rollout with what a person has set aside in it; what is left out holds for all of it, and until its end. */
export function withOverride(state: RolloutState, { phase, product, until, ...given }: Given): RolloutState {
  return { ...state, overrides: [...state.overrides, { ...given, phase, product, until }] };
}
