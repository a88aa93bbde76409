import { escapeHtml } from '../../../http/html/html.ts';

export interface ReferenceContext {
  readonly owner: string;
  readonly name: string;
  /** Whether an issue or pull request has this number: only those are linked. */
  readonly hasIssue: (number: number) => boolean;
}

/** As GitHub's html-pipeline: inside these, nothing is a mention or a reference. */
const QUIET = new Set(['a', 'code', 'pre', 'kbd', 'samp', 'tt']);

const REFERENCE = new RegExp(
  [
    // @name or @organisation/team; GitHub's rule: no word character before, and no slash, letter or digit after.
    '(?<=^|[^\\w/`])@(?<login>[a-z0-9][a-z0-9-]{0,38})(?:/[a-z0-9][\\w-]{0,99})?(?![\\w/]|\\.\\w)',
    // owner/name#12
    '(?<=^|[^\\w/.-])(?<owner>[a-z0-9][a-z0-9-]{0,38})/(?<repository>[\\w.-]{1,100})#(?<there>\\d{1,9})(?!\\w)',
    // #12 and GH-12
    '(?<=^|[^\\w&/#])(?:#|GH-)(?<here>\\d{1,9})(?!\\w)',
  ].join('|'),
  'gi',
);

/**
 * Marks what GitHub would link in rendered Markdown: mentions, which have no page here, and issues and pull requests, which have.
 *
 * Every name of the right form counts as a mention, because on GitHub nearly every short name belongs to somebody: text
 * that would call a stranger there is seen to do so here.
 *
 * @param markup - from the sanitiser, so that `<` always begins a tag and `>` ends it.
 * @param seam - keeps apart words between which something was dropped; it is removed.
 */
export function linkReferences(markup: string, context: ReferenceContext, seam: string): string {
  let quiet = 0;
  return markup
    .split(/(<[^>]*>)/)
    .map((part, index) => {
      if (index % 2 === 1) {
        const tag = /^<(\/?)([a-z0-9]+)/.exec(part);
        if (tag !== null && QUIET.has(tag[2] ?? '')) quiet += tag[1] === '/' ? -1 : 1;
        return part.replaceAll(seam, '');
      }
      return part
        .split(seam)
        .map((text) => (quiet > 0 ? text : linkText(decode(text), context)))
        .join('');
    })
    .join('');
}

function linkText(text: string, context: ReferenceContext): string {
  let markup = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const link = linkOf(match[0], match.groups ?? {}, context);
    if (link === undefined) continue;
    markup += escapeHtml(text.slice(end, match.index)) + link;
    end = match.index + match[0].length;
  }
  return markup + escapeHtml(text.slice(end));
}

function linkOf(text: string, groups: Record<string, string | undefined>, context: ReferenceContext): string | undefined {
  const { login, owner, repository, there, here } = groups;
  if (login !== undefined) return `<span class="user-mention">${escapeHtml(text)}</span>`;
  if (owner !== undefined) return issueLink(`/${owner}/${repository}/issues/${there}`, text);
  if (here === undefined || !context.hasIssue(Number(here))) return undefined;
  return issueLink(`/${context.owner}/${context.name}/issues/${here}`, text);
}

const issueLink = (href: string, text: string): string => `<a class="issue-link" href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;

const CHARACTERS: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };

/** References are looked for in the text as it is read: a name after an entity is a name. */
const decode = (text: string): string => text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => CHARACTERS[entity] ?? entity);
