import type { Rewrite } from '../change/rewrite.ts';
import type { FleetId, RolloutId } from '../model/ids.ts';
import { formatInstant } from '../model/time.ts';
import { layOut, type Part } from './lay-out.ts';
import { code, plural } from './markdown.ts';

export interface RewriteView {
  readonly fleet: FleetId;
  readonly rewrite: Rewrite;
  /** What the new head brought, in its order. */
  readonly rollouts: readonly { readonly id: RolloutId; readonly release: string; readonly clusters: number }[];
  /** Where all of it can be watched. */
  readonly fleetUrl: string | undefined;
}

/** How the issue of one rewritten history is found again when its number was lost. */
export const rewriteMarker = ({ before, commit }: Rewrite): string =>
  `<!-- flotilla:v1 kind=rewritten-history from=${before} to=${commit} -->`;

/** The issue that says that commits were taken away from the default branch, and what came of it. */
export function renderRewriteIssue(view: RewriteView): { readonly title: string; readonly body: string } {
  const { rewrite } = view;
  const { before, commit, author, at, how } = rewrite;
  const [verdict, ...meaning] = MEANINGS[how];
  const parts: readonly Part[] = [
    `${rewriteMarker(rewrite)}\n⚠️ ${verdict} Seen ${formatInstant(at)}.`,
    `- Last seen: ${code(before)}\n- New head: ${code(commit)}${author === undefined ? '' : `, a commit by ${code(author)}`}`,
    ...meaning,
    ...changes(view),
    waysOut(view),
  ];
  return { title: `History of the default branch was rewritten: ${before.slice(0, 7)} to ${commit.slice(0, 7)}`, body: layOut(parts) };
}

const MEANINGS: Readonly<Record<Rewrite['how'], readonly [verdict: string, ...meaning: string[]]>> = {
  rewritten: ['The default branch was force-pushed: the last commit that Flotilla saw is no longer part of it.'],
  gone: [
    'The default branch was force-pushed: the last commit that Flotilla saw is no longer part of it.',
    'The git server no longer has the old commit. So the new head was compared with what is stored: what each cluster should run since then.',
  ],
  lost: [
    'The default branch was force-pushed, and neither the last commit that Flotilla saw nor the last valid one can be found.',
    'So it is unknown what the new head has in common with them: it may be the history of another repository. **Nothing starts until a person lifts the stop on the fleet.** What is in flight is held.',
  ],
  unrelated: [
    'The default branch was replaced: it shares no commit with the last one that Flotilla saw.',
    'It may be the history of another repository. **Nothing starts until a person lifts the stop on the fleet.** What is in flight is held.',
  ],
};

function changes({ rewrite: { changed }, rollouts, fleetUrl }: RewriteView): readonly Part[] {
  if (changed === undefined) return ['**What it changes:** nothing. Its manifests are broken, and what was in force stays in force.'];
  const wanted = changed === 0 ? 'no cluster should run anything else' : `${plural(changed, 'cluster')} should run something else`;
  if (rollouts.length === 0) return [`**What it changes:** ${wanted}, and nothing is rolled out.`];
  return [
    `**What it changes:** ${wanted}.`,
    {
      heads: ['Release', 'Clusters that move', 'Rollout'],
      rows: rollouts.map(({ id, release, clusters }) => [
        code(release),
        String(clusters),
        fleetUrl === undefined ? code(id) : `[${id}](${fleetUrl}/rollouts/${id})`,
      ]),
      of: ['release', 'releases'],
      rest: 'The list of rollouts has all of them.',
      summary: undefined,
    },
  ];
}

function waysOut({ rewrite: { before, stop } }: RewriteView): string {
  const push = code(`git push --force origin ${before}:DEFAULT_BRANCH`);
  // The way back shares no commit with where it leads from, either.
  const then = stop === undefined ? '' : ' That sets a second stop: lift both.';
  const notMeant = `- **If it was a mistake:** push the old commit back, ${push}, from a clone that has it.${then}`;
  if (stop === undefined) return `**What to do now**\n\n${notMeant}\n- **If it was intended:** close this issue.`;
  const meant = `- **If it was intended:** \`lift\` stop ${code(stop)}, and close this issue.`;
  const lift = `/fleet lift ${stop} --reason "WHY"`;
  return `**What to do now**\n\n${notMeant}\n${meant} In a comment here, on a line of its own:\n\n\`\`\`\n${lift}\n\`\`\``;
}
