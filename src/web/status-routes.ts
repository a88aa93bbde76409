import type { Hono } from 'hono';
import { refusalOf } from '../core/command/who-may.ts';
import { parseRolloutId } from '../core/model/ids.ts';
import { RETIREMENT_WORDS } from '../core/model/retirement.ts';

import { answerPage, answerText, goTo, serveStylesheet } from '../http/answers.ts';
import type { HttpContext, HttpEnv } from '../http/app.ts';
import { readForm } from '../http/body.ts';
import { stylesheet } from '../http/html/stylesheet.ts';
import { verdictNow } from '../loop/authorise.ts';
import { acceptCommand, type CommandDesk, untilCarriedOut } from '../loop/give-command.ts';

import type { Loop } from '../loop/loop.ts';
import { rolloutNow } from '../loop/rollouts-now.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import type { Commander } from './command-forms.ts';
import { commandPagePath, renderCommandPage } from './command-page.ts';
import { type CommandTarget, parseCommand } from './commands.ts';
import { ASK_FOR_TOKEN, type Door, formToken, isFormToken, visitor } from './door.ts';
import { findFleet } from './find-fleet.ts';
import { type FleetView, renderFleetsPage, renderRolloutPage, type StatusShell } from './status-page.ts';

export interface StatusOptions extends Door {
  /** `undefined` while the bot starts. */
  readonly loop: () => Loop | undefined;
  readonly desk: () => CommandDesk | undefined;
  /** Local mode asks for no token: everybody who can reach the page is the one person at the machine, as whomever they choose. */
  readonly local: boolean;
  /** Ties forms to our pages; the same in every replica. */
  readonly formSecret: string;
  readonly speed: number;
}

const FORM_BYTES_MAX = 8 * 1024;
/** Longer than this a button keeps nobody waiting: the page of the command shows what becomes of it. */
const OUTCOME_MS = 2_000;
const ROLLOUTS_SHOWN = 30;

/** The bot's own pages: fleets, and rollouts with their holds. Everything a page shows comes from the same reads as the API. */
export function addStatusRoutes(app: Hono<HttpEnv>, options: StatusOptions): void {
  serveStylesheet(app, stylesheet);
  const shell = (context: HttpContext): StatusShell => ({
    local: options.local,
    speed: options.speed,
    nowMs: Date.now(),
    commander: commanderOf(options, context),
  });
  const mayRead = (context: HttpContext): boolean => options.local || visitorOf(options, context) !== undefined;
  app.get('/', async (context) => {
    if (!mayRead(context)) return askForToken();
    const loop = options.loop();
    return answerPage(renderFleetsPage(shell(context), loop === undefined ? [] : await fleetsView(loop)));
  });
  app.on(['GET', 'POST'], ['/fleets/:owner/:name', '/fleets/:owner/:name/:what{rollouts|stops|commands}/:id'], async (context) => {
    if (!mayRead(context)) return askForToken();
    const loop = options.loop();
    const place = loop === undefined ? undefined : await placeOf(loop, context);
    if (loop === undefined || place === undefined) return context.notFound();
    if (context.req.method === 'POST' && place.kind !== 'command') return await commandForm(options, loop, context, place);
    const markup = await renderPlace(loop, shell(context), place);
    return markup === undefined ? context.notFound() : answerPage(markup);
  });
}

function askForToken(): Response {
  const answer = answerText('Any name, and your token of the API (FLOTILLA_API_TOKENS) as password.', 401);
  answer.headers.set('www-authenticate', ASK_FOR_TOKEN);
  return answer;
}

/** What a path below `/fleets/OWNER/NAME` is about. */
interface Place {
  readonly fleet: FleetRecord;
  readonly kind: 'fleet' | 'rollout' | 'stop' | 'command';
  /** Of the rollout, stop or command. */
  readonly id: string;
}

async function placeOf(loop: Loop, { req }: HttpContext): Promise<Place | undefined> {
  const fleet = await findFleet(loop.ports.store, req.param('owner'), req.param('name'));
  if (fleet === undefined) return undefined;
  const what = req.param('what');
  return { fleet, kind: PLACES[what ?? ''] ?? 'fleet', id: req.param('id') ?? '' };
}

const PLACES: Readonly<Record<string, Place['kind']>> = { rollouts: 'rollout', stops: 'stop', commands: 'command' };

async function renderPlace(loop: Loop, shell: StatusShell, { fleet, kind, id }: Place): Promise<string | undefined> {
  if (kind === 'fleet') return renderFleetsPage(shell, [await fleetView(loop, fleet)]);
  if (kind === 'command') {
    const command = /^\d{1,15}$/.test(id) ? await loop.ports.store.command(fleet.id, Number(id)) : undefined;
    return command && renderCommandPage(shell, fleet.id, command);
  }
  const rollout = parseRolloutId(id);
  const now = kind === 'rollout' && rollout.ok ? await rolloutNow(loop, fleet.id, rollout.value) : undefined;
  return now === undefined ? undefined : renderRolloutPage(shell, fleet.id, now);
}

async function fleetsView(loop: Loop): Promise<readonly FleetView[]> {
  return await Promise.all((await loop.ports.store.fleets()).map((fleet) => fleetView(loop, fleet)));
}

async function fleetView(loop: Loop, fleet: FleetRecord): Promise<FleetView> {
  const { store } = loop.ports;
  const [rollouts, drifts, stops] = await Promise.all([
    store.recentRollouts(fleet.id, ROLLOUTS_SHOWN),
    store.drifts(fleet.id),
    store.stops(fleet.id),
  ]);
  return { fleet, rollouts, drifts, stops };
}

const visitorOf = (options: StatusOptions, context: HttpContext): string | undefined =>
  visitor(options, context.req.header('authorization'));

/** In local mode the forms are one person's, whoever they give commands as. */
const LOCAL = 'local mode';

function commanderOf(options: StatusOptions, context: HttpContext): Commander | undefined {
  if (options.local) return { token: formToken(options.formSecret, LOCAL), people: options.tokens.map(({ login }) => login) };
  const login = visitorOf(options, context);
  return login === undefined ? undefined : { token: formToken(options.formSecret, login), people: [login] };
}

/** Only a form of ours knows its token, so another site cannot press the button. */
async function commandForm(options: StatusOptions, loop: Loop, context: HttpContext, place: Place): Promise<Response> {
  const form = await readForm(context, { bytesMax: FORM_BYTES_MAX });
  const field = (name: string): string | undefined => form.get(name)?.trim() || undefined;
  const by = commanderOf(options, context)?.people.find((login) => login === field('by'));
  const formOf = options.local ? LOCAL : by;
  if (by === undefined || formOf === undefined || !isFormToken(field('token'), options.formSecret, formOf))
    return answerText('this form is not one of yours; open the page again', 403);
  const command = parseCommand(targetOf(place, field), field, by, loop.ports.clock.now());
  if (!command.ok) return answerText(command.error.message, command.error.status);
  const { store } = loop.ports;
  const { id, retired } = place.fleet;
  if (retired !== undefined) return answerText(`nothing is done for ${id}: ${RETIREMENT_WORDS[retired.why]}`, 409);
  // Nobody is asked: what is pressed while the code host is away, or slow, is stored all the same.
  const verdict = await verdictNow(loop, id, command.value);
  if (verdict.kind === 'may-not') return answerText(refusalOf(command.value, verdict.why), 403);
  const accepted = await acceptCommand(options.desk() ?? loop.ports, id, command.value);
  if (!accepted.ok) return answerText(accepted.error, 409);
  const { outcome } = await untilCarriedOut(store, id, accepted.value, OUTCOME_MS);
  if (outcome === undefined) return goTo(commandPagePath(id, accepted.value));
  if (outcome.kind !== 'done') return answerText(outcome.why, outcome.kind === 'failed' ? 500 : outcome.mayNot === true ? 403 : 409);
  return goTo(pageAfter(place, field('back')));
}

function targetOf({ kind, id }: Place, field: (name: string) => string | undefined): CommandTarget {
  switch (kind) {
    case 'rollout':
      return { kind: 'rollout', rollout: id, verb: field('verb') ?? '' };
    case 'stop':
      return { kind: 'lift', stop: id };
    case 'command':
    case 'fleet':
      return field('verb') === 'reconcile' ? { kind: 'reconcile', release: field('release') ?? '' } : { kind: 'stop' };
  }
}

/** A page of ours, whatever the form says. */
function pageAfter({ fleet, kind, id }: Place, back: string | undefined): string {
  const rollout = parseRolloutId(kind === 'rollout' ? id : (back ?? ''));
  return rollout.ok ? `/fleets/${fleet.id}/rollouts/${rollout.value}` : '/';
}
