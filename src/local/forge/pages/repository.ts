import { emptyNote, moment, panel } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import { commitRows, issueRows, pullRows } from './lists.ts';
import { renderForgePage } from './shell.ts';
import type { CloneView, RepositoryView, ShellView } from './views.ts';

/** The front page of a repository: how to get it and what is going on in it. */
export function renderRepositoryPage(shell: ShellView, view: RepositoryView): string {
  const { repository } = view;
  const address = addressOf(repository);
  return renderForgePage(shell, {
    title: 'Code',
    repository,
    tab: 'code',
    main: html`<div class="page-head"><h1>${repository.owner}/${repository.name}</h1>${view.description !== undefined && html`<p>${view.description}</p>`}</div>
${cloneBox(shell, view.clone)}
${panel({
  title: 'Open pull requests',
  aside: html`<a href="${address.pulls}">All</a> <a href="${address.newPull}">New</a>`,
  body: pullRows(shell, repository, view.pulls, 'No pull request is open. Clone it, push a branch, and open one.'),
})}
${view.issues.length > 0 && panel({ title: 'Open issues', aside: html`<a href="${address.issues}">All</a>`, body: issueRows(shell, repository, view.issues, '') })}
${panel({ title: 'Recent commits', body: commitRows(shell, repository, view.commits, 'The branch has no commit yet.') })}
${panel({ title: 'Branches', body: branchRows(shell, view) })}`,
  });
}

/** How to clone, and what git asks for on a push. */
export function cloneBox(shell: ShellView, clone: CloneView): Html {
  return html`<div class="clone-more"><p class="clone"><span>Clone with</span> <code tabindex="0">git clone ${clone.url}</code></p>
${clone.token !== undefined && html`<details><summary class="quiet">To push, and for GitHub clients</summary><p class="clone">User <code tabindex="0">${shell.user}</code>, password or token <code tabindex="0">${clone.token}</code></p></details>`}</div>`;
}

function branchRows(shell: ShellView, view: RepositoryView): Html {
  const address = addressOf(view.repository);
  if (view.branches.length === 0) return emptyNote('No branch yet: clone it and push one.');
  return html`<ul class="rows">${view.branches.map((branch) => {
    const isDefault = branch.name === view.repository.defaultBranch;
    return html`<li><div class="row-main"><p><span class="row-title">${icon('branch')}${branch.name}</span>${isDefault && html` <span class="bot">default</span>`}</p>
<p class="quiet">${branch.subject}, ${moment(branch.at, shell.nowMs)}</p></div>
<p class="row-aside">${branch.pull !== undefined ? html`<a href="${address.pull(branch.pull)}">Pull request #${branch.pull}</a>` : !isDefault && html`<a href="${address.compare(view.repository.defaultBranch, branch.name)}">Open a pull request</a>`}</p></li>`;
  })}</ul>`;
}
