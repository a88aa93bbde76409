import { html } from '../../../http/html/html.ts';
import { renderForgePage } from './shell.ts';
import type { ShellView } from './views.ts';

/** Said instead of a page: what is wrong, and where to go from here. */
export function renderErrorPage(
  shell: ShellView,
  error: { readonly title: string; readonly words: string; readonly back?: string },
): string {
  return renderForgePage(shell, {
    title: error.title,
    main: html`<div class="page-head"><h1>${error.title}</h1><p>${error.words}</p>
<p>${error.back !== undefined && html`<a class="button" href="${error.back}">Back</a> `}<a class="button" href="/">All repositories</a></p></div>`,
  });
}
