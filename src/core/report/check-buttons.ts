import { type PlanDigest, parsePlanDigest } from '../model/ids.ts';
import type { CheckButton } from './check-output.ts';

/** What a button of a check asks for. */
export interface Pressed {
  readonly kind: 'approve-rules';
  readonly digest: PlanDigest;
}

const APPROVE_RULES = 'ok:';

/** Agrees to this change of rules: with another one the button does nothing. */
export const approveRulesButton = (digest: PlanDigest): CheckButton => ({
  label: 'Approve the loss',
  description: 'of protection, if the rules let you',
  identifier: `${APPROVE_RULES}${digest}`,
});

/** @returns `undefined` for a button that is none of ours, or of another time. */
export function pressed(identifier: string): Pressed | undefined {
  if (!identifier.startsWith(APPROVE_RULES)) return undefined;
  const digest = parsePlanDigest(identifier.slice(APPROVE_RULES.length));
  return digest.ok ? { kind: 'approve-rules', digest: digest.value } : undefined;
}
