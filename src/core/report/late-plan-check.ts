import type { CommitSha } from '../model/ids.ts';
import type { RolloutStatus } from '../reconcile/state.ts';
import type { CheckOutput } from './check-output.ts';
import { code, plural } from './markdown.ts';
import { ROLLOUT_STATUS_WORDS, signed } from './words.ts';

/** What a pull request has set going that was merged before anybody saw its plan. */
export interface LateView {
  readonly mergeCommit: CommitSha | undefined;
  readonly rollouts: readonly {
    readonly release: string;
    readonly product: string;
    readonly status: RolloutStatus;
    readonly counts: Readonly<Record<string, number | undefined>>;
  }[];
}

/** The plan check of such a pull request: nobody can review any more, but it must not stay without an answer. */
export function renderLatePlanCheck({ mergeCommit, rollouts }: LateView): CheckOutput {
  const clusters = rollouts.reduce(
    (sum, { counts }) => sum + Object.values(counts).reduce<number>((all, count) => all + (count ?? 0), 0),
    0,
  );
  const title =
    rollouts.length === 0
      ? 'Merged before it was planned: nothing was rolled out'
      : `Merged before it was planned: ${plural(rollouts.length, 'rollout')} of ${plural(clusters, 'cluster')}`;
  const where = mergeCommit === undefined ? '' : ` The check \`flotilla / rollout\` on ${code(mergeCommit.slice(0, 12))} says how it goes.`;
  const lines = rollouts.map(
    ({ release, product, status }) => `- ${code(release)} (${code(product)}): ${signed(ROLLOUT_STATUS_WORDS[status])}`,
  );
  return {
    state: { kind: 'completed', conclusion: rollouts.length === 0 ? 'success' : 'neutral' },
    title,
    summary: `${rollouts.length === 0 ? '✅' : '⚠️'} ${title}.${rollouts.length === 0 ? '' : where}`,
    text: lines.length === 0 ? undefined : lines.join('\n'),
    annotations: [],
  };
}
