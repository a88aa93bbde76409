import type { IncomingMessage, ServerResponse } from 'node:http';
import { type RolloutCommand, VERBS } from '../core/command/apply-command.ts';
import { type FleetId, parseClusterId, parseFleetId, parsePlanDigest, parseRolloutId, type RolloutId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import { commandRollout } from '../loop/command-rollout.ts';
import type { Loop } from '../loop/loop.ts';
import { rolloutNow } from '../loop/rollout-now.ts';
import { type Door, mayCommand, mayEnter } from './door.ts';

type SendJson = (response: ServerResponse, status: number, body: unknown) => void;
type ReadBody = (request: IncomingMessage, most: number) => Promise<Buffer | undefined>;

export interface ApiOptions extends Door {
  readonly loop: () => Loop | undefined;
  readonly sendJson: SendJson;
  readonly readBody: ReadBody;
}

const COMMAND_BYTES_MAX = 16 * 1024;
const ROLLOUTS_MAX = 100;
const AUDIT_MAX = 500;

/**
 * The JSON API: what the fleet does, and commands to its rollouts.
 *
 * Reading and commanding both need the token when one is set. Commands: `POST /api/fleets/OWNER/NAME/rollouts/ID/VERB`
 * with `{ "by": "...", "reason": "...", "cluster"?, "phase"?, "digest"? }`.
 */
export function apiRoute(options: ApiOptions): (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean> {
  return async (request, response, url) => {
    const parts = url.pathname.split('/').filter((part) => part !== '');
    if (parts[0] !== 'api' || parts[1] !== 'fleets') return false;
    const { sendJson } = options;
    const loop = options.loop();
    if (loop === undefined) sendJson(response, 503, { message: 'starting; try again in a moment' });
    else if (!mayEnter(options, request)) sendJson(response, 401, { message: 'send the token of the API: Authorization: Bearer TOKEN' });
    else if (request.method === 'GET') await read(options, loop, parts.slice(2), url, response);
    else if (request.method === 'POST' && !mayCommand(options, request))
      sendJson(response, 403, { message: 'commands need the token as a bearer: Authorization: Bearer TOKEN' });
    else if (request.method === 'POST') await command(options, loop, parts.slice(2), request, response);
    else sendJson(response, 405, { message: 'the API answers GET and POST' });
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
  if (what === 'drifts') return sendJson(response, 200, await store.drifts(fleet.value));
  if (what === 'audit') {
    const subject = url.searchParams.get('subject');
    return sendJson(response, 200, await store.audit(fleet.value, { ...(subject === null ? {} : { subject }), limit: AUDIT_MAX }));
  }
  if (what === 'rollouts' && name !== undefined) {
    const id = parseRolloutId(name);
    const now = id.ok ? await rolloutNow(loop, fleet.value, id.value) : undefined;
    if (now === undefined) return sendJson(response, 404, { message: `no rollout ${name.slice(0, 60)} in ${fleet.value}` });
    const { plan, state, summary, holds } = now;
    return sendJson(response, 200, {
      summary,
      plan,
      phases: Object.fromEntries(state.phases),
      targets: Object.fromEntries(state.targets),
      approvals: state.approvals,
      holds,
    });
  }
  return sendJson(response, 404, { message: `there is no ${url.pathname}` });
}

async function command(
  { sendJson, readBody }: ApiOptions,
  loop: Loop,
  parts: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fleet = fleetOf(parts);
  const rollout = parseRolloutId(parts[3] ?? '');
  if (!fleet.ok || !rollout.ok || parts[2] !== 'rollouts' || parts.length !== 5) {
    return sendJson(response, 404, { message: 'commands go to /api/fleets/OWNER/NAME/rollouts/ID/VERB' });
  }
  const body = await readBody(request, COMMAND_BYTES_MAX);
  if (body === undefined) {
    // What is left of it is not read.
    response.setHeader('connection', 'close');
    return sendJson(response, 413, { message: `a command has at most ${COMMAND_BYTES_MAX} bytes` });
  }
  const parsed = parseCommand(parts[4] ?? '', body.toString('utf8'));
  if (!parsed.ok) return sendJson(response, 400, { message: parsed.error });
  if ((await loop.ports.store.rollout(fleet.value, rollout.value)) === undefined) {
    return sendJson(response, 404, { message: `no rollout ${rollout.value} in ${fleet.value}` });
  }
  await carryOut({ sendJson }, loop, fleet.value, rollout.value, parsed.value, response);
}

async function carryOut(
  { sendJson }: Pick<ApiOptions, 'sendJson'>,
  loop: Loop,
  fleet: FleetId,
  rollout: RolloutId,
  wanted: RolloutCommand,
  response: ServerResponse,
): Promise<void> {
  const done = await commandRollout(loop, fleet, rollout, wanted);
  if (done.ok) sendJson(response, 200, { status: done.value.status, pause: done.value.pause ?? null });
  else sendJson(response, 409, { message: done.error });
}

function fleetOf(parts: readonly string[]): Result<FleetId, string> {
  return parseFleetId(`${parts[0] ?? ''}/${parts[1] ?? ''}`);
}

/** @returns the command, or what is wrong with the request in one sentence. */
export function parseCommand(verb: string, text: string): Result<RolloutCommand, string> {
  const known = VERBS.find((name) => name === verb);
  if (known === undefined) return err(`no command ${JSON.stringify(verb.slice(0, 40))}: there are ${VERBS.join(', ')}`);
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    return err('the body is not JSON: send { "by": "...", "reason": "..." }');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return err('the body must be an object: { "by": "...", "reason": "..." }');
  const field = (name: string): string | undefined => {
    const value = (body as Record<string, unknown>)[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 500) : undefined;
  };
  const [by, reason, phase, cluster, digest] = ['by', 'reason', 'phase', 'cluster', 'digest'].map(field);
  if (by === undefined) return err('"by" is missing: the audit names who gave a command');
  if (reason === undefined) return err('"reason" is missing: the audit, and the report, say why');
  const clusterId = cluster === undefined ? undefined : parseClusterId(cluster);
  if (clusterId?.ok === false) return err(clusterId.error);
  const planDigest = digest === undefined ? undefined : parsePlanDigest(digest);
  if (planDigest?.ok === false) return err(planDigest.error);
  return ok({ verb: known, by, reason, phase, cluster: clusterId?.value, digest: planDigest?.value });
}
