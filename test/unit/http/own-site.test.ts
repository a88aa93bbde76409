import { afterEach, describe, expect, it } from 'vitest';
import { answerJson } from '../../../src/http/answers.ts';
import { isLoopbackHost, loopbackOnly, ownFormsOnly } from '../../../src/http/own-site.ts';
import { Conversation } from '../../support/http/conversation.ts';
import { closeServers, serve } from '../../support/http/serve.ts';

afterEach(closeServers);

describe('a name of this machine', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.0.0.1:3000', true],
    ['localhost', true],
    ['LOCALHOST:3001', true],
    ['[::1]:3000', true],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example:3000', false],
    ['192.168.1.4:3001', false],
    ['0.0.0.0:3001', false],
    ['evil.example', false],
    ['127.0.0.1:3000@evil.example', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (host, isOwn) => {
    expect(isLoopbackHost(host)).toBe(isOwn);
  });
});

/** @returns the status of the answer. */
async function send(head: string): Promise<number> {
  const { port } = await serve((app) => app.use(loopbackOnly, ownFormsOnly).all('/', () => answerJson({})));
  const answer = await new Conversation(port, `${head}\r\nconnection: close\r\n\r\n`).end();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

describe('a request', () => {
  it.each([
    ['for this machine', 'GET / HTTP/1.1\r\nhost: 127.0.0.1:3001', 200],
    ['for a name that was made to point here', 'GET / HTTP/1.1\r\nhost: rebound.example', 403],
    ['for a name that is none', 'GET / HTTP/1.1\r\nhost: 127.0.0.1:3001@evil.example', 400],
    ['for no name', 'GET / HTTP/1.0', 403],
    ['with a form of the same page', 'POST / HTTP/1.1\r\nhost: localhost:3001\r\norigin: http://localhost:3001', 200],
    ['with a form of no page, as by a program', 'POST / HTTP/1.1\r\nhost: localhost:3001', 200],
    ['with a form of another port', 'POST / HTTP/1.1\r\nhost: localhost:3001\r\norigin: http://localhost:3000', 403],
    ['with a form of another site', 'POST / HTTP/1.1\r\nhost: localhost:3001\r\norigin: https://evil.example', 403],
    ['with a form that hides where it is from', 'POST / HTTP/1.1\r\nhost: localhost:3001\r\norigin: null', 403],
    ['that the browser calls cross-site', 'POST / HTTP/1.1\r\nhost: localhost:3001\r\nsec-fetch-site: cross-site', 403],
    ['by a link on another site', 'GET / HTTP/1.1\r\nhost: localhost:3001\r\nsec-fetch-site: cross-site', 200],
  ])('%s', async (_what, head, status) => {
    expect(await send(head)).toBe(status);
  });
});
