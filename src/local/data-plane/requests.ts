import type { ConfigValue } from '../../core/desired/desired.ts';
import type { Order } from '../../core/evidence/order.ts';
import { parseOrder } from '../../core/evidence/parse.ts';
import { type ClusterId, parseClusterId } from '../../core/model/ids.ts';
import { err, ok, type Result } from '../../core/model/result.ts';
import { isVersion } from '../../core/model/version.ts';
import { isWord } from '../../core/model/vocabulary.ts';
import { FAULT_KINDS, type Fault } from '../../ports/in-memory/simulated-clusters/cluster-state.ts';
import type { HandChange } from '../../ports/in-memory/simulated-clusters/events.ts';

/** Most clusters, or orders, in one request. */
export const BATCH_MAX = 2_000;

const CONFIG_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const REPLICAS_MAX = 1_000;
const CONFIG_ENTRIES_MAX = 500;
const CONFIG_VALUE_MAX = 8_192;

/** Whom and what: the body of POST /faults. */
export interface FaultRequest {
  readonly on:
    | { readonly kind: 'all' }
    | { readonly kind: 'cluster'; readonly cluster: string; readonly dataPlane: string | undefined }
    | { readonly kind: 'data-plane'; readonly dataPlane: string };
  /** `undefined` clears all faults. */
  readonly fault: Fault | undefined;
}

/** The body of POST /set. */
export interface ChangeRequest {
  readonly cluster: string;
  readonly dataPlane: string | undefined;
  readonly change: HandChange;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads `{ "orders": [...] }` for one data plane; everything that is wrong with it is in one text. */
export function parseOrders(body: unknown, dataPlane: string): Result<readonly Order[], string> {
  const list = isFields(body) ? body['orders'] : undefined;
  if (!Array.isArray(list)) return err('the body must be { "orders": [...] }');
  if (list.length > BATCH_MAX) return err(`at most ${BATCH_MAX} orders in one request, not ${list.length}`);
  return each(list, 'orders', (item) => orderTo(dataPlane, item));
}

/** Reads `{ "clusters": [...] }`. */
export function parseObserve(body: unknown): Result<readonly ClusterId[], string> {
  const list = isFields(body) ? body['clusters'] : undefined;
  if (!Array.isArray(list)) return err('the body must be { "clusters": ["NAME", ...] }');
  if (list.length > BATCH_MAX) return err(`at most ${BATCH_MAX} clusters in one request, not ${list.length}`);
  return each(list, 'clusters', (item) => parseClusterId(typeof item === 'string' ? item : JSON.stringify(item)));
}

/** Reads a fault from JSON, or from the fields of a form, in which everything is text and empty means left out. */
export function parseFault(body: unknown): Result<FaultRequest, string> {
  if (!isFields(body)) return err('the body must be an object');
  const problems: string[] = [];
  const kind = text(body, 'with', problems);
  if (kind !== 'none' && !isWord(FAULT_KINDS, kind)) problems.push(`"with" must be one of ${[...FAULT_KINDS, 'none'].join(', ')}`);
  const version = text(body, 'version', problems);
  if (version !== undefined && !isVersion(version)) problems.push(`not a version: ${JSON.stringify(version.slice(0, 60))}`);
  const broker = integer(body, 'broker', 0, REPLICAS_MAX - 1, problems);
  const on = faultTarget(body, problems);
  if (on === undefined) problems.push('name one of "cluster", "dataPlane" (with "unreachable" or "none"), or "all": true');
  if (on?.kind === 'data-plane' && kind !== 'unreachable' && kind !== 'none') {
    problems.push('a whole data plane can be made "unreachable", or "none"; give the other faults to clusters, or to all');
  }
  if ((kind === 'unreachable' || kind === 'none') && (version !== undefined || broker !== undefined)) {
    problems.push(`"${kind}" concerns whole clusters: leave "version" and "broker" out`);
  }
  if (problems.length > 0 || on === undefined) return err(problems.join('; '));
  return ok({ on, fault: isWord(FAULT_KINDS, kind) ? { kind, version, broker } : undefined });
}

/** Reads a change by hand from JSON, or from the fields of a form, where `config` is one `KEY=VALUE`. */
export function parseChange(body: unknown): Result<ChangeRequest, string> {
  if (!isFields(body)) return err('the body must be an object');
  const problems: string[] = [];
  const cluster = text(body, 'cluster', problems);
  if (cluster === undefined) problems.push('"cluster" is missing');
  const version = text(body, 'version', problems);
  if (version !== undefined && !isVersion(version)) problems.push(`not a version: ${JSON.stringify(version.slice(0, 60))}`);
  const image = text(body, 'image', problems);
  if (image !== undefined && !/^\S{1,500}$/.test(image)) problems.push('"image" must be at most 500 characters without spaces');
  const replicas = integer(body, 'replicas', 1, REPLICAS_MAX, problems);
  const config = typeof body['config'] === 'string' ? pairs(body['config'], problems) : configOf(body['config'], 'config', problems);
  const nothing = version === undefined && image === undefined && replicas === undefined && Object.keys(config).length === 0;
  if (problems.length === 0 && nothing) problems.push('say what to change: "version", "image", "replicas" or "config"');
  if (problems.length > 0 || cluster === undefined) return err(problems.join('; '));
  return ok({ cluster, dataPlane: text(body, 'dataPlane', problems), change: { version, image, replicas, config } });
}

function faultTarget(body: Fields, problems: string[]): FaultRequest['on'] | undefined {
  const cluster = text(body, 'cluster', problems);
  const dataPlane = text(body, 'dataPlane', problems);
  const all = body['all'] === true || body['all'] === 'true';
  if (all) return cluster === undefined && dataPlane === undefined ? { kind: 'all' } : undefined;
  if (cluster !== undefined) return { kind: 'cluster', cluster, dataPlane };
  return dataPlane === undefined ? undefined : { kind: 'data-plane', dataPlane };
}

function orderTo(dataPlane: string, item: unknown): Result<Order, string> {
  const order = parseOrder(item);
  if (!order.ok || order.value.dataPlane === dataPlane) return order;
  return err(`"dataPlane" must be ${dataPlane}, to which it was sent`);
}

function configOf(value: unknown, name: string, problems: string[]): Readonly<Record<string, ConfigValue>> {
  if (value === undefined) return {};
  if (!isFields(value)) {
    problems.push(`"${name}" must be an object`);
    return {};
  }
  const config: Record<string, ConfigValue> = {};
  const entries = Object.entries(value);
  if (entries.length > CONFIG_ENTRIES_MAX) problems.push(`"${name}" has more than ${CONFIG_ENTRIES_MAX} entries`);
  for (const [key, entry] of entries) {
    const plain = typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean';
    if (!CONFIG_KEY.test(key)) problems.push(`not the name of a setting: ${JSON.stringify(key.slice(0, 60))}`);
    else if (!plain || String(entry).length > CONFIG_VALUE_MAX)
      problems.push(`setting ${key} must be a short text, a number, true or false`);
    else config[key] = entry;
  }
  return config;
}

/** `KEY=VALUE` as people type it; numbers, `true` and `false` become what they say, as in YAML. */
function pairs(line: string, problems: string[]): Readonly<Record<string, ConfigValue>> {
  if (line.trim() === '') return {};
  const cut = line.indexOf('=');
  if (cut < 1) {
    problems.push(`"config" must be KEY=VALUE, not ${JSON.stringify(line.slice(0, 60))}`);
    return {};
  }
  return configOf({ [line.slice(0, cut).trim()]: scalar(line.slice(cut + 1).trim()) }, 'config', problems);
}

/** The value of a setting as a person types it. */
export function scalar(typed: string): ConfigValue {
  if (typed === 'true' || typed === 'false') return typed === 'true';
  return /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?$/.test(typed) ? Number(typed) : typed;
}

function each<T>(items: readonly unknown[], name: string, parse: (item: unknown) => Result<T, string>): Result<readonly T[], string> {
  const values: T[] = [];
  const problems: string[] = [];
  items.forEach((item, index) => {
    const parsed = parse(item);
    if (parsed.ok) values.push(parsed.value);
    else problems.push(`${name}[${index}]: ${parsed.error}`);
  });
  if (problems.length === 0) return ok(values);
  const more = problems.length > 20 ? `; and ${problems.length - 20} more` : '';
  return err(problems.slice(0, 20).join('; ') + more);
}

/** A field that is a text; empty means left out, as in a form. */
function text(fields: Fields, name: string, problems: string[]): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  // Never ignored: a version without quotes would otherwise mean every version.
  problems.push(`"${name}" must be a text in quotes`);
  return undefined;
}

function integer(fields: Fields, name: string, least: number, most: number, problems: string[]): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' && /^[0-9]{1,16}$/.test(value.trim()) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
  problems.push(`"${name}" must be a whole number from ${least} to ${most}`);
  return undefined;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
