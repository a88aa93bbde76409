import type { Plan } from '../plan/plan.ts';
import type { RolloutState } from '../reconcile/state.ts';
import { plural } from './markdown.ts';

/** What a person can do about a pause, the safest first, each with what then happens. */
export function wayOut({ kind }: Plan, { id, targets, pause }: RolloutState, rolloutUrl: string | undefined): string {
  const failed = [...targets.values()].filter(({ status }) => status === 'failed').length;
  const where = rolloutUrl === undefined ? `rollout \`${id}\`` : `[the page of the rollout](${rolloutUrl})`;
  const revert =
    kind === 'rollback'
      ? '- **Merge a fix.** A newer change takes over the clusters that are not done; broken ones get it at once.'
      : '- **Revert the merge.** Every cluster that was touched goes back; broken ones go first.';
  const again = `${plural(failed, 'failed cluster')} ${failed === 1 ? 'is' : 'are'} ordered again`;
  const retry = failed === 0 ? [] : [`- **Retry, then resume**, once the cause is mended: ${again}.`];
  const resume =
    pause?.cause === 'person'
      ? '- **Resume.** It goes on where it stands.'
      : '- **Resume**, if this is no reason to stop: it goes on where it stands, and what went wrong so far no longer counts.';
  // A rollback has no revert of its own among the ways out, and nothing that failed means nothing to retry.
  const first = kind === 'rollback' ? 'Commands are' : 'Revert on the pull request, or with `git revert`; the others are';
  const verbs =
    failed === 0 && ![...targets.values()].some(({ status }) => status === 'deferred')
      ? '`resume` or `abort`'
      : '`resume`, `retry` or `abort`';
  return [
    '**What to do now**',
    '',
    revert,
    ...retry,
    resume,
    '- **Abort.** Nothing more starts; clusters in flight come to rest, and the others stay as they are and are reported as lagging.',
    '',
    `${first} on ${where}, or by the API: \`POST /api/fleets/OWNER/NAME/rollouts/${id}/VERB\` with \`{"by": "...", "reason": "..."}\`, where VERB is ${verbs}.`,
  ].join('\n');
}
