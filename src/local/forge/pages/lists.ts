import { badge, emptyNote, moment, panel, plural } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import { checksInline } from './checks.ts';
import { pullBadge } from './pull.ts';
import { renderForgePage } from './shell.ts';
import { labelList } from './timeline.ts';
import type { CommitBrief, IssueBrief, PullBrief, RepositoryRef, ShellView } from './views.ts';

export interface ListView<Item> {
  readonly repository: RepositoryRef;
  readonly state: 'open' | 'closed';
  readonly items: readonly Item[];
  /** Older ones were left out. */
  readonly cut: boolean;
}

export function renderPullsPage(shell: ShellView, view: ListView<PullBrief>): string {
  const address = addressOf(view.repository);
  return renderForgePage(shell, {
    title: 'Pull requests',
    repository: view.repository,
    tab: 'pulls',
    main: html`<div class="page-head row"><h1>Pull requests</h1><a class="button primary" href="${address.newPull}">New pull request</a></div>
${panel({
  title: view.state === 'open' ? 'Open' : 'Closed and merged',
  aside: stateSwitch(address.pulls, view.state),
  body: pullRows(
    shell,
    view.repository,
    view.items,
    view.state === 'open' ? 'No pull request is open.' : 'No pull request was closed yet.',
  ),
})}
${view.cut && html`<p class="quiet">Only the newest are shown.</p>`}`,
  });
}

export function renderIssuesPage(shell: ShellView, view: ListView<IssueBrief>): string {
  const address = addressOf(view.repository);
  return renderForgePage(shell, {
    title: 'Issues',
    repository: view.repository,
    tab: 'issues',
    main: html`<div class="page-head"><h1>Issues</h1><p class="quiet">The bot opens one for each cluster that drifts, keeps it up to date, and closes it when the drift is gone.</p></div>
${panel({
  title: view.state === 'open' ? 'Open' : 'Closed',
  aside: stateSwitch(address.issues, view.state),
  body: issueRows(shell, view.repository, view.items, view.state === 'open' ? 'No issue is open.' : 'No issue was closed yet.'),
})}
${view.cut && html`<p class="quiet">Only the newest are shown.</p>`}`,
  });
}

function stateSwitch(home: string, state: 'open' | 'closed'): Html {
  const link = (value: 'open' | 'closed', word: string) =>
    html`<a href="${home}?state=${value}"${value === state && html` aria-current="true"`}>${word}</a>`;
  return html`<span class="switch">${link('open', 'Open')} ${link('closed', 'Closed')}</span>`;
}

export function pullRows(shell: ShellView, repository: RepositoryRef, pulls: readonly PullBrief[], none: string): Html {
  if (pulls.length === 0) return emptyNote(none);
  return html`<ul class="rows">${pulls.map(
    (pull) => html`<li><div class="row-main"><p><a class="row-title" href="${addressOf(repository).pull(pull.number)}">${pull.title}</a></p>
<p class="quiet">${pullBadge(pull.state)} #${pull.number} by ${pull.author}, ${moment(pull.createdAt, shell.nowMs)}, <code class="branch">${pull.head}</code> into <code class="branch">${pull.base}</code>${pull.comments > 0 && html`, ${plural(pull.comments, 'comment')}`}</p></div>
${checksInline(repository, pull.checks)}</li>`,
  )}</ul>`;
}

export const issueBadge = (state: 'open' | 'closed'): Html =>
  state === 'open' ? badge('good', 'circle', 'Open') : badge('done', 'check', 'Closed');

export function issueRows(shell: ShellView, repository: RepositoryRef, issues: readonly IssueBrief[], none: string): Html {
  if (issues.length === 0) return emptyNote(none);
  return html`<ul class="rows">${issues.map(
    (
      issue,
    ) => html`<li><div class="row-main"><p><a class="row-title" href="${addressOf(repository).issue(issue.number)}">${issue.title}</a></p>
<p class="quiet">${issueBadge(issue.state)} #${issue.number} by ${issue.author}, ${moment(issue.createdAt, shell.nowMs)}${issue.comments > 0 && html`, ${plural(issue.comments, 'comment')}`}</p></div>
${labelList(issue.labels)}</li>`,
  )}</ul>`;
}

export function commitRows(shell: ShellView, repository: RepositoryRef, commits: readonly CommitBrief[], none: string): Html {
  if (commits.length === 0) return emptyNote(none);
  return html`<ul class="rows">${commits.map(
    (commit) => html`<li><div class="row-main"><p><span class="row-title">${commit.subject}</span></p>
<p class="quiet">${icon('commit')}<code>${commit.sha.slice(0, 7)}</code> by ${commit.author}, ${moment(commit.at, shell.nowMs)}</p></div>
${checksInline(repository, commit.checks)}</li>`,
  )}</ul>`;
}
