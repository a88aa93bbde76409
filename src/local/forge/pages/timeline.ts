import { moment } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { type IconName, icon } from '../../../http/html/icons.ts';
import { checksInline } from './checks.ts';
import { renderMarkdown } from './markdown.ts';
import { postForm } from './shell.ts';
import type { LabelView, RepositoryRef, ShellView, TimelineItem } from './views.ts';

const EVENTS: Record<Extract<TimelineItem, { kind: 'event' }>['what'], { readonly icon: IconName; readonly word: string }> = {
  merged: { icon: 'merge', word: 'merged this' },
  closed: { icon: 'skip', word: 'closed this' },
  approved: { icon: 'check', word: 'approved this' },
  'requested changes': { icon: 'hand', word: 'asked for changes' },
  reviewed: { icon: 'comment', word: 'reviewed this' },
};

export interface CommentOptions {
  readonly id: string;
  readonly author: string;
  readonly bot: boolean;
  readonly at: string;
  readonly editedAt: string | undefined;
  readonly body: string;
}

/** What somebody wrote, under their name. */
export function renderComment(shell: ShellView, repository: RepositoryRef, comment: CommentOptions): Html {
  const body = renderMarkdown(comment.body, repository);
  return html`<article class="comment" id="${comment.id}" aria-labelledby="${comment.id}-by">
<header><h3 id="${comment.id}-by">${authorName(comment.author, comment.bot)}<span class="hidden"> wrote</span></h3> <a class="quiet" href="#${comment.id}">${moment(comment.at, shell.nowMs)}</a>${comment.editedAt !== undefined && html` <span class="quiet">· edited ${moment(comment.editedAt, shell.nowMs)}</span>`}</header>
${body.markup === '' ? html`<p class="empty">No description.</p>` : body}
</article>`;
}

/** `flotilla[bot]` is the app: its name, and a word that says what it is. */
export function authorName(login: string, bot: boolean): Html {
  return html`<strong class="author">${login.replace(/\[bot\]$/, '')}</strong>${bot && html` <span class="bot">bot</span>`}`;
}

export function renderTimeline(shell: ShellView, repository: RepositoryRef, items: readonly TimelineItem[]): Html {
  return html`${items.map((item) => timelineItem(shell, repository, item))}`;
}

function timelineItem(shell: ShellView, repository: RepositoryRef, item: TimelineItem): Html {
  switch (item.kind) {
    case 'comment':
      return renderComment(shell, repository, { ...item, id: `comment-${item.id}` });
    case 'commit':
      return html`<div class="happening">${icon('commit')}<p><code>${item.sha.slice(0, 7)}</code> ${item.subject} <span class="quiet">by ${item.author}, ${moment(item.at, shell.nowMs)}</span></p>${checksInline(repository, item.checks)}</div>`;
    case 'event': {
      const look = EVENTS[item.what];
      return html`<div class="happening">${icon(look.icon)}<p><strong>${item.actor}</strong> ${look.word}${item.sha !== undefined && html` <code>${item.sha.slice(0, 7)}</code>`} <span class="quiet">${moment(item.at, shell.nowMs)}</span></p></div>`;
    }
  }
}

export function labelList(labels: readonly LabelView[]): Html | undefined {
  if (labels.length === 0) return undefined;
  return html`<ul class="labels" aria-label="Labels">${labels.map((label) => html`<li class="label"${label.description !== undefined && html` title="${label.description}"`}>${icon('tag')}${label.name}</li>`)}</ul>`;
}

/** The box under a conversation: a comment, and closing or reopening, with or without one. */
export function commentBox(
  shell: ShellView,
  options: { readonly action: string; readonly toggle: { readonly value: 'close' | 'reopen'; readonly label: string } | undefined },
): Html {
  return html`<section class="panel" aria-labelledby="add-comment"><div class="panel-head"><h2 id="add-comment">Add a comment</h2></div>
${postForm(
  shell,
  options.action,
  html`<label for="comment-body">Comment as ${shell.user}, in Markdown</label>
<textarea id="comment-body" name="body" rows="5" maxlength="65536"></textarea>
<div class="actions">
<button class="primary" name="do" value="comment">Comment</button>
${options.toggle !== undefined && html`<button name="do" value="${options.toggle.value}">${options.toggle.label}</button>`}
</div>`,
  html` class="stack"`,
)}</section>`;
}
