import { createHmac } from 'node:crypto';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { Probot } from 'probot';
import { afterEach, describe, expect, it } from 'vitest';
import { BODY_BYTES_MAX, createHttpServer, listen, type Route, readBody, sendJson } from '../../../src/app/http-server.ts';
import { createMetrics } from '../../../src/app/metrics.ts';
import { WEBHOOK_PATH, webhookRoute } from '../../../src/app/webhook-route.ts';
import type { Log } from '../../../src/ports/log.ts';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(...routes: readonly Route[]): Promise<{ readonly port: number; readonly url: string }> {
  const server = createHttpServer(routes, quiet);
  servers.push(server);
  const port = await listen(server, 0, '127.0.0.1');
  return { port, url: `http://127.0.0.1:${port}` };
}

/** What comes back for these bytes. The other side closes, because they end the conversation. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('utf8');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('the server', () => {
  it('asks one route after another, and says 404 when none answers', async () => {
    const { url } = await serve(
      () => false,
      (_request, response, { pathname }) => {
        if (pathname === '/here') sendJson(response, 200, { found: true });
        return pathname === '/here';
      },
    );
    expect(await (await fetch(`${url}/here`)).json()).toEqual({ found: true });
    expect((await fetch(`${url}/there`)).status).toBe(404);
  });

  it('lives on when a route fails, and tells nobody why', async () => {
    const { url } = await serve(() => Promise.reject(new Error('password=hunter2')));
    for (let i = 0; i < 2; i += 1) {
      const response = await fetch(url);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('hunter2');
    }
  });

  it('names the way out when its port is taken', async () => {
    const { port } = await serve();
    await expect(listen(createHttpServer([], quiet), port, '127.0.0.1')).rejects.toThrow(/PORT/);
  });

  it('answers a body that turns out too long, though its sender never said how long it is', async () => {
    const { port } = await serve(async (request, response) => {
      const body = await readBody(request, 8);
      response.setHeader('connection', 'close');
      sendJson(response, body === undefined ? 413 : 200, { bytes: body?.length ?? null });
      return true;
    });
    const head = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(await exchange(port, `${head}8\r\n12345678\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"bytes":8/);
    // More would follow.
    expect(await exchange(port, `${head}9\r\n123456789\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

/** As much of Probot as the route calls: the same signature, and what was received. */
function probotOf(outcome: 'taken' | 'fails') {
  const received: string[] = [];
  const sign = (payload: string) => `sha256=${createHmac('sha256', 'secret').update(payload).digest('hex')}`;
  const webhooks = {
    verify: async (payload: string, signature: string) => {
      if (!signature.startsWith('sha256=')) throw new Error('unknown algorithm');
      return signature === sign(payload);
    },
    verifyAndReceive: async ({ id }: { readonly id: string }) => {
      if (outcome === 'fails') throw new Error('no database');
      received.push(id);
    },
  };
  return { received, sign, probot: { webhooks } as unknown as Probot };
}

describe('webhooks', () => {
  const metrics = createMetrics();
  const send = async (url: string, body: string, headers: Readonly<Record<string, string>>, method = 'POST') =>
    (
      await fetch(`${url}${WEBHOOK_PATH}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-github-delivery': 'guid-1', 'x-github-event': 'push', ...headers },
        ...(method === 'POST' ? { body } : {}),
      })
    ).status;

  it('takes what is signed, and nothing else', async () => {
    const { received, sign, probot } = probotOf('taken');
    const { url } = await serve(webhookRoute(() => probot, metrics, quiet));
    const body = '{"action":"opened"}';
    expect(await send(url, body, { 'x-hub-signature-256': sign('{}') })).toBe(401);
    expect(await send(url, body, { 'x-hub-signature-256': 'sha1=0' })).toBe(401);
    expect(await send(url, body, {})).toBe(401);
    expect(await send(url, body, { 'x-hub-signature-256': sign(body), 'content-type': 'text/plain' })).toBe(415);
    expect(await send(url, body, { 'x-hub-signature-256': sign(body), 'x-github-event': 'PUSH' })).toBe(400);
    expect(await send(url, '[]', { 'x-hub-signature-256': sign('[]') })).toBe(400);
    expect(await send(url, body, {}, 'GET')).toBe(405);
    expect(received).toEqual([]);
    expect(await send(url, body, { 'x-hub-signature-256': sign(body) })).toBe(202);
    expect(received).toEqual(['guid-1']);
  });

  it('asks for it again while it starts, and when it could not be stored', async () => {
    const { sign, probot } = probotOf('fails');
    const starting = await serve(webhookRoute(() => undefined, metrics, quiet));
    expect(await send(starting.url, '{}', { 'x-hub-signature-256': sign('{}') })).toBe(503);
    const failing = await serve(webhookRoute(() => probot, metrics, quiet));
    expect(await send(failing.url, '{}', { 'x-hub-signature-256': sign('{}') })).toBe(503);
  });

  it('refuses a body by its length before it is read', async () => {
    const { probot } = probotOf('taken');
    const { port } = await serve(webhookRoute(() => probot, metrics, quiet));
    const headers = 'content-type: application/json\r\nx-github-delivery: a\r\nx-github-event: push\r\nx-hub-signature-256: sha256=0';
    const head = `POST ${WEBHOOK_PATH} HTTP/1.1\r\nhost: x\r\n${headers}\r\ncontent-length: ${BODY_BYTES_MAX + 1}\r\n\r\n`;
    expect(await exchange(port, head)).toMatch(/^HTTP\/1\.1 413 /);
  });
});
