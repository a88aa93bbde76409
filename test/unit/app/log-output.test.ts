import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { LogOutput } from '../../../src/app/log-output.ts';

/** As much of standard error as a log needs: it remembers, and says how much waits for its reader. */
class Stream extends EventEmitter {
  readonly written: string[] = [];
  writableLength = 0;

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }
}

const MEGABYTE = 1024 * 1024;

it('writes lines as they are', () => {
  const stream = new Stream();
  const output = new LogOutput(stream);
  output.write('{"msg":"one"}\n');
  output.write('{"msg":"two"}\n');
  expect(stream.written).toEqual(['{"msg":"one"}\n', '{"msg":"two"}\n']);
});

it('keeps no lines for a reader that does not read, and says how many were lost when it reads again', () => {
  const stream = new Stream();
  const output = new LogOutput(stream);
  stream.writableLength = MEGABYTE;
  output.write('{"msg":"the last that is kept"}\n');
  stream.writableLength = MEGABYTE + 1;
  for (let i = 0; i < 3; i += 1) output.write('{"msg":"dropped"}\n');
  stream.writableLength = 0;
  output.write('{"msg":"again"}\n');
  const lines = stream.written.join('').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { msg: 'the last that is kept' },
    expect.objectContaining({ level: 40, lost: 3 }),
    { msg: 'again' },
  ]);
});

it('takes a reader that is gone as a loss, and not as a fault', () => {
  const stream = new Stream();
  const output = new LogOutput(stream);
  // An event without a listener would be thrown here.
  stream.emit('error', new Error('EPIPE'));
  output.write('{"msg":"after"}\n');
  expect(stream.written.join('')).toContain('"lost":1');
});
