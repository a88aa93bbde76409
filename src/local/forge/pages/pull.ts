import { badge, moment, panel, plural, type Tone } from '../../../http/html/components.ts';
import { type Html, html, nothing } from '../../../http/html/html.ts';
import { type IconName, icon } from '../../../http/html/icons.ts';
import { type Addresses, addressOf } from './addresses.ts';
import { checkBadge, checkDetails, checksVerdict, isPending } from './checks.ts';
import { renderDiff } from './diff-table.ts';
import { postForm, renderForgePage } from './shell.ts';
import { commentBox, labelList, renderComment, renderTimeline } from './timeline.ts';
import type { CheckView, Mergeability, PullState, PullView, ShellView } from './views.ts';

const STATES: Record<PullState, { readonly tone: Tone; readonly icon: IconName; readonly word: string }> = {
  open: { tone: 'good', icon: 'pull', word: 'Open' },
  draft: { tone: 'calm', icon: 'pull', word: 'Draft' },
  merged: { tone: 'done', icon: 'merge', word: 'Merged' },
  closed: { tone: 'bad', icon: 'pull', word: 'Closed' },
};

export function pullBadge(state: PullState): Html {
  const look = STATES[state];
  return badge(look.tone, look.icon, look.word);
}

/** How long after a push or a merge a check is still expected to appear, in milliseconds. */
const CHECK_EXPECTED_MS = 30_000;

export function renderPullPage(shell: ShellView, pull: PullView): string {
  const address = addressOf(pull.repository);
  const annotations = pull.checks.flatMap((check) => check.annotations);
  const pending = [...pull.checks, ...pull.mergeChecks].some(isPending) || shell.nowMs - pull.lastChangeMs < CHECK_EXPECTED_MS;
  return renderForgePage(shell, {
    title: `${pull.title} · Pull request #${pull.number}`,
    repository: pull.repository,
    tab: 'pulls',
    pending,
    main: html`${heading(shell, pull)}
<nav class="on-this-page" aria-label="On this page"><ul><li><a href="#conversation">Conversation</a></li><li><a href="#checks">Checks</a></li><li><a href="#files">Files changed <span class="count">${pull.files.length}</span></a></li></ul></nav>
<section id="conversation" aria-labelledby="conversation-title"><h2 id="conversation-title" class="hidden">Conversation</h2>
<div class="timeline" id="live-timeline" data-live>
${renderComment(shell, pull.repository, { id: 'description', author: pull.author, bot: pull.authorIsBot, at: pull.createdAt, editedAt: undefined, body: pull.body })}
${renderTimeline(shell, pull.repository, pull.timeline)}
</div></section>
${checks(shell, pull)}
${mergeBox(shell, pull, address)}
${commentBox(shell, { action: `${address.pull(pull.number)}/comment`, toggle: toggleOf(pull) })}
${panel({
  id: 'files',
  title: 'Files changed',
  body: html`<div class="panel-body">${renderDiff({ files: pull.files, cut: pull.filesCut, annotations })}</div>`,
})}`,
  });
}

function heading(shell: ShellView, pull: PullView): Html {
  const { mergedAs } = pull;
  const branches = html`<code class="branch">${pull.base.branch}</code> from <code class="branch">${pull.head.branch}</code>`;
  const commits = plural(pull.commitCount, 'commit');
  return html`<div class="page-head"><h1>${pull.title} <span class="number">#${pull.number}</span></h1>
<div id="live-state" data-live><p class="page-state">${pullBadge(pull.state)} ${
    mergedAs === undefined
      ? html`<span><strong>${pull.author}</strong> wants to merge ${commits} into ${branches}</span>`
      : html`<span><strong>${mergedAs.by}</strong> merged ${commits} into ${branches} ${moment(mergedAs.at, shell.nowMs)}</span>`
  }</p></div>
${labelList(pull.labels)}</div>`;
}

function checks(shell: ShellView, pull: PullView): Html {
  return html`<section class="panel" id="checks" aria-labelledby="checks-title"><div id="live-checks" data-live>
${
  pull.mergedAs !== undefined &&
  html`<div class="panel-head"><h2>Checks after the merge</h2>${verdict(pull.mergeChecks)}</div>
${pull.mergeChecks.length === 0 ? html`<p class="empty">No check on the merged commit <code>${pull.mergedAs.sha.slice(0, 7)}</code> yet.</p>` : pull.mergeChecks.map((check) => checkDetails(shell, pull.repository, check))}`
}
<div class="panel-head"><h2 id="checks-title">${pull.mergedAs === undefined ? 'Checks' : 'Checks before the merge'}</h2>${verdict(pull.checks)}</div>
${pull.checks.length === 0 ? html`<p class="empty">No check on the newest commit <code>${pull.head.sha.slice(0, 7)}</code> yet.</p>` : pull.checks.map((check) => checkDetails(shell, pull.repository, check))}
</div></section>`;
}

function verdict(checks: readonly CheckView[]): Html {
  const said = checksVerdict(checks);
  return said === undefined ? nothing : html`<p class="panel-aside">${checkBadge(said.state)} ${said.words}</p>`;
}

const MERGEABILITY: Record<
  Mergeability,
  { readonly tone: Tone; readonly icon: IconName; readonly word: string; readonly explain: string }
> = {
  mergeable: { tone: 'good', icon: 'check', word: 'No conflict', explain: 'It can be merged as it is.' },
  conflict: {
    tone: 'bad',
    icon: 'cross',
    word: 'Conflict',
    explain: 'Both branches changed the same lines. Merge the base branch into the pull request in git, resolve the conflict, and push.',
  },
  'nothing-to-merge': {
    tone: 'calm',
    icon: 'circle',
    word: 'Nothing to merge',
    explain: 'The base branch has all of its commits already.',
  },
  'head-gone': { tone: 'bad', icon: 'cross', word: 'Branch is gone', explain: 'The branch was deleted. Push it again to merge it.' },
};

const METHODS = [
  { value: 'merge', label: 'Merge commit', explain: 'all commits, and one that joins them' },
  { value: 'squash', label: 'Squash', explain: 'one commit with the whole change' },
  { value: 'rebase', label: 'Rebase', explain: 'the commits put on top of the base branch, one by one' },
] as const;

function mergeBox(shell: ShellView, pull: PullView, address: Addresses): Html {
  if (pull.state === 'merged') return afterMerge(shell, pull, address);
  if (pull.state === 'closed') return nothing;
  const look = MERGEABILITY[pull.mergeability ?? 'mergeable'];
  const said = checksVerdict(pull.checks);
  return panel({
    id: 'merge',
    title: 'Merge',
    body: html`<div class="panel-body"><div id="live-merge" data-live>
<p class="status-line">${pull.mergeability === undefined ? html`${badge('busy', 'clock', 'Not known yet')} git is still trying the merge.` : html`${badge(look.tone, look.icon, look.word)} ${look.explain}`}</p>
${said !== undefined && html`<p class="status-line">${checkBadge(said.state)} ${said.words}.${said.state !== 'success' && said.state !== 'neutral' && html` Nothing stops the merge here; on GitHub a branch rule can require the check.`}</p>`}
</div>
${
  (pull.mergeability ?? 'mergeable') === 'mergeable' &&
  postForm(
    shell,
    `${address.pull(pull.number)}/merge`,
    html`<input type="hidden" name="sha" value="${pull.head.sha}">
<fieldset><legend>How</legend>${METHODS.map(
      (method, index) =>
        html`<p class="choice"><input type="radio" id="merge-${method.value}" name="method" value="${method.value}"${index === 0 && html` checked`}><label for="merge-${method.value}"><strong>${method.label}</strong> <span class="quiet">${method.explain}</span></label></p>`,
    )}</fieldset>
<div class="actions"><button class="primary">${icon('merge')}Merge pull request</button></div>`,
    html` class="stack flush"`,
  )
}</div>`,
  });
}

function afterMerge(shell: ShellView, pull: PullView, address: Addresses): Html {
  const { mergedAs } = pull;
  if (mergedAs === undefined) return nothing;
  const commit = html`<code>${mergedAs.sha.slice(0, 7)}</code>`;
  return panel({
    id: 'merge',
    title: 'Merged',
    body: html`<div class="panel-body"><p class="status-line">${pullBadge('merged')} <span>It is on <code class="branch">${pull.base.branch}</code> as ${commit}.</span></p>
${
  pull.revertedBy === undefined
    ? postForm(
        shell,
        `${address.pull(pull.number)}/revert`,
        html`<p class="quiet">Opens a pull request that takes the change back; merging that rolls the clusters back.</p><div class="actions"><button>Revert</button></div>`,
        html` class="stack flush"`,
      )
    : html`<p>The change is taken back by <a href="${address.pull(pull.revertedBy)}">#${pull.revertedBy}</a>.</p>`
}</div>`,
  });
}

function toggleOf(pull: PullView): { readonly value: 'close' | 'reopen'; readonly label: string } | undefined {
  if (pull.state === 'merged') return undefined;
  return pull.state === 'closed' ? { value: 'reopen', label: 'Reopen' } : { value: 'close', label: 'Close pull request' };
}
