import { type Content, type Html, html } from './html.ts';
import { type IconName, icon } from './icons.ts';

/** What a state means for the reader; the colour follows it, and never stands alone. */
export type Tone = 'good' | 'bad' | 'busy' | 'warn' | 'calm' | 'done';

/** A state as icon and word. */
export function badge(tone: Tone, name: IconName, word: string): Html {
  return html`<span class="badge tone-${tone}">${icon(name)}<span>${word}</span></span>`;
}

const SECOND = 1_000;
const UNITS = [
  ['day', 86_400 * SECOND],
  ['hour', 3_600 * SECOND],
  ['minute', 60 * SECOND],
  ['second', SECOND],
] as const;

/** `3 minutes ago`, `in 2 hours`, `just now`: the largest unit only. Arguments in milliseconds since the epoch. */
export function relativeTime(atMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - atMs);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(distance / length);
    if (count === 0) continue;
    const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
    return atMs <= nowMs ? `${words} ago` : `in ${words}`;
  }
  return 'just now';
}

/** A moment, relative in the text and absolute (UTC) for machines and on hover. `at` is ISO 8601. */
export function moment(at: string, nowMs: number): Html {
  const atMs = Date.parse(at);
  if (Number.isNaN(atMs)) return html`<span>${at}</span>`;
  const iso = new Date(atMs).toISOString();
  return html`<time datetime="${iso}" title="${iso.slice(0, 19).replace('T', ' ')} UTC">${relativeTime(atMs, nowMs)}</time>`;
}

/** `1 cluster`, `2 clusters`. */
export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** Content in a frame, with a bar on top that names it. */
export function panel(options: {
  readonly id?: string;
  readonly title: Content;
  readonly level?: 2 | 3;
  readonly aside?: Content;
  readonly body: Content;
}): Html {
  const heading = options.level === 3 ? html`<h3>${options.title}</h3>` : html`<h2>${options.title}</h2>`;
  return html`<section class="panel"${options.id !== undefined && html` id="${options.id}"`}>
<div class="panel-head">${heading}${options.aside !== undefined && html`<div class="panel-aside">${options.aside}</div>`}</div>
${options.body}
</section>`;
}

/** Said when a list is empty, with what to do next. */
export const emptyNote = (text: Content): Html => html`<p class="empty">${text}</p>`;

/** A message at the top of the page after an action; read out by screen readers. */
export function flash(tone: 'good' | 'bad', text: Content): Html {
  return html`<div class="flash tone-${tone}" role="${tone === 'bad' ? 'alert' : 'status'}">${icon(tone === 'bad' ? 'stop' : 'check')}<p>${text}</p></div>`;
}
