import { earliest, type Instant } from '../model/time.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import type { Override } from './state.ts';

function inForce(draft: RolloutDraft, kind: Override['kind'], phase: string): readonly Override[] {
  return draft.scalars.overrides.filter(
    (override) =>
      override.kind === kind &&
      (override.phase === undefined || override.phase === phase) &&
      (override.until === undefined || draft.now < override.until),
  );
}

/** A person has shortened bakes, and set aside windows that allow it. */
export const isExpedited = (draft: RolloutDraft, phase: string): boolean => inForce(draft, 'expedite', phase).length > 0;

/** When that changes by time alone; `undefined` when it does not. */
export const expeditedUntil = (draft: RolloutDraft, phase: string): Instant | undefined =>
  inForce(draft, 'expedite', phase).reduce<Instant | undefined>((soonest, { until }) => earliest(soonest, until), undefined);

/** A person has said that it need not wait for this product. */
export const isRequirementWaived = ({ scalars }: RolloutDraft, product: string): boolean =>
  scalars.overrides.some((override) => override.kind === 'requirement' && override.product === product);

/** A person has said that this canary phase need not prove anything. */
export const isWaived = (draft: RolloutDraft, phase: string): boolean => inForce(draft, 'waiver', phase).length > 0;
