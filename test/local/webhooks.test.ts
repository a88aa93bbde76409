import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WEBHOOK_LIMITS } from '../../src/app/webhook-route.ts';
import { Conversation } from '../support/http/conversation.ts';
import { atVersion, checkOf, PLAN_CHECK, propose, type Scene, setScene } from './support/scene.ts';
import { KAFKA } from './support/small-fleet.ts';
import { metric, rollouts } from './support/watch.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene.remove());

const url = () => `${scene.run.state.botUrl}/api/github/webhooks`;
const sign = (body: string) => `sha256=${createHmac('sha256', scene.run.state.webhookSecret).update(body).digest('hex')}`;

/** @param change - headers to set otherwise, or to leave out where `undefined`. */
async function send(body: string, change: Readonly<Record<string, string | undefined>> = {}, method = 'POST'): Promise<number> {
  const headers: Record<string, string | undefined> = {
    'content-type': 'application/json',
    'x-github-delivery': randomUUID(),
    'x-github-event': 'push',
    'x-hub-signature-256': sign(body),
    ...change,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(url(), { method, headers: given, ...(method === 'GET' ? {} : { body }) });
  expect(((await response.json()) as { message: string }).message).toMatch(/\w/);
  return response.status;
}

const push = () =>
  JSON.stringify({ ref: 'refs/heads/main', repository: { id: 1, full_name: 'flotilla-demo/fleet', default_branch: 'main' } });

/** A push that is acted on, so that it is stored whole. */
const deep = (levels: number) => push().replace('{', `{"deep":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)},`);

test.each([
  ['unsigned', () => send(push(), { 'x-hub-signature-256': undefined }), 401],
  ['signed for another body', () => send(push(), { 'x-hub-signature-256': sign('{}') }), 401],
  ['signed with nonsense', () => send(push(), { 'x-hub-signature-256': 'sha256=zz' }), 401],
  ['signed by the old way alone', () => send(push(), { 'x-hub-signature-256': undefined, 'x-hub-signature': 'sha1=0' }), 401],
  ['another content type', () => send(push(), { 'content-type': 'application/x-www-form-urlencoded' }), 415],
  ['no JSON', () => send('{"ref":'), 400],
  ['a JSON list', () => send('[1]'), 400],
  ['JSON null', () => send('null'), 400],
  ['an action that is no text', () => send('{"action":{"toString":1}}'), 400],
  ['no delivery id', () => send(push(), { 'x-github-delivery': undefined }), 400],
  ['a delivery id with a line end', () => send(push(), { 'x-github-delivery': 'a b' }), 400],
  ['no event', () => send(push(), { 'x-github-event': undefined }), 400],
  ['GET', () => send('', {}, 'GET'), 405],
  ['an event that nobody knows', () => send(push(), { 'x-github-event': 'moon_landing' }), 202],
  ['an event with a digit', () => send(push(), { 'x-github-event': 'projects_v2_item' }), 202],
  ['100,000 levels of lists', () => send(deep(100_000)), 400],
  ['as many levels as the database can take', () => send(deep(WEBHOOK_LIMITS.jsonDepthMax)), 202],
  ['well signed', () => send(push()), 202],
])('%s', async (_what, sending, status) => {
  expect(await sending()).toBe(status);
});

/** Somebody who does not know the secret. */
const head = (length: number) =>
  `POST /api/github/webhooks HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-github-delivery: a\r\nx-github-event: push\r\nx-hub-signature-256: sha256=${'0'.repeat(64)}\r\ncontent-length: ${length}\r\n\r\n`;
const stranger = (length: number) => new Conversation(Number(new URL(url()).port), head(length));

test('a body that says it is huge is refused before it is sent', async () => {
  expect(await stranger(99_999_999_999).end()).toMatch(/^HTTP\/1\.1 413 /);
});

const MIB = 1024 * 1024;

/** Without limits 400 MB and more. With them: 32 MB of bodies, and what the garbage collector has not got to yet. */
const GROWN_MIB_MAX = 200;

test('a flood of forged bodies of 24 MB costs little memory', async () => {
  const before = await metric(scene.run, 'process_resident_memory_bytes');
  const block = Buffer.alloc(MIB, 'a');
  const flood = Array.from({ length: 60 }, () => stranger(24 * MIB));
  // All begin, then all go on: so that they are there at the same time.
  for (let sent = 0; sent < 24; sent += 1) for (const one of flood) one.say(block);
  await Promise.all(flood.map((one) => one.answered()));
  for (const one of flood) one.leave();
  expect(((await metric(scene.run, 'process_resident_memory_bytes')) - before) / MIB).toBeLessThan(GROWN_MIB_MAX);
});

test('forged bodies of a size that is taken, and that never end: most are sent away, and a webhook of GitHub is taken meanwhile', async () => {
  const before = await metric(scene.run, 'process_resident_memory_bytes');
  const almost = Buffer.alloc(4 * MIB - 1, 'a');
  const flood = Array.from({ length: 60 }, () => stranger(4 * MIB));
  for (const one of flood) one.say(almost);
  // Eight of them fit. Of those that are sent away, some are cut off before they have read the answer.
  await expect.poll(() => flood.filter(({ answer }) => answer.startsWith('HTTP/1.1 503')).length).toBeGreaterThan(30);
  expect(await send(push())).toBe(202);
  expect(((await metric(scene.run, 'process_resident_memory_bytes')) - before) / MIB).toBeLessThan(GROWN_MIB_MAX);
  for (const one of flood) one.leave();
});

test('what asks for nothing is not stored: not even to know that it came before', async () => {
  // Of this event alone: the forge sends others meanwhile.
  const counted = (outcome: string) => metric(scene.run, 'flotilla_webhook_deliveries_total', `event="star",outcome="${outcome}"`);
  const [known, ignored] = [await counted('known'), await counted('ignored')];
  const same = { 'x-github-event': 'star', 'x-github-delivery': randomUUID() };
  expect(await send(push(), same)).toBe(202);
  expect(await send(push(), same)).toBe(202);
  expect([await counted('known'), await counted('ignored')]).toEqual([known, ignored + 2]);
});

test('garbage that is well signed is taken in and does no harm; the same delivery twice is one', async () => {
  const { run, person } = scene;
  const garbage: readonly (readonly [string, unknown])[] = [
    ['push', { ref: 7, repository: { full_name: ['x'], default_branch: {} } }],
    ['push', { ref: 'refs/heads/main', repository: { full_name: 'nobody/nothing', default_branch: 'main' } }],
    ['push', { ref: 'refs/heads/main', repository: { full_name: '../../etc', default_branch: 'main' } }],
    ['pull_request', { action: 'opened', repository: { id: 1, full_name: 'flotilla-demo/fleet' }, pull_request: { number: -1 } }],
    ['pull_request', { action: 'opened', repository: { id: 1, full_name: 'flotilla-demo/fleet' }, pull_request: { number: 99_999 } }],
    ['pull_request', { action: 'opened', repository: { id: 1, full_name: 'flotilla-demo/fleet' }, pull_request: 'x' }],
    ['pull_request', { action: null, repository: null, pull_request: null }],
    [
      'check_run',
      { action: 'rerequested', repository: { id: 1, full_name: 'flotilla-demo/fleet' }, check_run: { head_sha: 'f'.repeat(40) } },
    ],
    ['check_run', { action: 'rerequested', repository: { id: 1, full_name: 'flotilla-demo/fleet' }, check_run: { head_sha: '$(id)' } }],
    ['installation', { action: 'deleted', installation: { id: 'x' } }],
    ['push', { ...JSON.parse(push()), text: `\u0000${'\ud800'}`, deep: JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) }],
  ];
  for (const [event, payload] of garbage) {
    const body = JSON.stringify(payload);
    expect(await send(body, { 'x-github-event': event }), body.slice(0, 200)).toBe(202);
  }
  const delivery = randomUUID();
  const before = await metric(run, 'flotilla_webhook_deliveries_total', 'outcome="known"');
  expect(await send(push(), { 'x-github-delivery': delivery })).toBe(202);
  expect(await send(push(), { 'x-github-delivery': delivery })).toBe(202);
  expect(await metric(run, 'flotilla_webhook_deliveries_total', 'outcome="known"')).toBe(before + 1);
  expect(await rollouts(run)).toEqual([]);
  const { head } = await propose(person, 'after-garbage', KAFKA, atVersion('4.0.1'));
  await checkOf(person, head, PLAN_CHECK, 'success');
});

test.each(['/', '/%00', '//x', '/fleets/a/b/rollouts/c', '/api', '/api/fleets/%ff/x', '/..%2f..%2fetc/passwd'])(
  'an odd address: %s',
  async (path) => {
    const { botUrl } = scene.run.state;
    const response = await fetch(`${botUrl}${path}`);
    expect(response.status).toBeLessThan(500);
  },
);
