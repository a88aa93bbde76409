import type { AcceptedCommand } from '../core/command/accepted.ts';
import { assertNever } from '../core/model/assert.ts';
import type { FleetId } from '../core/model/ids.ts';
import { VERB_WORDS } from '../core/report/words.ts';
import { badge, moment } from '../http/html/components.ts';
import { type Html, html } from '../http/html/html.ts';
import { WAITS_FOR } from './command-answer.ts';
import { type StatusShell, statusLayout } from './status-page.ts';

/** Where a command that was given on a page can be followed. */
export const commandPagePath = (fleet: FleetId, { id }: Pick<AcceptedCommand, 'id'>): string => `/fleets/${fleet}/commands/${id}`;

/** One command, and what became of it: whoever pressed a button must not have to guess whether it counts. */
export function renderCommandPage(shell: StatusShell, fleet: FleetId, accepted: AcceptedCommand): string {
  const { id, command, givenAt } = accepted;
  const title = `Command ${id}: ${VERB_WORDS[command.verb].label}`;
  const back = 'rollout' in command ? `/fleets/${fleet}/rollouts/${command.rollout}` : `/fleets/${fleet}`;
  const main = html`<h1>${title}</h1>
<p>Given by ${command.by}, ${moment(new Date(givenAt).toISOString(), shell.nowMs)}: ${command.reason}</p>
<div id="command" data-live>${standing(accepted)}</div>
<p><a href="${back}">Back to the ${'rollout' in command ? 'rollout' : 'fleet'}</a></p>`;
  return statusLayout(shell, title, main, [{ href: '/', label: 'Rollouts' }]);
}

function standing({ outcome }: AcceptedCommand): Html {
  if (outcome === undefined)
    return html`<p>${badge('warn', 'clock', 'accepted')} It is stored and cannot be lost, and has changed nothing yet. ${WAITS_FOR}</p>`;
  switch (outcome.kind) {
    case 'done':
      return html`<p>${badge('good', 'check', 'done')}</p><ul>${[...outcome.changes.map(({ why }) => why), ...outcome.notes].map((line) => html`<li>${line}</li>`)}</ul>`;
    case 'refused':
      return html`<div class="flash tone-bad" role="alert">Refused: ${outcome.why}</div>`;
    case 'failed':
      return html`<div class="flash tone-bad" role="alert">It changed nothing, by a fault of Flotilla: ${outcome.why}</div>`;
    default:
      return assertNever(outcome, 'standing');
  }
}
