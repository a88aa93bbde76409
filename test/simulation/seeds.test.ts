import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PLANTED_BUGS } from './planted/bugs.ts';
import { withBug } from './planted/play.ts';
import { runSeed } from './run.ts';

/** Seeds that have broken a law once, or that come by where one was broken. */
const BROKE_ONCE: readonly (readonly [number, string])[] = [
  [22, 'a stop that was set while another held the rollout was not in the history'],
  [51, 'a stop that was lifted is found again for the same failure'],
  [105, 'a cluster breaks after its soak, and its rollout ends with that because a newer one takes over'],
  [164, 'a cluster that was ordered back and held in the middle was taken to be home'],
  [183, 'a data plane that called a cluster rolled and healthy, with a broker in restart, was believed'],
  [336, 'a cluster whose first rollout was superseded could never be created'],
  [377, 'a sample that was overtaken comes late'],
  [490, 'a cluster soaks while its aborted rollout winds down, and the next one takes it on in the same decision'],
  [625_288, 'a soaking cluster cannot be seen, loses its order, and is paused and resumed before anybody sees it again'],
  [628_822, 'a sample is overtaken by the next order within one instant, and cannot be told from a newer one by its time'],
  [606_081, 'the clock of the bot is set back between the decision on a command and its commit'],
  [1_331, 'the database fails while it is asked who has given a command'],
  [634, 'who gave a command was found out so slowly that it was forgotten again'],
  [401_487, 'one cluster in need of a rescue is given up in the decision in which another would have been rescued'],
  [1_010, 'a canary that could not be seen soaks after its phase is done'],
  [203_189, 'the only canary of one release is kept where it is, while another release waits for a version in between'],
  [255_704, 'a data plane takes an order at the very instant of the sample that lacked it, while the clock of the bot jumps'],
  [257_934, 'the bot crashes between a look that shows a higher epoch and the order that should be above it'],
];

describe('seeds that have broken a law once', () => {
  for (const [seed, what] of BROKE_ONCE) {
    it(`${seed}: ${what}`, async () => {
      expect((await runSeed(seed)).violation).toBeUndefined();
    });
  }

  it('plays a seed twice alike', async () => {
    const [once, twice] = [await runSeed(7, true), await runSeed(7, true)];
    expect(twice.story).toEqual(once.story);
  });
});

describe('planted bugs', () => {
  for (const bug of PLANTED_BUGS) {
    it(`${bug.name} fits the source`, () => {
      const text = readFileSync(join(import.meta.dirname, '../../src', bug.file), 'utf8');
      expect(withBug(text, bug)).not.toBe(text);
    });
  }
});
