import type { StateChange, StateStore } from '../../../src/ports/state-store.ts';
import type { TestBot } from './bot.ts';

export interface Commits {
  readonly changes: readonly StateChange[];
  readonly over: Pick<StateStore, 'commit'>;
}

/** Keeps what was committed. */
export function commitsTo(bot: TestBot): Commits {
  const changes: StateChange[] = [];
  const commit = async (change: StateChange) => {
    const outcome = await bot.store.commit(change);
    if (outcome === 'committed') changes.push(change);
    return outcome;
  };
  return { changes, over: { commit } };
}

/** Before its first commit somebody else does this: what was read by then is out of date. */
export function overtakenBy(bot: TestBot, first: () => Promise<unknown>): Pick<StateStore, 'commit'> {
  let done = false;
  return {
    commit: async (change) => {
      if (!done) {
        done = true;
        await first();
      }
      return await bot.store.commit(change);
    },
  };
}

/** The process dies with its commit: before it is written, or after, without learning of it. */
export function dyingCommit(bot: TestBot, phase: 'before' | 'after'): Pick<StateStore, 'commit'> {
  return {
    commit: async (change) => {
      if (phase === 'after') await bot.store.commit(change);
      throw new Error(`the process ended ${phase} its commit`);
    },
  };
}
