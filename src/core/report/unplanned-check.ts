import type { CheckOutput } from './check-output.ts';
import { inert } from './markdown.ts';

/** Why the check of a commit ends without a plan. */
export type Unplanned =
  /** The branch has another newest commit by now. */
  | { readonly kind: 'pushed-over' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'retargeted'; readonly base: string }
  /** Git does not have it, or the branch that it goes to. */
  | { readonly kind: 'missing'; readonly what: string }
  /** Planning it fails again and again; it goes on being tried. */
  | { readonly kind: 'failing'; readonly tries: number; readonly why: string }
  /** Somebody asks again for what is over. */
  | { readonly kind: 'over' };

/** What stands on a commit from its push until its plan is there. */
export const BEGUN_CHECK = {
  state: { kind: 'in-progress' },
  title: 'Planning',
  summary: '⏳ The plan is being made: which clusters would change, in which phases, and when.',
  text: undefined,
  annotations: [],
} as const;

/** Every check that was begun is ended, whatever happens: GitHub would show it as under way for two weeks. */
export function renderUnplannedCheck(why: Unplanned): CheckOutput {
  const { conclusion, title, words } = wordsOf(why);
  return {
    state: { kind: 'completed', conclusion },
    title,
    summary: `${conclusion === 'failure' ? '❌' : 'ℹ️'} ${title}. ${words}`,
    text: undefined,
    annotations: [],
  };
}

interface Words {
  readonly conclusion: 'failure' | 'cancelled';
  readonly title: string;
  readonly words: string;
}

function wordsOf(why: Unplanned): Words {
  switch (why.kind) {
    case 'pushed-over':
      return { conclusion: 'cancelled', title: 'Not planned: there is a newer commit', words: 'That one has a check of its own.' };
    case 'closed':
      return {
        conclusion: 'cancelled',
        title: 'Not planned: closed before',
        words: 'Nothing of it is rolled out. Opened again, it is planned.',
      };
    case 'retargeted':
      return {
        conclusion: 'cancelled',
        title: 'Not planned: it goes into another branch',
        words: `Only what is merged into the default branch is rolled out, and this goes into ${inert(why.base)}.`,
      };
    case 'missing':
      return {
        conclusion: 'failure',
        title: `Not planned: ${why.what} cannot be found`,
        words: 'Push again, or press Re-run, once it is there.',
      };
    case 'failing':
      return {
        conclusion: 'failure',
        title: `Not planned yet: it failed ${why.tries} times`,
        words: `It goes on being tried, and this check follows; Re-run tries at once. The last reason: ${inert(why.why)}.`,
      };
    case 'over':
      return {
        conclusion: 'cancelled',
        title: 'Nothing left to check',
        words: 'What this check was about is over: no open pull request and no rollout has this commit.',
      };
  }
}
