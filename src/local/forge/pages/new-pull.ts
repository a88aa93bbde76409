import { panel } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import { renderDiff } from './diff-table.ts';
import { commitRows } from './lists.ts';
import { postForm, renderForgePage } from './shell.ts';
import type { NewPullView, ShellView } from './views.ts';

/** Choose two branches, see what would be merged, and open the pull request. */
export function renderNewPullPage(shell: ShellView, view: NewPullView): string {
  const { repository } = view;
  const ready = view.head !== undefined && view.obstacle === undefined;
  return renderForgePage(shell, {
    title: 'New pull request',
    repository,
    tab: 'pulls',
    main: html`<div class="page-head"><h1>New pull request</h1></div>
${chooseBranches(view)}
${view.obstacle !== undefined && html`<p class="note">${icon('info')} ${view.obstacle.words}${view.obstacle.pull !== undefined && html` <a href="${addressOf(repository).pull(view.obstacle.pull)}">Go to #${view.obstacle.pull}</a>`}</p>`}
${ready && openForm(shell, view)}
${
  ready &&
  html`${panel({ title: 'Commits', body: commitRows(shell, repository, view.commits, '') })}
${panel({
  title: 'Files changed',
  body: html`<div class="panel-body">${renderDiff({ files: view.files, cut: view.filesCut, annotations: [] })}</div>`,
})}`
}`,
  });
}

function chooseBranches(view: NewPullView): Html {
  const options = (chosen: string | undefined) =>
    view.branches.map((branch) => html`<option value="${branch}"${branch === chosen && html` selected`}>${branch}</option>`);
  return html`<form method="get" action="${addressOf(view.repository).newPull}" class="panel inline-form">
<p><label for="base">Into</label> <select id="base" name="base">${options(view.base)}</select></p>
<p><label for="head">from</label> <select id="head" name="head"><option value="">choose a branch</option>${options(view.head)}</select></p>
<button>Compare</button>
</form>`;
}

function openForm(shell: ShellView, view: NewPullView): Html {
  return postForm(
    shell,
    addressOf(view.repository).newPull,
    html`<input type="hidden" name="base" value="${view.base}"><input type="hidden" name="head" value="${view.head}">
<label for="title">Title</label>
<input id="title" name="title" value="${view.title}" required maxlength="256">
<label for="body">Description <span class="quiet">(Markdown, may be left out)</span></label>
<textarea id="body" name="body" rows="6" maxlength="65536">
${view.body}</textarea>
<div class="actions"><button class="primary">${icon('pull')}Open pull request</button></div>`,
    html` class="stack panel"`,
  );
}
