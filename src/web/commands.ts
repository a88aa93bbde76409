import {
  type FleetCommand,
  ROLLOUT_VERBS,
  STOPPABLE_SCOPES,
  type StopCommand,
  type StoppableScope,
  VERBS,
} from '../core/command/command.ts';
import { endOf } from '../core/command/end-time.ts';
import { stoppable } from '../core/command/stop-place.ts';
import { assertNever } from '../core/model/assert.ts';
import { parseClusterId, parsePlanDigest, parseRolloutId, parseStopId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Instant } from '../core/model/time.ts';
import { isWord } from '../core/model/vocabulary.ts';
import { STOP_LETS } from '../core/stop/stop.ts';

/** What a command is about, from the path below the fleet. */
export type CommandTarget =
  | { readonly kind: 'rollout'; readonly rollout: string; readonly verb: string }
  | { readonly kind: 'lift'; readonly stop: string }
  | { readonly kind: 'stop' }
  | { readonly kind: 'reconcile'; readonly release: string };

/** A command in words: which of the others it is, they say. */
export interface LineTarget {
  readonly kind: 'line';
}

/** Why a request is no command, with the status that says so. */
export interface BadCommand {
  readonly status: 400 | 404;
  readonly message: string;
}

export const COMMAND_PATHS =
  'commands go to /api/fleets/OWNER/NAME/rollouts/ID/VERB, .../stops/ID/lift, .../stop, .../releases/NAME/reconcile and .../commands';

/** @param parts - of the path, below `/api/fleets/OWNER/NAME`. */
export function commandTarget(parts: readonly string[]): CommandTarget | LineTarget | undefined {
  const [what, name = '', verb = '', ...more] = parts;
  if (more.length > 0) return undefined;
  if (what === 'stop' && parts.length === 1) return { kind: 'stop' };
  if (what === 'commands' && parts.length === 1) return { kind: 'line' };
  if (parts.length !== 3) return undefined;
  if (what === 'rollouts') return { kind: 'rollout', rollout: name, verb };
  if (what === 'stops' && verb === 'lift') return { kind: 'lift', stop: name };
  if (what === 'releases' && verb === 'reconcile') return { kind: 'reconcile', release: name };
  return undefined;
}

type Fields = (name: string) => string | undefined;

const FIELD_CHARS_MAX = 500;

/** The fields of a JSON body. A field that is no text, or empty, is as good as absent. */
export function fieldsOf(text: string): Result<Fields, BadCommand> {
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    return bad('the body is not JSON: send { "reason": "..." }');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return bad('the body must be an object: { "reason": "..." }');
  const fields = new Map<string, unknown>(Object.entries(body));
  return ok((name) => {
    const value = fields.get(name);
    return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, FIELD_CHARS_MAX) : undefined;
  });
}

/**
 * @param by - whose token it came with.
 * @returns the command, or what is wrong with the request in one sentence.
 */
export function parseCommand(target: CommandTarget, field: Fields, by: string, now: Instant): Result<FleetCommand, BadCommand> {
  const reason = field('reason');
  // What cannot be there is said before what is missing.
  const parsed = parseTarget(target);
  if (!parsed.ok) return parsed;
  if (reason === undefined) return bad('"reason" is missing: the audit, and the report, say why');
  const asked = { by, reason };
  const about = parsed.value;
  switch (about.kind) {
    case 'rollout':
      return rolloutCommand(about, asked, field, now);
    case 'lift':
      return ok({ verb: 'lift', stop: about.stop, ...asked });
    case 'stop':
      return stopCommand(asked, field, now);
    case 'reconcile':
      return ok({ verb: 'reconcile', release: about.release, ...asked });
    default:
      return assertNever(about, 'parseCommand');
  }
}

type Asked = Pick<FleetCommand, 'by' | 'reason'>;

function parseTarget(target: CommandTarget) {
  switch (target.kind) {
    case 'rollout': {
      const { verb } = target;
      if (!isWord(ROLLOUT_VERBS, verb)) return bad(`no command ${JSON.stringify(verb.slice(0, 40))}: there are ${VERBS.join(', ')}`);
      const rollout = parseRolloutId(target.rollout);
      return rollout.ok ? ok({ kind: 'rollout' as const, verb, rollout: rollout.value }) : missing(rollout.error);
    }
    case 'lift': {
      const stop = parseStopId(target.stop);
      return stop.ok ? ok({ kind: 'lift' as const, stop: stop.value }) : missing(stop.error);
    }
    case 'stop':
    case 'reconcile':
      return ok(target);
    default:
      return assertNever(target, 'parseTarget');
  }
}

type RolloutTarget = Extract<Extract<ReturnType<typeof parseTarget>, { readonly ok: true }>['value'], { readonly kind: 'rollout' }>;

function rolloutCommand({ verb, rollout }: RolloutTarget, asked: Asked, field: Fields, now: Instant): Result<FleetCommand, BadCommand> {
  const cluster = optional(field('cluster'), parseClusterId);
  if (!cluster.ok) return bad(cluster.error);
  const digest = optional(field('digest'), parsePlanDigest);
  if (!digest.ok) return bad(digest.error);
  const stop = optional(field('stop'), parseStopId);
  if (!stop.ok) return bad(stop.error);
  const until = untilOf(field, now);
  if (!until.ok) return until;
  return ok({
    verb,
    rollout,
    ...asked,
    phase: field('phase'),
    cluster: cluster.value,
    digest: digest.value,
    stop: stop.value,
    product: field('product'),
    until: until.value,
  });
}

function stopCommand(asked: Asked, field: Fields, now: Instant): Result<StopCommand, BadCommand> {
  const scope = scopeOf(field);
  if (!scope.ok) return scope;
  const lets = field('lets') ?? 'nothing';
  if (!isWord(STOP_LETS, lets)) return bad(`"lets" is one of ${STOP_LETS.join(', ')}`);
  const until = untilOf(field, now);
  return until.ok ? ok({ verb: 'stop', scope: scope.value, lets, until: until.value, ...asked }) : until;
}

function scopeOf(field: Fields): Result<StoppableScope, BadCommand> {
  const [kind, name] = [field('scope'), field('name')];
  if (!isWord(STOPPABLE_SCOPES, kind)) return bad(`"scope" says what to stop: one of ${STOPPABLE_SCOPES.join(', ')}`);
  if (kind === 'fleet') return ok({ kind });
  if (name === undefined) return bad(`"name" is missing: which ${kind} to stop`);
  const scope = stoppable(kind, name);
  return scope.ok ? scope : bad(scope.error);
}

function untilOf(field: Fields, now: Instant): Result<Instant | undefined, BadCommand> {
  const until = endOf(field('until'), field('for'), now);
  return until.ok ? until : bad(until.error);
}

function optional<T>(text: string | undefined, parse: (text: string) => Result<T, string>): Result<T | undefined, string> {
  return text === undefined ? ok(undefined) : parse(text);
}

const bad = (message: string): { readonly ok: false; readonly error: BadCommand } => err({ status: 400, message });
const missing = (message: string): { readonly ok: false; readonly error: BadCommand } => err({ status: 404, message });
