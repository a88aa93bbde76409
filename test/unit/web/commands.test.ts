import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import { COMMAND_PATHS, commandTarget, fieldsOf, parseCommand } from '../../../src/web/commands.ts';
import { at } from '../../support/report-views.ts';

const ROLLOUT = trusted.rollout('aaaaaaaaaaaa-0123456789abcdef');
const STOP = trusted.stop('0123456789abcdef');
const WHO = { by: 'ada', reason: 'because' };

/** The command, or the refusal with its status. */
function parse(path: string, body: unknown): unknown {
  const target = commandTarget(path.split('/'));
  if (target === undefined) return COMMAND_PATHS;
  const fields = fieldsOf(typeof body === 'string' ? body : JSON.stringify(body));
  const parsed = fields.ok ? (target.kind === 'line' ? fieldsOf('x') : parseCommand(target, fields.value, 'ada', at('10:00:00'))) : fields;
  return parsed.ok ? parsed.value : `${parsed.error.status} ${parsed.error.message}`;
}

describe('a command by the API', () => {
  it.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    ['of a rollout', `rollouts/${ROLLOUT}/pause`, {}, { verb: 'pause', rollout: ROLLOUT }],
    ['with its stop', `rollouts/${ROLLOUT}/resume`, { stop: STOP }, { verb: 'resume', stop: STOP }],
    ['with an instant', `rollouts/${ROLLOUT}/expedite`, { until: '2026-11-21T11:00:00Z' }, { verb: 'expedite', until: at('11:00:00') }],
    ['with a span', `rollouts/${ROLLOUT}/expedite`, { for: '1h30m' }, { until: at('11:30:00') }],
    ['with a phase', `rollouts/${ROLLOUT}/waive`, { phase: ' canary ' }, { verb: 'waive', phase: 'canary' }],
    ['with a product', `rollouts/${ROLLOUT}/waive`, { product: 'kafka' }, { verb: 'waive', product: 'kafka' }],
    ['lift', `stops/${STOP}/lift`, {}, { verb: 'lift', stop: STOP }],
    ['stop the fleet', 'stop', { scope: 'fleet' }, { verb: 'stop', scope: { kind: 'fleet' }, lets: 'nothing' }],
    ['stop a product', 'stop', { scope: 'product', name: 'kafka' }, { scope: { kind: 'product', product: 'kafka' } }],
    ['stop a release', 'stop', { scope: 'release', name: 'kafka-all' }, { scope: { kind: 'release', release: 'kafka-all' } }],
    ['stop a data plane', 'stop', { scope: 'data-plane', name: 'aws' }, { scope: { kind: 'data-plane', dataPlane: 'aws' } }],
    ['stop a cluster', 'stop', { scope: 'cluster', name: 'a' }, { scope: { kind: 'cluster', cluster: 'a' } }],
    ['stop for a while', 'stop', { scope: 'fleet', lets: 'rollbacks', for: '2h' }, { lets: 'rollbacks', until: at('12:00:00') }],
    ['reconcile', 'releases/kafka-all/reconcile', {}, { verb: 'reconcile', release: 'kafka-all' }],
  ])('%s', (_name, path, body, want) => expect(parse(path, { ...WHO, ...body })).toMatchObject({ ...WHO, ...want }));

  it.each<[string, string, unknown, RegExp]>([
    ['a verb that there is not', `rollouts/${ROLLOUT}/explode`, WHO, /^400 no command "explode": there are pause, .*approve-rules$/],
    ['a prototype for a verb', `rollouts/${ROLLOUT}/__proto__`, WHO, /^400 no command/],
    ['a verb of the fleet on a rollout', `rollouts/${ROLLOUT}/lift`, WHO, /^400 no command/],
    ['a rollout that cannot be one', 'rollouts/x/pause', WHO, /^404 not a rollout id/],
    ['a stop that cannot be one', 'stops/x/lift', WHO, /^404 not the id of a stop/],
    ['another path', 'stops/x/drop', WHO, /^commands go to/],
    ['a longer path', `rollouts/${ROLLOUT}/pause/now`, WHO, /^commands go to/],
    ['no reason', 'stop', { by: 'ada', reason: '  ' }, /^400 "reason" is missing/],
    ['no JSON', 'stop', '{"by":', /^400 the body is not JSON/],
    ['a list', 'stop', [], /^400 the body must be an object/],
    ['null', 'stop', 'null', /^400 the body must be an object/],
    ['no scope', 'stop', WHO, /^400 "scope" says what to stop: one of fleet, product, release, data-plane, cluster$/],
    ['a scope of rollouts', 'stop', { ...WHO, scope: 'rollout' }, /^400 "scope" says/],
    ['no name', 'stop', { ...WHO, scope: 'product' }, /^400 "name" is missing: which product to stop/],
    ['a cluster that cannot be one', 'stop', { ...WHO, scope: 'cluster', name: '../x' }, /^400 not a cluster name/],
    ['what cannot pass', 'stop', { ...WHO, scope: 'fleet', lets: 'all' }, /^400 "lets" is one of nothing, rollbacks/],
    ['a date', 'stop', { ...WHO, scope: 'fleet', until: '2026-11-21' }, /^400 "until" is an instant with its time zone/],
    ['no such day', 'stop', { ...WHO, scope: 'fleet', until: '2026-13-21T00:00:00Z' }, /^400 "until" is an instant/],
    ['no duration', 'stop', { ...WHO, scope: 'fleet', for: 'long' }, /^400 "for" is a duration/],
    ['both ends', 'stop', { ...WHO, scope: 'fleet', for: '1h', until: '2026-11-21T11:00:00Z' }, /not both$/],
    ['no digest', `rollouts/${ROLLOUT}/approve`, { ...WHO, digest: 'x' }, /^400 not a plan digest/],
  ])('%s: refused', (_name, path, body, want) => expect(parse(path, body)).toMatch(want));

  it('a field that objects have by themselves is absent', () => {
    const fields = fieldsOf('{"by":"ada"}');
    expect(fields.ok && [fields.value('constructor'), fields.value('__proto__')]).toEqual([undefined, undefined]);
  });
});
