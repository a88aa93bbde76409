import { badge, emptyNote, moment, panel, plural } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { postForm, renderForgePage } from './shell.ts';
import type { DeliveriesView, DeliveryView, ShellView } from './views.ts';

/** What the forge has sent to the bot, newest first, and how the bot answered. */
export function renderDeliveriesPage(shell: ShellView, view: DeliveriesView): string {
  return renderForgePage(shell, {
    title: 'Deliveries',
    main: html`<div class="page-head"><h1>Webhook deliveries</h1>
<p>${view.hookUrl === undefined ? 'No address is known to send events to.' : html`Events go to <code>${view.hookUrl}</code>. A delivery that failed is not sent again by itself, as on GitHub: the bot finds out on its own, or you send it again here.`}</p>${view.waiting > 0 && html`<p>${plural(view.waiting, 'event')} not sent yet.</p>`}</div>
${panel({ title: 'Newest first', body: view.deliveries.length === 0 ? emptyNote('Nothing was sent yet.') : html`<ul class="rows">${view.deliveries.map((delivery) => deliveryRow(shell, delivery))}</ul>` })}`,
  });
}

function deliveryRow(shell: ShellView, delivery: DeliveryView): Html {
  const { guid, statusCode } = delivery;
  const isFine = statusCode >= 200 && statusCode < 300;
  const event = `${delivery.event}${delivery.action === undefined ? '' : `.${delivery.action}`}`;
  const state = isFine ? badge('good', 'check', `Answered ${statusCode}`) : badge('bad', 'cross', `Failed: ${delivery.status}`);
  return html`<li><div class="row-main"><p><code>${event}</code>${delivery.redelivery && html` <span class="bot">sent again</span>`}${delivery.repository !== undefined && ` ${delivery.repository}`}</p>
<p class="quiet">${moment(delivery.at, shell.nowMs)}, took ${Math.round(delivery.durationMs)} ms, <code title="${guid}">${guid.slice(0, 8)}</code></p></div>
<div class="row-aside">${state}${postForm(shell, `/_forge/deliveries/${delivery.id}/redeliver`, html`<button class="small">Send again<span class="hidden"> ${event} ${guid.slice(0, 8)}</span></button>`)}</div></li>`;
}
