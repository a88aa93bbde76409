import type { Instant } from '../model/time.ts';
import type { Change } from '../reconcile/decision.ts';

/** `failed`: the program itself did. It is not tried again, so that no command can keep the others waiting. */
export const COMMAND_OUTCOMES = ['done', 'refused', 'failed'] as const;

/** What became of a command, and when it was carried out. */
export type CommandOutcome =
  | { readonly kind: 'done'; readonly at: Instant; readonly changes: readonly Change[]; readonly notes: readonly string[] }
  | {
      readonly kind: 'refused' | 'failed';
      readonly at: Instant;
      readonly why: string;
      /** The person may not: by the rules, and not because of how things stand. */
      readonly mayNot?: boolean | undefined;
    };

/** What is written of a command that was carried out, with all that it changed. */
export interface CarriedOut {
  readonly command: number;
  readonly outcome: CommandOutcome;
}
