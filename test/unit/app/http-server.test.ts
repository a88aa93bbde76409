import { afterEach, describe, expect, it } from 'vitest';
import { createHttpServer, listen, readBody, SERVER_LIMITS, sendJson } from '../../../src/app/http-server.ts';
import { Conversation } from '../../support/app/conversation.ts';
import { closeServers, quiet, serve, serveWithin } from '../../support/app/serve.ts';

afterEach(closeServers);

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
    const said = (bytes: string) => new Conversation(port, bytes).end();
    expect(await said(`${head}8\r\n12345678\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"bytes":8/);
    // More would follow.
    expect(await said(`${head}9\r\n123456789\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('takes nothing more once it is told to close, also on a connection that is kept', async () => {
    const asked = Promise.withResolvers<void>();
    const answering = Promise.withResolvers<void>();
    const { port, close } = await serve(async (_request, response, { pathname }) => {
      if (pathname === '/slow') {
        asked.resolve();
        await answering.promise;
      }
      sendJson(response, 200, {});
      return true;
    });
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
    const kept = new Conversation(port, ask('/first'));
    await expect.poll(() => kept.answer).toContain('keep-alive');
    kept.say(ask('/slow'));
    await asked.promise;
    close();
    kept.say(ask('/third'));
    kept.say(ask('/fourth'));
    answering.resolve();
    const answers = (await kept.end()).split('HTTP/1.1 200').slice(1);
    // The third tells the client to go.
    expect(answers).toHaveLength(3);
    expect(answers[2]).toMatch(/connection: close/i);
    expect(await new Conversation(port, ask('/late')).end()).toBe('');
  });

  it('does not take a client that goes away in the middle for a fault of its own', async () => {
    const errors: object[] = [];
    const ended: string[] = [];
    const log = { ...quiet, error: (fields: object) => void errors.push(fields), debug: () => void ended.push('cut off') };
    const { port } = await serveWithin(SERVER_LIMITS, log, async (request) => (await readBody(request, 100)) !== undefined);
    const client = new Conversation(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf of it');
    await client.connected();
    client.leave();
    await expect.poll(() => ended).toEqual(['cut off']);
    expect(errors).toEqual([]);
  });
});

describe('slow clients', () => {
  const soon = { ...SERVER_LIMITS, headersMs: 40, requestMs: 80, checkEveryMs: 10 };

  it('are cut off when their headers do not come', async () => {
    const { port } = await serveWithin(soon, quiet, () => false);
    expect(await new Conversation(port, 'POST / HTTP/1.1\r\nhost: x\r\n').end()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('are cut off when their body does not come', async () => {
    const { port } = await serveWithin(soon, quiet, async (request) => (await readBody(request, 100)) !== undefined);
    expect(await new Conversation(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1').end()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('cannot keep all others out: beyond a number of connections a new one is closed, until an old one has gone', async () => {
    const { port, url } = await serveWithin({ ...SERVER_LIMITS, connectionsMax: 2 }, quiet, () => false);
    const old = [new Conversation(port, ''), new Conversation(port, '')];
    for (const one of old) await one.connected();
    const late = new Conversation(port, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(await late.end()).toBe('');
    old[0]?.leave();
    await expect
      .poll(
        async () =>
          await fetch(url).then(
            (answer) => answer.status,
            () => 0,
          ),
      )
      .toBe(404);
  });

  it('find limits set, whatever those of Node are', () => {
    const server = createHttpServer([], quiet);
    expect([server.headersTimeout, server.requestTimeout, server.maxConnections]).toEqual([
      SERVER_LIMITS.headersMs,
      SERVER_LIMITS.requestMs,
      SERVER_LIMITS.connectionsMax,
    ]);
  });
});
