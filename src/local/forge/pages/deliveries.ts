import { badge, moment, plural } from '../../../web/html/components.ts';
import { type Html, html } from '../../../web/html/html.ts';
import { postForm, renderForgePage } from './shell.ts';
import type { DeliveriesView, DeliveryView, ShellView } from './views.ts';

/** What the forge has sent to the bot, newest first, and how the bot answered. */
export function renderDeliveriesPage(shell: ShellView, view: DeliveriesView): string {
  return renderForgePage(shell, {
    title: 'Deliveries',
    main: html`<div class="page-head"><h1>Webhook deliveries</h1>
<p>${view.hookUrl === undefined ? 'No address is known to send events to.' : html`Events go to <code>${view.hookUrl}</code>. A delivery that failed is not sent again by itself, as on GitHub: the bot finds out on its own, or you send it again here.`}</p>${view.waiting > 0 && html`<p>${plural(view.waiting, 'event')} not sent yet.</p>`}</div>
${view.deliveries.length === 0 ? html`<p class="empty">Nothing was sent yet.</p>` : deliveryTable(shell, view.deliveries)}`,
  });
}

function deliveryTable(shell: ShellView, deliveries: readonly DeliveryView[]): Html {
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label="Deliveries"><table class="list">
<thead><tr><th scope="col">When</th><th scope="col">Event</th><th scope="col">Answer</th><th scope="col">Took</th><th scope="col">Delivery</th><th scope="col"><span class="hidden">Action</span></th></tr></thead>
<tbody>${deliveries.map((delivery) => deliveryRow(shell, delivery))}</tbody>
</table></div>`;
}

function deliveryRow(shell: ShellView, delivery: DeliveryView): Html {
  const fine = delivery.statusCode >= 200 && delivery.statusCode < 300;
  const event = `${delivery.event}${delivery.action === undefined ? '' : `.${delivery.action}`}`;
  return html`<tr>
<td>${moment(delivery.at, shell.nowMs)}</td>
<th scope="row"><code>${event}</code>${delivery.redelivery && html` <span class="bot">again</span>`}${delivery.repository !== undefined && html`<br><span class="quiet">${delivery.repository}</span>`}</th>
<td>${badge(fine ? 'good' : 'bad', fine ? 'check' : 'cross', fine ? String(delivery.statusCode) : delivery.statusCode === 0 ? 'No answer' : `${delivery.statusCode}`)}${!fine && html`<br><span class="quiet">${delivery.status}</span>`}</td>
<td>${Math.round(delivery.durationMs)} ms</td>
<td><code title="${delivery.guid}">${delivery.guid.slice(0, 8)}</code></td>
<td>${postForm(shell, `/_forge/deliveries/${delivery.id}/redeliver`, html`<button class="small">Send again<span class="hidden"> ${event} ${delivery.guid.slice(0, 8)}</span></button>`)}</td>
</tr>`;
}
