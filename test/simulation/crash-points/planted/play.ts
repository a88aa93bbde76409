import { fork } from 'node:child_process';
import { join } from 'node:path';
import { decode, object, text } from '../../../../src/core/model/decode.ts';
import type { Caught, PlayCopy } from '../../planted/play.ts';

const CAUGHT = object({ by: text, words: text });

/** Plays every fault at every call, until one is seen to do harm. */
export const playCrashPoints: PlayCopy = (folder, isSound) =>
  new Promise((done, failed) => {
    const child = fork(join(folder, 'test/simulation/crash-points/worker.ts'), [isSound ? 'short' : 'all'], {
      cwd: join(import.meta.dirname, '../../../..'),
    });
    let caught: Caught | undefined;
    child.on('message', (message) => {
      const read = decode(CAUGHT, message);
      if (read.ok) caught = read.value;
    });
    child.on('error', failed);
    child.on('exit', (code) => (code === 0 ? done(caught) : failed(new Error(`its copy ended with ${code}`))));
  });
