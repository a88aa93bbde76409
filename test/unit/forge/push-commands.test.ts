import { expect, it } from 'vitest';
import { PushCommands } from '../../../src/local/forge/git/push-commands.ts';

const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);
const line = (text: string): string => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`;

const PUSH = `${line(`${OLD} ${NEW} refs/heads/main\0 report-status-v2 side-band-64k`)}${line(`${OLD} ${NEW} refs/heads/späte`)}0000PACK....`;

function read(...pieces: readonly (string | Buffer)[]): readonly string[] | undefined {
  const commands = new PushCommands();
  for (const piece of pieces) commands.take(Buffer.from(piece));
  return commands.refs === undefined ? undefined : [...commands.refs];
}

it('reads the refs of a push, however it is cut', () => {
  const whole = Buffer.from(PUSH);
  for (let at = 0; at <= whole.length; at += 1) {
    expect(read(whole.subarray(0, at), whole.subarray(at)), `cut at ${at}`).toEqual(['refs/heads/main', 'refs/heads/späte']);
  }
  expect(read(...[...whole].map((byte) => Buffer.from([byte])))).toEqual(['refs/heads/main', 'refs/heads/späte']);
});

it.each([
  ['nothing', ''],
  ['a push that is cut off', PUSH.slice(0, 60)],
  ['what is no push', 'POST / HTTP/1.1'],
  ['a length below its own', '0003'],
  ['a line that never comes', `fff0${'x'.repeat(10)}`],
])('any ref may have changed after %s', (_what, text) => expect(read(text)).toBeUndefined());

it('leaves out lines that are no commands', () => {
  expect(read(`${line(`shallow ${OLD}`)}${line(`${OLD} ${NEW} refs/heads/main`)}0000`)).toEqual(['refs/heads/main']);
});
