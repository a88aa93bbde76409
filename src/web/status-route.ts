import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseFleetId, parseRolloutId } from '../core/model/ids.ts';
import { commandRollout } from '../loop/command-rollout.ts';
import type { Loop } from '../loop/loop.ts';
import { rolloutNow } from '../loop/rollout-now.ts';
import { parseCommand } from './api-route.ts';
import { ASK_FOR_TOKEN, type Door, mayEnter } from './door.ts';
import { pageHeaders } from './html/headers.ts';
import { stylesheet } from './html/stylesheet.ts';
import { renderFleetsPage, renderRolloutPage, type StatusShell } from './status-page.ts';

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
    const match = /^\/fleets\/([^/]+\/[^/]+)\/rollouts\/([^/]+)$/.exec(url.pathname);
    const fleet = parseFleetId(match?.[1] ?? '');
    const rollout = parseRolloutId(match?.[2] ?? '');
    if (loop === undefined || !fleet.ok || !rollout.ok) return false;
    if (request.method === 'POST') return await commandForm(options, loop, request, response, url, fleet.value, rollout.value);
    const now = await rolloutNow(loop, fleet.value, rollout.value);
    if (now === undefined) return false;
    page(response, renderRolloutPage(shell, fleet.value, now));
    return true;
  };
}

async function fleetsView(loop: Loop) {
  const { store } = loop.ports;
  const fleets = await store.fleets();
  return await Promise.all(
    fleets.map(async (fleet) => ({
      fleet,
      rollouts: await store.recentRollouts(fleet.id, ROLLOUTS_SHOWN),
      drifts: await store.drifts(fleet.id),
    })),
  );
}

/** Only a form of ours knows the token, so another site cannot press the button. */
async function commandForm(
  options: StatusOptions,
  loop: Loop,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  fleet: Parameters<typeof commandRollout>[1],
  rollout: Parameters<typeof commandRollout>[2],
): Promise<boolean> {
  const form = new URLSearchParams((await options.readBody(request, FORM_BYTES_MAX))?.toString('utf8') ?? '');
  const refuse = (status: number, message: string): true => {
    response.writeHead(status, { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
    return true;
  };
  if (!options.local || options.token === undefined || form.get('token') !== options.token)
    return refuse(403, 'commands by button are for local mode; use the API with its token');
  const given = Object.fromEntries(['by', 'reason', 'phase', 'cluster', 'digest'].map((name) => [name, form.get(name) ?? undefined]));
  const command = parseCommand(form.get('verb') ?? '', JSON.stringify(given));
  if (!command.ok) return refuse(400, command.error);
  const done = await commandRollout(loop, fleet, rollout, command.value);
  if (!done.ok) return refuse(409, done.error);
  response.writeHead(303, { location: url.pathname }).end();
  return true;
}

function page(response: ServerResponse, markup: string): void {
  response.writeHead(200, { ...pageHeaders, 'content-length': Buffer.byteLength(markup) }).end(markup);
}
