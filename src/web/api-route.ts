import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FleetId, parseFleetId, parseRolloutId } from '../core/model/ids.ts';
import type { Result } from '../core/model/result.ts';
import { holdOf } from '../core/reconcile/decision.ts';
import { acceptCommand, type CommandDesk, untilCarriedOut } from '../loop/give-command.ts';
import type { Loop } from '../loop/loop.ts';
import { type RolloutNow, rolloutNow } from '../loop/rollouts-now.ts';
import { clusterHistory } from './cluster-history.ts';
import { answerTo, commandJson, commandPath } from './command-answer.ts';
import { COMMAND_PATHS, commandTarget, fieldsOf, parseCommand } from './commands.ts';
import { type Door, mayCommand, mayEnter } from './door.ts';

type SendJson = (response: ServerResponse, status: number, body: unknown) => void;
type ReadBody = (request: IncomingMessage, most: number) => Promise<Buffer | undefined>;

export interface ApiOptions extends Door {
  readonly loop: () => Loop | undefined;
  /** Where commands are accepted: open before anything else is there. */
  readonly desk: () => CommandDesk | undefined;
  readonly sendJson: SendJson;
  readonly readBody: ReadBody;
}

const COMMAND_BYTES_MAX = 16 * 1024;
/** How long a person waits for the outcome. Longer than any decision takes; a proxy would not wait much longer either. */
const OUTCOME_MS = 10_000;
const KEY_CHARS_MAX = 200;
const ROLLOUTS_MAX = 100;
const AUDIT_MAX = 500;

/**
 * The JSON API: what the fleet does, and commands to it.
 *
 * `/clusters/CLUSTER/history?days=183` says how often a cluster failed, when, in which rollouts and how.
 *
 * Reading and commanding both need the token when one is set. Commands are a POST with `{ "by": "...", "reason": "..." }`, below
 * `/api/fleets/OWNER/NAME`:
 *
 * - `/rollouts/ID/VERB`, with `"cluster"`, `"phase"`, `"digest"`, `"stop"`, `"product"`, `"until"` or `"for"` where the verb takes them
 * - `/stops/ID/lift`
 * - `/stop`, with `"scope"`, `"name"`, and perhaps `"lets"`, `"until"` or `"for"`
 * - `/releases/NAME/reconcile`
 *
 * A command is stored first, and then carried out: 200 with what it changed, 409 with why not, or 202 with the path to look at, when
 * nobody works on the fleet right now, or with a header `Prefer: respond-async`. With a header `Idempotency-Key`, what is sent again is
 * the same command.
 */
export function apiRoute(options: ApiOptions): (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean> {
  return async (request, response, url) => {
    const parts = url.pathname.split('/').filter((part) => part !== '');
    if (parts[0] !== 'api' || parts[1] !== 'fleets') return false;
    const { sendJson } = options;
    const [loop, desk] = [options.loop(), options.desk()];
    if (!mayEnter(options, request)) sendJson(response, 401, { message: 'send the token of the API: Authorization: Bearer TOKEN' });
    else if (request.method === 'POST' && !mayCommand(options, request))
      sendJson(response, 403, { message: 'commands need the token as a bearer: Authorization: Bearer TOKEN' });
    else if (request.method === 'POST' && desk !== undefined)
      await command(options, desk, loop === undefined, parts.slice(2), request, response);
    else if (request.method === 'GET' && loop !== undefined) await read(options, loop, parts.slice(2), url, response);
    else if (request.method !== 'GET' && request.method !== 'POST') sendJson(response, 405, { message: 'the API answers GET and POST' });
    else sendJson(response, 503, { message: 'starting; try again in a moment' });
    return true;
  };
}

async function read({ sendJson }: ApiOptions, loop: Loop, parts: readonly string[], url: URL, response: ServerResponse): Promise<void> {
  const { store } = loop.ports;
  if (parts.length === 0) return sendJson(response, 200, await store.fleets());
  const fleet = fleetOf(parts);
  if (!fleet.ok) return sendJson(response, 404, { message: fleet.error });
  const [, , what, name] = parts;
  const record = await store.fleet(fleet.value);
  if (record === undefined) return sendJson(response, 404, { message: `no fleet ${fleet.value}` });
  if (what === undefined) return sendJson(response, 200, record);
  if (what === 'rollouts' && name === undefined) return sendJson(response, 200, await store.recentRollouts(fleet.value, ROLLOUTS_MAX));
  if (what === 'stops' && name === undefined) return sendJson(response, 200, await store.stops(fleet.value));
  if (what === 'drifts') return sendJson(response, 200, await store.drifts(fleet.value));
  if (what === 'audit') {
    const subject = url.searchParams.get('subject');
    return sendJson(response, 200, await store.audit(fleet.value, { ...(subject === null ? {} : { subject }), limit: AUDIT_MAX }));
  }
  if (what === 'clusters' && name !== undefined && parts[4] === 'history') {
    const history = await clusterHistory(loop.ports, fleet.value, name, url.searchParams.get('days'));
    return history.ok ? sendJson(response, 200, history.value) : sendJson(response, 400, { message: history.error });
  }
  if (what === 'commands' && name !== undefined) {
    const known = /^\d{1,15}$/.test(name) ? await store.command(fleet.value, Number(name)) : undefined;
    if (known === undefined) return sendJson(response, 404, { message: `no command ${name.slice(0, 60)} in ${fleet.value}` });
    return sendJson(response, 200, commandJson(known));
  }
  if (what === 'rollouts' && name !== undefined) {
    const id = parseRolloutId(name);
    const now = id.ok ? await rolloutNow(loop, fleet.value, id.value) : undefined;
    if (now === undefined) return sendJson(response, 404, { message: `no rollout ${name.slice(0, 60)} in ${fleet.value}` });
    return sendJson(response, 200, rolloutJson(now));
  }
  return sendJson(response, 404, { message: `there is no ${url.pathname}` });
}

/** A rollout as JSON, with the reason why each of its clusters waits. */
function rolloutJson({ summary, planned, state, holds, stops }: RolloutNow) {
  const { phases, targets, ...scalars } = state;
  const waits = [...targets.keys()].flatMap((cluster) => {
    const wait = holdOf(holds, { planned, state }, cluster);
    return wait === undefined ? [] : [[cluster, wait] as const];
  });
  return {
    summary,
    planned: { ...planned, targets: Object.fromEntries(planned.targets) },
    state: scalars,
    phases: Object.fromEntries(phases),
    targets: Object.fromEntries(targets),
    holds: Object.fromEntries(waits),
    stops,
  };
}

async function command(
  { sendJson, readBody }: ApiOptions,
  desk: CommandDesk,
  isStarting: boolean,
  parts: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fleet = fleetOf(parts);
  const target = commandTarget(parts.slice(2));
  if (!fleet.ok || target === undefined) return sendJson(response, 404, { message: COMMAND_PATHS });
  const body = await readBody(request, COMMAND_BYTES_MAX);
  if (body === undefined) {
    // What is left of it is not read.
    response.setHeader('connection', 'close');
    return sendJson(response, 413, { message: `a command has at most ${COMMAND_BYTES_MAX} bytes` });
  }
  const fields = fieldsOf(body.toString('utf8'));
  const parsed = fields.ok ? parseCommand(target, fields.value, desk.clock.now()) : fields;
  if (!parsed.ok) return sendJson(response, parsed.error.status, { message: parsed.error.message });
  const wanted = parsed.value;
  const { store } = desk;
  if ((await store.fleet(fleet.value)) === undefined) return sendJson(response, 404, { message: `no fleet ${fleet.value}` });
  if ('rollout' in wanted && (await store.rolloutSummary(fleet.value, wanted.rollout)) === undefined) {
    return sendJson(response, 404, { message: `no rollout ${wanted.rollout} in ${fleet.value}` });
  }
  const key = request.headers['idempotency-key'];
  if (key !== undefined && (typeof key !== 'string' || key === '' || key.length > KEY_CHARS_MAX))
    return sendJson(response, 400, { message: `Idempotency-Key is one text of 1 to ${KEY_CHARS_MAX} characters` });
  const accepted = await acceptCommand(desk, fleet.value, wanted, key);
  if (!accepted.ok) return sendJson(response, 422, { message: accepted.error });
  response.setHeader('location', commandPath(fleet.value, accepted.value));
  const waitMs = isStarting || isAsync(request) ? 0 : OUTCOME_MS;
  const { status, body: answer } = answerTo(fleet.value, await untilCarriedOut(store, fleet.value, accepted.value, waitMs));
  sendJson(response, status, answer);
}

/** Whoever asks is content to know that it is accepted (RFC 7240). */
const isAsync = ({ headers }: IncomingMessage): boolean => /(^|[,\s])respond-async($|[,;\s])/i.test(String(headers['prefer'] ?? ''));

function fleetOf(parts: readonly string[]): Result<FleetId, string> {
  return parseFleetId(`${parts[0] ?? ''}/${parts[1] ?? ''}`);
}
