import type { Instant } from './time.ts';
import type { WordOf } from './vocabulary.ts';

/** Why nothing is done for a fleet. It is taken up again, with all its state, when that is over. */
export const RETIREMENTS = ['uninstalled', 'suspended', 'not-listed', 'archived', 'disabled', 'no-fleet'] as const;
export type RetirementCause = WordOf<typeof RETIREMENTS>;

export interface Retirement {
  readonly why: RetirementCause;
  readonly since: Instant;
}

/** As the end of a sentence that names the fleet. */
export const RETIREMENT_WORDS: Readonly<Record<RetirementCause, string>> = {
  uninstalled: 'the app is not installed there any more: install it again',
  suspended: 'the installation of the app is suspended: unsuspend it in the settings of the account',
  'not-listed':
    'the installation of the app does not list the repository any more: it was taken out of the installation, deleted, or transferred to somebody who has not installed the app',
  archived: 'the repository is archived: unarchive it in its settings',
  disabled: 'GitHub has disabled the repository',
  'no-fleet': 'its default branch holds no Fleet document, and never held valid manifests: merge a Fleet document',
};
