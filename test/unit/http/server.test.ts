import { afterEach, describe, expect, it } from 'vitest';
import { answerJson } from '../../../src/http/answers.ts';
import { createApp, type HttpContext } from '../../../src/http/app.ts';
import { readBytes } from '../../../src/http/body.ts';
import { createHttpServer, SERVER_LIMITS } from '../../../src/http/server.ts';
import { Conversation } from '../../support/http/conversation.ts';
import { closeServers, quiet, serve, serveWithin } from '../../support/http/serve.ts';

afterEach(closeServers);

const sized = async (context: HttpContext, bytesMax: number) => answerJson({ bytes: (await readBytes(context, { bytesMax })).length });

describe('the server', () => {
  it('answers what it has a route for, HEAD without a body, and says 404 to the rest', async () => {
    const { url } = await serve((app) => app.get('/here', () => answerJson({ found: true })));
    expect(await (await fetch(`${url}/here`)).json()).toEqual({ found: true });
    const head = await fetch(`${url}/here`, { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.get('x-content-type-options')]).toEqual([200, '', 'nosniff']);
    expect((await fetch(`${url}/there`)).status).toBe(404);
    expect((await fetch(`${url}/here`, { method: 'OPTIONS' })).status).toBe(404);
  });

  it('keeps a connection for longer than a load balancer in front of it does', async () => {
    const { url } = await serve((app) => app.get('/', () => answerJson({})));
    const [, seconds] = /timeout=(\d+)/.exec((await fetch(url)).headers.get('keep-alive') ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(60);
  });

  it('lives on when a route fails, and tells nobody why', async () => {
    const { url } = await serve((app) => app.get('/', () => Promise.reject(new Error('password=hunter2'))));
    for (let i = 0; i < 2; i += 1) {
      const response = await fetch(url);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('hunter2');
    }
  });

  it('answers a body that turns out too long, though its sender never said how long it is', async () => {
    const { port } = await serve((app) => app.post('/', (context) => sized(context, 8)));
    const head = 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n';
    const said = (bytes: string) => new Conversation(port, bytes).end();
    expect(await said(`${head}8\r\n12345678\r\n0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*"bytes":8/);
    // More would follow.
    expect(await said(`${head}9\r\n123456789\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('takes nothing more once it is told to close, also on a connection that is kept', async () => {
    const asked = Promise.withResolvers<void>();
    const answering = Promise.withResolvers<void>();
    const { port, close } = await serve((app) =>
      app.get('*', async ({ req }) => {
        if (req.path === '/slow') {
          asked.resolve();
          await answering.promise;
        }
        return answerJson({});
      }),
    );
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
    const { port } = await serveWithin(SERVER_LIMITS, log, (app) => app.post('/', (context) => sized(context, 100)));
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
    const { port } = await serveWithin(soon, quiet, () => undefined);
    expect(await new Conversation(port, 'POST / HTTP/1.1\r\nhost: x\r\n').end()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('are cut off when their body does not come', async () => {
    const { port } = await serveWithin(soon, quiet, (app) => app.post('/', (context) => sized(context, 100)));
    expect(await new Conversation(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1').end()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('cannot keep all others out: beyond a number of connections a new one is closed, until an old one has gone', async () => {
    const { port, url } = await serveWithin({ ...SERVER_LIMITS, connectionsMax: 2 }, quiet, () => undefined);
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
    const server = createHttpServer(createApp({ log: quiet, refuse: () => answerJson({}) }));
    expect([server.headersTimeout, server.requestTimeout, server.maxConnections]).toEqual([
      SERVER_LIMITS.headersMs,
      SERVER_LIMITS.requestMs,
      SERVER_LIMITS.connectionsMax,
    ]);
  });
});
