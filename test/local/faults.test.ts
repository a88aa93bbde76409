import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lives } from '../../src/local/left-behind.ts';
import { Conversation } from '../support/http/conversation.ts';
import { type BotChild, BotChildren, type Fault } from './support/bot-child.ts';

let bots: BotChildren;

beforeAll(() => {
  bots = new BotChildren();
});
afterAll(() => bots.remove());

/** A webhook that makes the bot do something. @returns the status of the answer. */
async function push(bot: BotChild, url: string): Promise<number> {
  const body = JSON.stringify({ ref: 'refs/heads/main', repository: { id: 1, full_name: 'flotilla-demo/fleet', default_branch: 'main' } });
  const signature = createHmac('sha256', bot.state?.webhookSecret ?? '').update(body);
  const answer = await fetch(`${url}/api/github/webhooks`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': randomUUID(),
      'x-github-event': 'push',
      'x-hub-signature-256': `sha256=${signature.digest('hex')}`,
    },
    body,
  });
  return answer.status;
}

test('the reader of its log goes away: it goes on without, and still stops in order', async () => {
  const bot = bots.spawn();
  const url = await bot.ready();
  bot.closePipes();
  for (let i = 0; i < 20; i += 1) {
    // A client that goes away is a line of the log.
    const gone = new Conversation(Number(new URL(url).port), 'POST /api/github/webhooks HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    await gone.connected();
    gone.leave();
    expect(await push(bot, url)).toBe(202);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  }
  // Nor does it wait for somebody who sends half of a request.
  const half = new Conversation(Number(new URL(url).port), 'POST /api/github/webhooks HTTP/1.1\r\nhost: 127.0.0.1\r\n');
  await half.connected();
  bot.tell('SIGTERM');
  expect(await bot.exit).toEqual({ code: 0, signal: null });
});

test.each<readonly [string, Fault, (bot: BotChild) => void]>([
  ['an exception that nobody catches', 'exception', () => undefined],
  ['a rejection that nobody handles', 'rejection', () => undefined],
  ['an exception when the log has no reader', 'exception', (bot) => bot.closePipes()],
  ['an exception when the log is full', 'flood', (bot) => bot.stopReading()],
])('%s ends the process with an error', async (_what, fault, before) => {
  const bot = bots.spawn(fault);
  const url = await bot.ready();
  before(bot);
  bot.tell('SIGUSR2');
  expect(await bot.exit).toEqual({ code: 70, signal: null });
  await expect(fetch(url)).rejects.toThrow();
});

test('the fault is in the log, once, with where it came from', async () => {
  const bot = bots.spawn('exception', 'warn');
  await bot.ready();
  bot.tell('SIGUSR2');
  await bot.exit;
  const lines = bot.said.split('\n').filter((line) => line.includes('a planted fault'));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 50,
    err: { message: 'a planted fault', stack: expect.stringContaining('faults.mjs') },
  });
});

test('told to stop while it starts, it stops what it has started', async () => {
  const bot = bots.spawn();
  await bot.starting();
  bot.tell('SIGTERM');
  const { code, signal } = await bot.exit;
  // 1 when the start took longer than a supervisor waits.
  expect([0, 1]).toContain(code);
  expect(signal).toBeNull();
  if (code === 0) await expect.poll(() => lives(bot.state?.worldPid)).toBe(false);
});
