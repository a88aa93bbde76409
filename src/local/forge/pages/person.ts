import { emptyNote, panel } from '../../../http/html/components.ts';
import { html } from '../../../http/html/html.ts';
import { addressOf } from './addresses.ts';
import { pullRows } from './lists.ts';
import type { PersonView } from './page-views.ts';
import { renderForgePage } from './shell.ts';
import type { ShellView } from './views.ts';

const KINDS: Record<PersonView['kind'], string> = { User: 'Person', Organization: 'Organisation', Bot: 'Bot' };

export function renderPersonPage(shell: ShellView, view: PersonView): string {
  return renderForgePage(shell, {
    title: view.login,
    main: html`<div class="page-head"><h1>${view.login}</h1><p class="quiet">${KINDS[view.kind]}${view.name !== view.login && html`, ${view.name}`}</p></div>
${
  view.repositories.length > 0 &&
  panel({
    title: 'Repositories',
    body: html`<ul class="entries">${view.repositories.map((repository) => html`<li><a href="${addressOf(repository).home}">${repository.owner}/${repository.name}</a></li>`)}</ul>`,
  })
}
${panel({
  title: 'Open pull requests',
  body: view.pulls.length === 0 ? emptyNote('None.') : view.pulls.map(({ repository, pull }) => pullRows(shell, repository, [pull], '')),
})}`,
  });
}
