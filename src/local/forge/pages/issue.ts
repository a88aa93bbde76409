import { moment } from '../../../http/html/components.ts';
import { html } from '../../../http/html/html.ts';
import { addressOf } from './addresses.ts';
import { issueBadge } from './lists.ts';
import { renderForgePage } from './shell.ts';
import { commentBox, labelList, renderComment, renderTimeline } from './timeline.ts';
import type { IssueView, ShellView } from './views.ts';

export function renderIssuePage(shell: ShellView, issue: IssueView): string {
  const address = addressOf(issue.repository);
  return renderForgePage(shell, {
    title: `${issue.title} · Issue #${issue.number}`,
    repository: issue.repository,
    tab: 'issues',
    main: html`<div class="page-head"><h1>${issue.title} <span class="number">#${issue.number}</span></h1>
<p class="page-state">${issueBadge(issue.state)} <span><strong>${issue.author}</strong> opened this ${moment(issue.createdAt, shell.nowMs)}${issue.state === 'closed' && issue.stateReason !== undefined && `, closed as ${issue.stateReason.replaceAll('_', ' ')}`}</span></p>
${labelList(issue.labels)}</div>
<h2 class="hidden">Conversation</h2>
<div class="timeline">
${renderComment(shell, issue.repository, { id: 'description', author: issue.author, bot: issue.authorIsBot, at: issue.createdAt, editedAt: undefined, body: issue.body })}
${renderTimeline(shell, issue.repository, issue.timeline)}
</div>
${commentBox(shell, {
  action: `${address.issue(issue.number)}/comment`,
  toggle: issue.state === 'open' ? { value: 'close', label: 'Close issue' } : { value: 'reopen', label: 'Reopen' },
})}`,
  });
}
