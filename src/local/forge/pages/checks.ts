import { formatDuration } from '../../../core/model/time.ts';
import { badge, moment, plural, type Tone } from '../../../http/html/components.ts';
import { type Html, html, nothing, safeHref } from '../../../http/html/html.ts';
import { type IconName, icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import { renderMarkdown } from './markdown.ts';
import { postForm, renderForgePage } from './shell.ts';
import type { AnnotationView, CheckBrief, CheckState, CheckView, RepositoryRef, ShellView } from './views.ts';

const LOOKS: Record<CheckState, { readonly tone: Tone; readonly icon: IconName; readonly word: string }> = {
  queued: { tone: 'busy', icon: 'clock', word: 'Queued' },
  in_progress: { tone: 'busy', icon: 'clock', word: 'In progress' },
  success: { tone: 'good', icon: 'check', word: 'Success' },
  failure: { tone: 'bad', icon: 'cross', word: 'Failure' },
  neutral: { tone: 'calm', icon: 'circle', word: 'Neutral' },
  cancelled: { tone: 'calm', icon: 'skip', word: 'Cancelled' },
  skipped: { tone: 'calm', icon: 'skip', word: 'Skipped' },
  timed_out: { tone: 'bad', icon: 'clock', word: 'Timed out' },
  action_required: { tone: 'warn', icon: 'hand', word: 'Action required' },
  stale: { tone: 'calm', icon: 'circle', word: 'Stale' },
};

const LEVELS: Record<AnnotationView['level'], { readonly tone: Tone; readonly icon: IconName; readonly word: string }> = {
  notice: { tone: 'calm', icon: 'info', word: 'Notice' },
  warning: { tone: 'warn', icon: 'warning', word: 'Warning' },
  failure: { tone: 'bad', icon: 'stop', word: 'Error' },
};

export const isPending = (check: CheckBrief): boolean => check.state === 'queued' || check.state === 'in_progress';

const isBad = (check: CheckBrief): boolean => check.state === 'failure' || check.state === 'timed_out';

export function checkBadge(state: CheckState): Html {
  const look = LOOKS[state];
  return badge(look.tone, look.icon, look.word);
}

export function annotationBadge(level: AnnotationView['level']): Html {
  const look = LEVELS[level];
  return badge(look.tone, look.icon, look.word);
}

/** All checks of a commit in a few words, the worst first. */
export function checksVerdict(checks: readonly CheckBrief[]): { readonly state: CheckState; readonly words: string } | undefined {
  if (checks.length === 0) return undefined;
  const bad = checks.filter(isBad).length;
  if (bad > 0) return { state: 'failure', words: `${plural(bad, 'check')} failed` };
  const wanting = checks.filter((check) => check.state === 'action_required').length;
  if (wanting > 0)
    return { state: 'action_required', words: `${plural(wanting, 'check')} ${wanting === 1 ? 'waits' : 'wait'} for a person` };
  const pending = checks.filter(isPending).length;
  if (pending > 0) return { state: 'in_progress', words: `${plural(pending, 'check')} in progress` };
  const passed = checks.filter((check) => check.state === 'success').length;
  if (passed === checks.length)
    return { state: 'success', words: checks.length === 1 ? 'The check passed' : `All ${checks.length} checks passed` };
  return { state: 'neutral', words: `${passed} of ${checks.length} checks passed, the rest say neither yes nor no` };
}

/** The checks of a commit in a list, each a link to its page. */
export function checksInline(repository: RepositoryRef, checks: readonly CheckBrief[]): Html {
  if (checks.length === 0) return nothing;
  const look = (check: CheckBrief) => LOOKS[check.state];
  return html`<ul class="checks-inline" aria-label="Checks">${checks.map(
    (check) =>
      html`<li><a class="badge tone-${look(check).tone}" href="${addressOf(repository).run(check.id)}">${icon(look(check).icon)}<span>${check.name}: ${look(check).word.toLowerCase()}</span></a></li>`,
  )}</ul>`;
}

/** One check, to be opened: closed while there is nothing to worry about. */
export function checkDetails(shell: ShellView, repository: RepositoryRef, check: CheckView): Html {
  return html`<details class="check"${check.state !== 'success' && html` open`}>
<summary><span class="check-name">${checkBadge(check.state)} <strong>${check.name}</strong></span><span class="check-title">${check.title}</span></summary>
${checkBody(shell, repository, check)}
</details>`;
}

export function checkBody(shell: ShellView, repository: RepositoryRef, check: CheckView): Html {
  const details = safeHref(check.detailsUrl);
  return html`<div class="check-body">
<p class="quiet">${checkTimes(shell, check)} by ${check.app} on <code>${check.headSha.slice(0, 7)}</code> · <a href="${addressOf(repository).run(check.id)}">Page of this check</a>${details !== undefined && html` · <a href="${details}" rel="noreferrer">Details</a>`}</p>
${check.summary !== undefined && renderMarkdown(check.summary, repository)}
${annotationList(check)}
${check.text !== undefined && renderMarkdown(check.text, repository)}
${actionButtons(shell, repository, check)}
</div>`;
}

/** As on GitHub: only a completed check can be run again, and shows the buttons of its app. */
function actionButtons(shell: ShellView, repository: RepositoryRef, check: CheckView): Html {
  if (isPending(check)) return nothing;
  const address = addressOf(repository).run(check.id);
  const buttons = check.actions.map(
    (action) =>
      html`<li>${postForm(shell, `${address}/action`, html`<button name="identifier" value="${action.identifier}">${action.label}</button>`)}<span class="quiet">${action.description}</span></li>`,
  );
  return html`<ul class="buttons">${buttons}<li>${postForm(shell, `${address}/rerequest`, html`<button class="small">Run again<span class="hidden"> ${check.name}</span></button>`)}</li></ul>`;
}

function checkTimes(shell: ShellView, check: CheckView): Html {
  const { startedAt, completedAt } = check;
  if (completedAt !== undefined) {
    const took = startedAt === undefined ? undefined : formatDuration(Date.parse(completedAt) - Date.parse(startedAt));
    return html`Completed ${moment(completedAt, shell.nowMs)}${took !== undefined && took !== '0s' && `, took ${took}`}`;
  }
  return startedAt === undefined ? html`Not started` : html`Started ${moment(startedAt, shell.nowMs)}`;
}

function annotationList(check: CheckView): Html {
  if (check.annotations.length === 0) return nothing;
  return html`<ul class="annotations" aria-label="Annotations of ${check.name}">${check.annotations.map(
    (each) => html`<li class="annotation">${annotationBody(each, html`<code>${placeOf(each)}</code>`)}</li>`,
  )}</ul>`;
}

/** `topology/eu.yaml:12:5`, as editors and compilers write it. */
export const placeOf = (annotation: AnnotationView): string =>
  `${annotation.path}:${annotation.startLine}${annotation.startColumn === undefined ? '' : `:${annotation.startColumn}`}`;

/** GitHub shows the text of an annotation as it is, without Markdown. */
export function annotationBody(annotation: AnnotationView, place: Html): Html {
  return html`<p class="annotation-head">${annotationBadge(annotation.level)} ${place}${annotation.title !== undefined && html` <strong>${annotation.title}</strong>`}</p>
<p class="annotation-text">${annotation.message}</p>
${annotation.details !== undefined && html`<pre tabindex="0">${annotation.details}</pre>`}`;
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
