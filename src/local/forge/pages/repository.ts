import { emptyNote, moment, panel } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import { commitRows, issueRows, pullRows } from './lists.ts';
import { renderMarkdown } from './markdown.ts';
import type { RepositoryView, TreeView } from './page-views.ts';
import { renderForgePage } from './shell.ts';
import type { CloneView, RepositoryRef, ShellView, TreeEntry } from './views.ts';

/** The front page of a repository: how to get it, what is going on in it, what it holds. */
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
  body: pullRows(shell, repository, view.pulls, 'No pull request is open. Edit a file below, or push a branch.'),
})}
${view.issues.length > 0 && panel({ title: 'Open issues', aside: html`<a href="${address.issues}">All</a>`, body: issueRows(shell, repository, view.issues, '') })}
${panel({ title: html`Files on <code class="branch">${repository.defaultBranch}</code>`, body: entryRows(repository, repository.defaultBranch, view.entries) })}
${panel({ title: 'Recent commits', body: commitRows(shell, repository, view.commits, 'The branch has no commit yet.') })}
${panel({ title: 'Branches', body: branchRows(shell, view) })}
${view.readme !== undefined && panel({ title: view.readme.path, body: html`<div class="panel-body">${renderMarkdown(view.readme.text, { ...repository, kind: 'file' })}</div>` })}`,
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
    return html`<li><div class="row-main"><p><a class="row-title" href="${address.tree(branch.name, '')}">${icon('branch')}${branch.name}</a>${isDefault && html` <span class="bot">default</span>`}</p>
<p class="quiet">${branch.subject}, ${moment(branch.at, shell.nowMs)}</p></div>
<p class="row-aside">${branch.pull !== undefined ? html`<a href="${address.pull(branch.pull)}">Pull request #${branch.pull}</a>` : !isDefault && html`<a href="${address.compare(view.repository.defaultBranch, branch.name)}">Open a pull request</a>`}</p></li>`;
  })}</ul>`;
}

export function renderTreePage(shell: ShellView, view: TreeView): string {
  return renderForgePage(shell, {
    title: view.path === '' ? view.branch : view.path,
    repository: view.repository,
    tab: 'code',
    main: html`<div class="page-head"><h1 class="path-title">${pathTrail(view.repository, view.branch, view.path)}</h1></div>
${panel({ title: html`Files on <code class="branch">${view.branch}</code>`, body: entryRows(view.repository, view.branch, view.entries) })}`,
  });
}

const ICONS: Record<TreeEntry['kind'], Html> = { folder: icon('folder'), file: icon('file'), link: icon('file') };

function entryRows(repository: RepositoryRef, branch: string, entries: readonly TreeEntry[]): Html {
  if (entries.length === 0) return emptyNote('Nothing here yet.');
  const address = addressOf(repository);
  return html`<ul class="entries">${entries.map((entry) => {
    const href = entry.kind === 'folder' ? address.tree(branch, entry.path) : address.blob(branch, entry.path);
    return html`<li><a href="${href}">${ICONS[entry.kind]}${entry.name}${entry.kind === 'folder' && html`<span class="quiet">/</span>`}</a></li>`;
  })}</ul>`;
}

/** The path with a link for each folder on the way. */
export function pathTrail(repository: RepositoryRef, branch: string, path: string): Html {
  const address = addressOf(repository);
  const parts = path === '' ? [] : path.split('/');
  const links = parts.map((part, index) => {
    const last = index === parts.length - 1;
    return html`<span class="slash">/</span>${last ? html`<strong>${part}</strong>` : html`<a href="${address.tree(branch, parts.slice(0, index + 1).join('/'))}">${part}</a>`}`;
  });
  return html`<a href="${address.tree(branch, '')}">${repository.name}</a>${links}`;
}
