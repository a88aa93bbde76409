import { type Context, Hono } from 'hono';
import type { FleetCommand } from '../core/command/command.ts';
import { refusalOf } from '../core/command/who-may.ts';
import { type FleetId, parseRolloutId } from '../core/model/ids.ts';
import { RETIREMENT_WORDS } from '../core/model/retirement.ts';
import { holdOf } from '../core/reconcile/decision.ts';
import { answerJson } from '../http/answers.ts';
import type { HttpEnv } from '../http/app.ts';
import { readBytes } from '../http/body.ts';
import { Refusal } from '../http/refusal.ts';
import { verdictNow } from '../loop/authorise.ts';
import { acceptCommand, type CommandDesk, untilCarriedOut } from '../loop/give-command.ts';
import type { Loop } from '../loop/loop.ts';
import { type RolloutNow, rolloutNow } from '../loop/rollouts-now.ts';
import type { FleetRecord, StateStore } from '../ports/state-store.ts';
import { clusterHistory } from './cluster-history.ts';
import { answerTo, commandJson, commandPath } from './command-answer.ts';
import { readLine } from './command-line.ts';
import { COMMAND_PATHS, commandTarget, fieldsOf, parseCommand } from './commands.ts';
import { commander, type Door, visitor } from './door.ts';
import { findFleet } from './find-fleet.ts';

export interface ApiOptions extends Door {
  /** `undefined` while the bot starts. */
  readonly loop: () => Loop | undefined;
  /** Where commands are accepted: open before anything else is there. */
  readonly desk: () => CommandDesk | undefined;
}

/** What each route below `/api/fleets` that reads works with. */
interface ApiEnv extends HttpEnv {
  Variables: { readonly loop: Loop; readonly by: string };
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
 * Reading and commanding both need a token: it names the person, and what they may is what the rules of the fleet say. Commands are a
 * POST with `{ "reason": "..." }`, below `/api/fleets/OWNER/NAME`:
 *
 * - `/rollouts/ID/VERB`, with `"cluster"`, `"phase"`, `"digest"`, `"stop"`, `"product"`, `"until"` or `"for"` where the verb takes them
 * - `/stops/ID/lift`
 * - `/stop`, with `"scope"`, `"name"`, and perhaps `"lets"`, `"until"` or `"for"`
 * - `/releases/NAME/reconcile`
 * - `/commands`, with `"line"`: a command as people write it in a comment, after its `/fleet`
 *
 * A command is stored first, and then carried out: 200 with what it changed, 409 with why not, 403 with who may, or 202 with the path to
 * look at: when no replica works on the fleet right now, when the code host has not said yet who gave it, or with a header
 * `Prefer: respond-async`. With a header `Idempotency-Key`, what is sent again is
 * the same command.
 */
export function apiRoutes(options: ApiOptions): Hono<ApiEnv> {
  const api = new Hono<ApiEnv>();
  api.use(async (context, next) => {
    const authorization = context.req.header('authorization');
    const by = visitor(options, authorization);
    if (by === undefined) throw new Refusal(401, 'send your token of the API: Authorization: Bearer TOKEN');
    if (context.req.method === 'POST' && commander(options, authorization) === undefined)
      throw new Refusal(403, 'commands need the token as a bearer: Authorization: Bearer TOKEN');
    context.set('by', by);
    await next();
  });
  api.get('*', async (context, next) => {
    const loop = options.loop();
    if (loop === undefined) throw starting();
    context.set('loop', loop);
    await next();
  });
  addReads(api);
  api.post('/:owner/:name/:command{.+}', (context) => command(options, context));
  api.on(['PUT', 'PATCH', 'DELETE', 'OPTIONS'], '*', () => {
    throw new Refusal(405, 'the API answers GET and POST');
  });
  return api;
}

function addReads(api: Hono<ApiEnv>): void {
  api.get('/', async ({ var: { loop } }) => answerJson(await loop.ports.store.fleets()));
  api.get('/:owner/:name', async (context) => answerJson(await fleetOf(context)));
  api.get('/:owner/:name/rollouts', async (context) =>
    answerJson(await context.var.loop.ports.store.recentRollouts((await fleetOf(context)).id, ROLLOUTS_MAX)),
  );
  api.get('/:owner/:name/rollouts/:id', async (context) => {
    const fleet = await fleetOf(context);
    const name = context.req.param('id');
    const id = parseRolloutId(name);
    const now = id.ok ? await rolloutNow(context.var.loop, fleet.id, id.value) : undefined;
    if (now === undefined) throw new Refusal(404, `no rollout ${name.slice(0, 60)} in ${fleet.id}`);
    return answerJson(rolloutJson(now));
  });
  api.get('/:owner/:name/commands/:id', async (context) => {
    const { id: fleet } = await fleetOf(context);
    const name = context.req.param('id');
    const known = /^\d{1,15}$/.test(name) ? await context.var.loop.ports.store.command(fleet, Number(name)) : undefined;
    if (known === undefined) throw new Refusal(404, `no command ${name.slice(0, 60)} in ${fleet}`);
    return answerJson(commandJson(known));
  });
  api.get('/:owner/:name/clusters/:cluster/history', async (context) => {
    const { id: fleet } = await fleetOf(context);
    const history = await clusterHistory(context.var.loop.ports, fleet, context.req.param('cluster'), context.req.query('days') ?? null);
    if (!history.ok) throw new Refusal(400, history.error);
    return answerJson(history.value);
  });
  api.get('/:owner/:name/stops', async (context) => answerJson(await context.var.loop.ports.store.stops((await fleetOf(context)).id)));
  api.get('/:owner/:name/drifts', async (context) => answerJson(await context.var.loop.ports.store.drifts((await fleetOf(context)).id)));
  api.get('/:owner/:name/audit', async (context) => {
    const subject = context.req.query('subject');
    const { id } = await fleetOf(context);
    return answerJson(await context.var.loop.ports.store.audit(id, { ...(subject === undefined ? {} : { subject }), limit: AUDIT_MAX }));
  });
}

const starting = (): Refusal => new Refusal(503, 'starting; try again in a moment');

/** @throws Refusal 404 */
async function fleetOf(
  context: Context<ApiEnv>,
  store: Pick<StateStore, 'fleet' | 'fleets'> = context.var.loop.ports.store,
): Promise<FleetRecord> {
  const { owner, name } = context.req.param();
  const record = await findFleet(store, owner, name);
  if (record === undefined) throw new Refusal(404, `no fleet ${`${owner}/${name}`.slice(0, 160)}`);
  return record;
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

async function command(options: ApiOptions, context: Context<ApiEnv>): Promise<Response> {
  const desk = options.desk();
  if (desk === undefined) throw starting();
  const { store, clock } = desk;
  const target = commandTarget((context.req.param('command') ?? '').split('/').filter((part) => part !== ''));
  if (target === undefined) throw new Refusal(404, COMMAND_PATHS);
  const body = await readBytes(context, { bytesMax: COMMAND_BYTES_MAX });
  const fields = fieldsOf(body.toString('utf8'));
  if (!fields.ok) throw new Refusal(fields.error.status, fields.error.message);
  const { by } = context.var;
  const named = fields.value('by');
  if (named !== undefined && named.toLowerCase() !== by.toLowerCase())
    throw new Refusal(403, `this token speaks for ${by}, and not for ${named.slice(0, 40)}: leave "by" out`);
  const { id: fleet, retired } = await fleetOf(context, store);
  if (retired !== undefined) throw new Refusal(409, `nothing is done for ${fleet}: ${RETIREMENT_WORDS[retired.why]}`);
  const parsed =
    target.kind === 'line'
      ? await readLine(store, fleet, fields.value, by, clock.now())
      : parseCommand(target, fields.value, by, clock.now());
  if (!parsed.ok) throw new Refusal(parsed.error.status, parsed.error.message);
  const wanted = parsed.value;
  if ('rollout' in wanted && (await store.rolloutSummary(fleet, wanted.rollout)) === undefined)
    throw new Refusal(404, `no rollout ${wanted.rollout} in ${fleet}`);
  const key = context.req.header('idempotency-key');
  if (key !== undefined && (key === '' || key.length > KEY_CHARS_MAX))
    throw new Refusal(400, `Idempotency-Key is one text of 1 to ${KEY_CHARS_MAX} characters`);
  await refuseOthers(options.loop(), fleet, wanted);
  const accepted = await acceptCommand(desk, fleet, wanted, key);
  if (!accepted.ok) throw new Refusal(422, accepted.error);
  const waitMs = options.loop() === undefined || isAsync(context.req.header('prefer')) ? 0 : OUTCOME_MS;
  const { status, body: answer } = answerTo(fleet, await untilCarriedOut(store, fleet, accepted.value, waitMs));
  const response = answerJson(answer, status);
  response.headers.set('location', commandPath(fleet, accepted.value));
  return response;
}

/** Whoever is known not to be allowed is told at once, and who could. Nobody is asked: a halt does not wait for the code host. @throws Refusal 403 */
async function refuseOthers(loop: Loop | undefined, fleet: FleetId, command: FleetCommand): Promise<void> {
  const verdict = loop && (await verdictNow(loop, fleet, command));
  if (verdict?.kind === 'may-not') throw new Refusal(403, refusalOf(command, verdict.why));
}

/** Whoever asks is content to know that it is accepted (RFC 7240). */
const isAsync = (prefer: string | undefined): boolean => /(^|[,\s])respond-async($|[,;\s])/i.test(prefer ?? '');
