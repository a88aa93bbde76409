import type { RolloutVerb } from '../core/command/command.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { RolloutStatus } from '../core/reconcile/state.ts';
import { VERB_WORDS } from '../core/report/words.ts';
import type { Stop } from '../core/stop/stop.ts';
import { panel } from '../http/html/components.ts';
import { type Content, type Html, html } from '../http/html/html.ts';
import type { RolloutNow } from '../loop/rollouts-now.ts';

/** Verbs with a button, by the status of the rollout. The others need a phase or a cluster, and are for the API. */
const BUTTONS: Readonly<Record<RolloutStatus, readonly RolloutVerb[]>> = {
  pending: ['take-over', 'pause', 'abort'],
  'awaiting-approval': ['pause', 'abort'],
  running: ['pause', 'expedite', 'retry', 'abort'],
  paused: ['resume', 'retry', 'abort'],
  aborted: ['retry'],
  superseded: [],
  completed: [],
  'completed-with-deferrals': ['retry'],
};

/** Whoever the commands of a page are given by. */
export interface Commander {
  /** Only a form of ours knows it. */
  readonly token: string;
  /** In local mode everybody at the machine is whom they choose; else the one whose token came with the request. */
  readonly people: readonly string[];
}

/** Who and why: the audit wants both of every command. */
const whoAndWhy = ({ token, people }: Commander): Html => html`<input type="hidden" name="token" value="${token}">
<p><label>Who <select name="by">${people.map((login) => html`<option value="${login}">${login}</option>`)}</select></label></p>
<p><label>Why <input name="reason" required maxlength="300"></label></p>`;

/** What a person may ask of a rollout by button. */
export function rolloutForms(commander: Commander, fleet: FleetId, { planned, state, holds }: RolloutNow): Html {
  const action = `/fleets/${fleet}/rollouts/${state.id}`;
  // It completed, and one of its clusters broke afterwards.
  const hasFailed = state.status === 'completed' && [...state.targets.values()].some(({ status }) => status === 'failed');
  const verbs: readonly RolloutVerb[] = hasFailed ? ['retry'] : BUTTONS[state.status];
  const waiting = planned.phases.filter(
    ({ name }) => state.phases.get(name)?.status === 'awaiting-approval' && state.finishedAt === undefined,
  );
  const forms: Content[] = waiting.map(
    ({ name }) => html`<form class="panel-body" method="post" action="${action}">
${whoAndWhy(commander)}
<input type="hidden" name="phase" value="${name}"><input type="hidden" name="digest" value="${state.digest}">
<p><button name="verb" value="approve">Approve phase ${name} of plan ${state.digest}</button></p>
</form>`,
  );
  const required = holds.all?.reason.kind === 'required-product' ? holds.all.reason.product : undefined;
  if (required !== undefined) {
    forms.push(html`<form class="panel-body" method="post" action="${action}">
${whoAndWhy(commander)}
<input type="hidden" name="product" value="${required}">
<p><button name="verb" value="waive" title="${VERB_WORDS.waive.meaning}">Do not wait for product ${required}</button></p>
</form>`);
  }
  if (verbs.length > 0) {
    forms.push(html`<form class="panel-body" method="post" action="${action}">
${whoAndWhy(commander)}
<p>${verbs.map((verb) => html`<button name="verb" value="${verb}" title="${VERB_WORDS[verb].meaning}">${VERB_WORDS[verb].label}</button> `)}</p>
</form>`);
  }
  return forms.length === 0 ? html`` : panel({ title: 'Commands', body: forms });
}

/** @param rollout - the page to come back to. */
export function liftForm(commander: Commander, fleet: FleetId, { id }: Stop, rollout: string | undefined): Html {
  return html`<form method="post" action="/fleets/${fleet}/stops/${id}">
${whoAndWhy(commander)}
${rollout !== undefined && html`<input type="hidden" name="back" value="${rollout}">`}
<p><button title="${VERB_WORDS.lift.meaning}">${VERB_WORDS.lift.label}</button></p>
</form>`;
}

/** Stops a part of the fleet, or plans a release anew. */
export function fleetForms(commander: Commander, fleet: FleetId): Html {
  return html`<details class="panel-body"><summary>Stop or reconcile</summary>
<form method="post" action="/fleets/${fleet}">
${whoAndWhy(commander)}
<p><label>Stop <select name="scope"><option value="fleet">the whole fleet</option><option value="product">a product</option><option value="release">a release</option><option value="data-plane">a data plane</option><option value="cluster">a cluster</option></select></label> <label>named <input name="name" maxlength="100"></label> <button name="verb" value="stop" title="${VERB_WORDS.stop.meaning}">${VERB_WORDS.stop.label}</button></p>
</form>
<form method="post" action="/fleets/${fleet}">
${whoAndWhy(commander)}
<p><label>Release <input name="release" required maxlength="100"></label> <button name="verb" value="reconcile" title="${VERB_WORDS.reconcile.meaning}">${VERB_WORDS.reconcile.label}</button></p>
</form></details>`;
}
