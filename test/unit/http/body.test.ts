import { afterEach, expect, it } from 'vitest';
import { answerJson } from '../../../src/http/answers.ts';
import { readBytes, readForm, readJson } from '../../../src/http/body.ts';
import { Conversation } from '../../support/http/conversation.ts';
import { closeServers, serve } from '../../support/http/serve.ts';

afterEach(closeServers);

const LIMITS = { bytesMax: 20 };
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

it.each<readonly [what: string, path: string, type: string, body: string | Uint8Array<ArrayBuffer>, status: number]>([
  ['JSON', '/json', `${JSON_TYPE}; charset=utf-8`, '{"a":1}', 200],
  ['JSON of the most bytes', '/json', JSON_TYPE, '{"a":"123456789012"}', 200],
  ['JSON of one byte more', '/json', JSON_TYPE, '{"a":"1234567890123"}', 413],
  ['half of JSON', '/json', JSON_TYPE, '{"a":', 400],
  ['what is not UTF-8', '/json', JSON_TYPE, new Uint8Array([0x22, 0xff, 0x22]), 400],
  ['JSON that does not say so', '/json', 'text/plain', '{"a":1}', 415],
  ['a form', '/form', FORM_TYPE, 'a=1', 200],
  ['a form that is too long', '/form', FORM_TYPE, `a=${'1'.repeat(20)}`, 413],
  ['JSON for a form', '/form', JSON_TYPE, '{"a":1}', 415],
])('%s', async (_what, path, type, body, status) => {
  const { url } = await serve((app) => {
    app.post('/json', async (context) => answerJson(await readJson(context, LIMITS)));
    app.post('/form', async (context) => answerJson(Object.fromEntries(await readForm(context, LIMITS))));
  });
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': type }, body });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toHaveProperty(status === 200 ? 'a' : 'message');
});

it('is not waited for any longer than its route says', async () => {
  const { port } = await serve((app) =>
    app.post('/', async (context) => answerJson((await readBytes(context, { bytesMax: 9, msMax: 1 })).length)),
  );
  const half = new Conversation(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf');
  expect(await half.end()).toMatch(/^HTTP\/1\.1 408 [\s\S]*did not arrive in time/);
});
