import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FleetId, parseFleetId, parseRolloutId } from '../core/model/ids.ts';
import { pageHeaders } from '../http/html/policy.ts';
import { stylesheet } from '../http/html/stylesheet.ts';
import { commandFleet } from '../loop/command.ts';
import type { Loop } from '../loop/loop.ts';
import { rolloutNow } from '../loop/rollouts-now.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { type CommandTarget, parseCommand } from './commands.ts';
import { ASK_FOR_TOKEN, type Door, mayEnter } from './door.ts';
import { type FleetView, renderFleetsPage, renderRolloutPage, type StatusShell } from './status-page.ts';

export interface StatusOptions extends Door {
  readonly loop: () => Loop | undefined;
  /** Commands by button are for local mode, where everybody who can reach the page is the one person at the machine. */
  readonly local: boolean;
  readonly speed: number;
  readonly readBody: (request: IncomingMessage, most: number) => Promise<Buffer | undefined>;
}

const FORM_BYTES_MAX = 8 * 1024;
const ROLLOUTS_SHOWN = 30;

/** The bot's own pages: fleets, and rollouts with their holds. Everything a page shows comes from the same reads as the API. */
export function statusRoute(options: StatusOptions): (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean> {
  return async (request, response, url) => {
    if (url.pathname === stylesheet.path) {
      response.writeHead(200, stylesheet.headers).end(stylesheet.text);
      return true;
    }
    if (url.pathname !== '/' && !url.pathname.startsWith('/fleets/')) return false;
    if (!options.local && !mayEnter(options, request)) {
      response.writeHead(401, { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8', 'www-authenticate': ASK_FOR_TOKEN });
      response.end('Any name, and the token of the API (FLOTILLA_API_TOKEN) as password.\n');
      return true;
    }
    const loop = options.loop();
    const shell: StatusShell = {
      local: options.local,
      speed: options.speed,
      nowMs: Date.now(),
      commandToken: options.local ? options.token : undefined,
    };
    if (url.pathname === '/' && request.method === 'GET') {
      page(response, loop === undefined ? renderFleetsPage(shell, []) : renderFleetsPage(shell, await fleetsView(loop)));
      return true;
    }
    const place = placeOf(url.pathname);
    if (loop === undefined || place === undefined) return false;
    if (request.method === 'POST') return await commandForm(options, loop, request, response, place);
    const markup = await renderPlace(loop, shell, place);
    if (markup === undefined) return false;
    page(response, markup);
    return true;
  };
}

/** What a path below `/fleets/OWNER/NAME` is about. */
interface Place {
  readonly fleet: FleetId;
  readonly kind: 'fleet' | 'rollout' | 'stop';
  /** Of the rollout or stop. */
  readonly id: string;
}

const PLACES = { rollouts: 'rollout', stops: 'stop' } as const;

function placeOf(path: string): Place | undefined {
  const [, owner, name, what, id = ''] = /^\/fleets\/([^/]+)\/([^/]+)(?:\/(rollouts|stops)\/([^/]+))?$/.exec(path) ?? [];
  const fleet = parseFleetId(`${owner ?? ''}/${name ?? ''}`);
  if (!fleet.ok) return undefined;
  return { fleet: fleet.value, kind: what === 'rollouts' || what === 'stops' ? PLACES[what] : 'fleet', id };
}

async function renderPlace(loop: Loop, shell: StatusShell, { fleet, kind, id }: Place): Promise<string | undefined> {
  if (kind === 'fleet') {
    const record = await loop.ports.store.fleet(fleet);
    return record === undefined ? undefined : renderFleetsPage(shell, [await fleetView(loop, record)]);
  }
  const rollout = parseRolloutId(id);
  const now = kind === 'rollout' && rollout.ok ? await rolloutNow(loop, fleet, rollout.value) : undefined;
  return now === undefined ? undefined : renderRolloutPage(shell, fleet, now);
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

/** Only a form of ours knows the token, so another site cannot press the button. */
async function commandForm(
  options: StatusOptions,
  loop: Loop,
  request: IncomingMessage,
  response: ServerResponse,
  place: Place,
): Promise<boolean> {
  const form = new URLSearchParams((await options.readBody(request, FORM_BYTES_MAX))?.toString('utf8') ?? '');
  const refuse = (status: number, message: string): true => {
    response.writeHead(status, { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
    return true;
  };
  if (!options.local || options.token === undefined || form.get('token') !== options.token)
    return refuse(403, 'commands by button are for local mode; use the API with its token');
  const field = (name: string): string | undefined => form.get(name)?.trim() || undefined;
  const command = parseCommand(targetOf(place, field), field, loop.ports.clock.now());
  if (!command.ok) return refuse(command.error.status, command.error.message);
  const done = await commandFleet(loop, place.fleet, command.value);
  if (!done.ok) return refuse(409, done.error);
  response.writeHead(303, { location: pageAfter(place, field('back')) }).end();
  return true;
}

function targetOf({ kind, id }: Place, field: (name: string) => string | undefined): CommandTarget {
  switch (kind) {
    case 'rollout':
      return { kind: 'rollout', rollout: id, verb: field('verb') ?? '' };
    case 'stop':
      return { kind: 'lift', stop: id };
    case 'fleet':
      return field('verb') === 'reconcile' ? { kind: 'reconcile', release: field('release') ?? '' } : { kind: 'stop' };
  }
}

/** A page of ours, whatever the form says. */
function pageAfter({ fleet, kind, id }: Place, back: string | undefined): string {
  const rollout = parseRolloutId(kind === 'rollout' ? id : (back ?? ''));
  return rollout.ok ? `/fleets/${fleet}/rollouts/${rollout.value}` : '/';
}

function page(response: ServerResponse, markup: string): void {
  response.writeHead(200, { ...pageHeaders, 'content-length': Buffer.byteLength(markup) }).end(markup);
}
