import { moment, panel } from '../../../http/html/components.ts';
import { html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import { checkBadge, checkBody, checkDetails, isPending } from './checks.ts';
import { renderDiff } from './diff-table.ts';
import type { CommitView } from './page-views.ts';
import { renderForgePage } from './shell.ts';
import type { CheckView, RepositoryRef, ShellView } from './views.ts';

export function renderCommitPage(shell: ShellView, view: CommitView): string {
  const { repository } = view;
  const address = addressOf(repository);
  const parents = view.parents.map(
    (parent, index) => html`${index > 0 && ', '}<a href="${address.commit(parent)}"><code>${parent.slice(0, 7)}</code></a>`,
  );
  return renderForgePage(shell, {
    title: view.subject,
    repository,
    tab: 'code',
    pending: view.checks.some(isPending),
    main: html`<div class="page-head"><h1>${view.subject}</h1>
<p class="page-state">${icon('commit')}<span><code>${view.sha}</code></span></p>
<p class="quiet">by ${view.author}, ${moment(view.at, shell.nowMs)}${parents.length > 0 && html`, after ${parents}`}${view.pulls.map((pull) => html`, from <a href="${address.pull(pull.number)}">${pull.title} #${pull.number}</a>`)}</p>
${view.body !== '' && html`<pre class="message">${view.body}</pre>`}
<p><a href="${address.tree(view.sha, '')}">Browse the files at this commit</a></p></div>
${panel({
  id: 'checks',
  title: 'Checks',
  body: html`<div id="live-checks" data-live>${view.checks.length === 0 ? html`<p class="empty">No check on this commit.</p>` : view.checks.map((check) => checkDetails(shell, repository, check))}</div>`,
})}
${panel({
  id: 'files',
  title: 'Files changed',
  body: html`<div class="panel-body">${renderDiff({ repository, head: view.sha, files: view.files, cut: view.filesCut, annotations: view.checks.flatMap((check) => check.annotations) })}</div>`,
})}`,
  });
}

/** One check run on a page of its own. */
export function renderRunPage(shell: ShellView, view: { readonly repository: RepositoryRef; readonly check: CheckView }): string {
  const { repository, check } = view;
  return renderForgePage(shell, {
    title: check.name,
    repository,
    pending: isPending(check),
    main: html`<div id="live-run" data-live><div class="page-head"><h1>${check.name}</h1>
<p class="page-state">${checkBadge(check.state)} <span>${check.title}</span></p></div>
<div class="panel">${checkBody(shell, repository, check)}</div></div>`,
  });
}
