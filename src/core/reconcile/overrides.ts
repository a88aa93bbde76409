import type { RolloutDraft } from './rollout-draft.ts';
import type { Override } from './state.ts';

function inForce(draft: RolloutDraft, kind: Override['kind'], phase: string): boolean {
  return draft.scalars.overrides.some(
    (override) =>
      override.kind === kind &&
      (override.phase === undefined || override.phase === phase) &&
      (override.until === undefined || draft.now < override.until),
  );
}

/** A person has shortened bakes, and set aside windows that allow it. */
export const isExpedited = (draft: RolloutDraft, phase: string): boolean => inForce(draft, 'expedite', phase);

/** A person has said that this canary phase need not prove anything. */
export const isWaived = (draft: RolloutDraft, phase: string): boolean => inForce(draft, 'waiver', phase);
