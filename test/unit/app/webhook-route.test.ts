import { createHmac } from 'node:crypto';
import type { Hono } from 'hono';
import type { Probot } from 'probot';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/app/metrics.ts';
import { addWebhookRoute, WEBHOOK_LIMITS, WEBHOOK_PATH, type WebhookLimits } from '../../../src/app/webhook-route.ts';
import type { HttpEnv } from '../../../src/http/app.ts';
import { SERVER_LIMITS } from '../../../src/http/server.ts';
import { Conversation } from '../../support/http/conversation.ts';
import { closeServers, quiet, serve, serveWithin } from '../../support/http/serve.ts';

const SECRET = 'secret-of-the-webhook';
const PUSH = JSON.stringify({ ref: 'refs/heads/main', repository: { id: 12, default_branch: 'main' } });
const sign = (body: string) => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;

afterEach(closeServers);

/** As much of Probot as the route calls, and what it was given. */
function route(outcome: 'taken' | 'fails' | 'starting' = 'taken', limits: WebhookLimits = WEBHOOK_LIMITS) {
  const received: string[] = [];
  const webhooks = {
    receive: async ({ id }: { readonly id: string }) => {
      if (outcome === 'fails') throw new Error('no database');
      received.push(id);
    },
  };
  const probot = outcome === 'starting' ? undefined : ({ webhooks } as unknown as Probot);
  const options = { probot: () => probot, secret: SECRET, metrics: createMetrics(), log: quiet, limits };
  return { received, route: (app: Hono<HttpEnv>) => addWebhookRoute(app, options) };
}

async function send(url: string, body: string, headers: Readonly<Record<string, string>> = {}, method = 'POST'): Promise<number> {
  const response = await fetch(`${url}${WEBHOOK_PATH}`, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': 'guid-1',
      'x-github-event': 'push',
      'x-hub-signature-256': sign(body),
      ...headers,
    },
    ...(method === 'POST' ? { body } : {}),
  });
  expect(await response.json()).toMatchObject({ message: expect.stringMatching(/\w/) });
  return response.status;
}

/** The head of a request whose body the test sends by itself, or not at all. */
function head(signature: string | undefined, length: number | 'chunked'): string {
  const signed = signature === undefined ? '' : `x-hub-signature-256: ${signature}\r\n`;
  const size = length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`;
  return `POST ${WEBHOOK_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-github-delivery: a\r\nx-github-event: push\r\n${signed}${size}\r\n\r\n`;
}

describe('a webhook', () => {
  it('is taken when it is signed, and not otherwise', async () => {
    const { received, route: webhooks } = route();
    const { url } = await serve(webhooks);
    expect(await send(url, PUSH, { 'x-hub-signature-256': sign('{}') })).toBe(401);
    expect(await send(url, PUSH, { 'content-type': 'text/plain' })).toBe(415);
    expect(await send(url, PUSH, { 'x-github-event': 'PUSH' })).toBe(400);
    expect(await send(url, PUSH, { 'x-github-delivery': 'a b' })).toBe(400);
    expect(await send(url, '[]')).toBe(400);
    expect(await send(url, PUSH, {}, 'GET')).toBe(405);
    expect(received).toEqual([]);
    expect(await send(url, PUSH)).toBe(202);
    expect(received).toEqual(['guid-1']);
  });

  it('is proven over its bytes, also over those that are no text', async () => {
    const { url } = await serve(route().route);
    const body = Buffer.concat([Buffer.from('{"ref":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
    const headers = { 'content-type': 'application/json', 'x-github-delivery': 'a', 'x-github-event': 'push' };
    const answer = await fetch(`${url}${WEBHOOK_PATH}`, {
      method: 'POST',
      headers: { ...headers, 'x-hub-signature-256': signature },
      body,
    });
    expect(answer.status).toBe(202);
  });

  it('is asked for again while the bot starts, and when it could not be stored', async () => {
    expect(await send((await serve(route('starting').route)).url, PUSH)).toBe(503);
    expect(await send((await serve(route('fails').route)).url, PUSH)).toBe(503);
  });

  it.each(['star', 'moon_landing', 'projects_v2_item', 'x2', 'constructor'])('that asks for nothing is not stored: %s', async (event) => {
    const { received, route: webhooks } = route('fails');
    const { url } = await serve(webhooks);
    expect(await send(url, PUSH, { 'x-github-event': event })).toBe(202);
    expect(await send(url, JSON.stringify({ ref: 'refs/heads/next' }))).toBe(202);
    expect(received).toEqual([]);
  });

  it.each([['__proto__'], ['2x'], ['a b'], ['x'.repeat(61)]])('of the event %s is no webhook of GitHub', async (event) => {
    const { url } = await serve(route().route);
    expect(await send(url, PUSH, { 'x-github-event': event })).toBe(400);
  });

  it('is refused when it is nested so deeply that it could not be written down', async () => {
    const { received, route: webhooks } = route();
    const { url } = await serve(webhooks);
    const nested = (depth: number) => PUSH.replace('{', `{"deep":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)},`);
    expect(await send(url, nested(100_000))).toBe(400);
    expect(await send(url, nested(WEBHOOK_LIMITS.jsonDepthMax + 1))).toBe(400);
    expect(received).toEqual([]);
    expect(await send(url, nested(WEBHOOK_LIMITS.jsonDepthMax))).toBe(202);
    // Brackets in a text are text, quotes and all.
    expect(await send(url, PUSH.replace('{', `{"text":${JSON.stringify(`\\"${'['.repeat(5_000)}`)},`))).toBe(202);
    expect(received).toHaveLength(2);
  });
});

describe('is refused before a byte of its body is read, and the connection closed: a webhook', () => {
  it.each([
    ['without a signature', undefined, 401],
    ['signed by the old way', 'sha1=0123456789012345678901234567890123456789', 401],
    ['with half a signature', 'sha256=0', 401],
    ['signed in capitals', sign(PUSH).toUpperCase().replace('SHA', 'sha'), 401],
    ['signed twice', `${sign(PUSH)}, ${sign(PUSH)}`, 401],
  ])('%s', async (_what, signature, status) => {
    const { port } = await serve(route().route);
    // Nothing follows: who waits for the body waits for ever.
    expect(await new Conversation(port, head(signature, 100)).end()).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*connection: close`, 'i'),
    );
  });

  it('that says it is too long', async () => {
    const { port } = await serve(route().route);
    expect(await new Conversation(port, head(sign(''), WEBHOOK_LIMITS.bodyBytesMax + 1)).end()).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*connection: close/i,
    );
  });
});

describe('memory', () => {
  const limits = { ...WEBHOOK_LIMITS, bodyBytesMax: 150_000, bodiesBytesMax: 100_000 };
  /** Two of these need more than there is. */
  const LARGE = PUSH.replace('{', `{"text":"${'a'.repeat(100_000)}",`);
  const ALMOST = LARGE.slice(0, -1);

  it('is not given to a body that turns out too long, though its sender never said how long it is', async () => {
    const { port } = await serve(route('taken', limits).route);
    const endless = new Conversation(port, head(sign(''), 'chunked'));
    const chunk = `2710\r\n${'a'.repeat(10_000)}\r\n`;
    // More would follow; the answer does not wait for it.
    for (let i = 0; i < 16; i += 1) endless.say(chunk);
    expect(await endless.end()).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
  });

  it('is shared: while others hold it all, the sender of a large body is told to come later', async () => {
    const { port, url } = await serve(route('taken', limits).route);
    const slow = new Conversation(port, `${head(sign(LARGE), LARGE.length)}${ALMOST}`);
    await expect.poll(() => send(url, LARGE)).toBe(503);
    // A part of it, so that nothing that was not read stands in the way of the answer.
    const late = new Conversation(port, `${head(sign(LARGE), LARGE.length)}${LARGE.slice(0, 70_000)}`);
    expect(await late.end()).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: \d+/i);
    // A webhook of common size is not kept out.
    expect(await send(url, PUSH)).toBe(202);
    slow.say(LARGE.slice(ALMOST.length));
    await expect.poll(() => slow.answer).toMatch(/^HTTP\/1\.1 202 /);
    expect(await send(url, LARGE)).toBe(202);
    slow.leave();
  });

  it('comes back from a sender who goes away, or never finishes', async () => {
    const { route: webhooks } = route('taken', limits);
    const { port, url } = await serve(webhooks);
    const gone = new Conversation(port, `${head(sign(LARGE), LARGE.length)}${ALMOST}`);
    await expect.poll(() => send(url, LARGE)).toBe(503);
    gone.leave();
    await expect.poll(() => send(url, LARGE)).toBe(202);
    const hasty = await serveWithin({ ...SERVER_LIMITS, requestMs: 300, headersMs: 200, checkEveryMs: 10 }, quiet, webhooks);
    const stuck = new Conversation(hasty.port, `${head(sign(LARGE), LARGE.length)}${ALMOST}`);
    expect(await stuck.end()).toMatch(/^HTTP\/1\.1 408 /);
    await expect.poll(() => send(url, LARGE)).toBe(202);
  });

  it('comes back after each answer, whatever it is', async () => {
    const { url } = await serve(route('taken', limits).route);
    const list = `["${'a'.repeat(100_000)}"]`;
    for (let i = 0; i < 5; i += 1) {
      expect(await send(url, LARGE, { 'x-hub-signature-256': sign('{}') })).toBe(401);
      expect(await send(url, LARGE)).toBe(202);
      expect(await send(url, list)).toBe(400);
    }
  });
});
