import { panel } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import type { EditView, FileView } from './page-views.ts';
import { pathTrail } from './repository.ts';
import { postForm, renderForgePage } from './shell.ts';
import type { ShellView } from './views.ts';

/** A file at a branch or commit, each line with a number that can be linked to. */
export function renderFilePage(shell: ShellView, view: FileView): string {
  const { repository, content } = view;
  const canEdit = view.isBranch && content.kind === 'text';
  return renderForgePage(shell, {
    title: view.path,
    repository,
    tab: 'code',
    main: html`<div class="page-head row"><h1 class="path-title">${pathTrail(repository, view.branch, view.path)}</h1>${canEdit && html`<a class="button primary" href="${addressOf(repository).edit(view.branch, view.path)}">${icon('pencil')}Edit this file</a>`}</div>
${panel({
  title: html`${view.isBranch ? 'On branch' : 'At commit'} <code class="branch">${view.isBranch ? view.branch : view.branch.slice(0, 7)}</code>`,
  body: fileContent(view),
})}`,
  });
}

function fileContent(view: FileView): Html {
  const { content } = view;
  switch (content.kind) {
    case 'binary':
      return html`<p class="empty">Not text (${content.bytes} bytes).</p>`;
    case 'too-large':
      return html`<p class="empty">Too large to show (${content.bytes} bytes): clone the repository to read it.</p>`;
    case 'text': {
      const lines = content.text.replace(/\n$/, '').split('\n');
      return html`<div class="diff-scroll" tabindex="0" role="region" aria-label="Text of ${view.path}"><table class="diff source"><tbody>${lines.map(
        (line, index) =>
          html`<tr id="L${index + 1}"><td class="number"><a href="#L${index + 1}" aria-label="Line ${index + 1}">${index + 1}</a></td><td class="code">${line}</td></tr>
`,
      )}</tbody></table></div>`;
    }
  }
}

/** Edit one file: to a new branch with a pull request, or straight to the branch it was read from. */
export function renderEditPage(shell: ShellView, view: EditView): string {
  const { repository } = view;
  const address = addressOf(repository);
  const toNew = view.target === 'new-branch';
  return renderForgePage(shell, {
    title: `Edit ${view.path}`,
    repository,
    tab: 'code',
    main: html`<div class="page-head"><h1 class="path-title">Edit ${pathTrail(repository, view.branch, view.path)}</h1></div>
${view.problem !== undefined && html`<div class="flash tone-bad" role="alert">${icon('stop')}<p>${view.problem}</p></div>`}
${postForm(
  shell,
  address.edit(view.branch, view.path),
  html`<input type="hidden" name="readAt" value="${view.readAt}">
<label for="text">Text of the file on <code class="branch">${view.branch}</code></label>
<textarea id="text" name="text" class="code" rows="${Math.min(32, Math.max(12, view.text.split('\n').length + 1))}" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off">
${view.text}</textarea>
<label for="subject">What changes, in one line</label>
<input id="subject" name="subject" value="${view.subject}" required maxlength="200">
<label for="body">Why <span class="quiet">(may be left out; becomes the description of the pull request)</span></label>
<textarea id="body" name="body" rows="3" maxlength="65536">
${view.body}</textarea>
<fieldset><legend>Where the commit goes</legend>
<p class="choice"><input type="radio" id="to-new" name="target" value="new-branch"${toNew && html` checked`}><label for="to-new"><strong>A new branch, and open a pull request</strong></label></p>
<p class="choice-detail"><label for="new-branch">Name of the new branch</label> <input id="new-branch" name="newBranch" value="${view.newBranch}" maxlength="200" autocapitalize="off" spellcheck="false"></p>
<p class="choice"><input type="radio" id="to-same" name="target" value="same-branch"${!toNew && html` checked`}><label for="to-same"><strong>Straight to <code class="branch">${view.branch}</code></strong> <span class="quiet">${view.branch === repository.defaultBranch ? 'rolls out at once, without a review' : 'the pull request from it follows'}</span></label></p>
</fieldset>
<div class="actions"><button class="primary">Commit the change</button> <a class="button" href="${address.blob(view.branch, view.path)}">Cancel</a></div>`,
  html` class="stack panel"`,
)}`,
  });
}
