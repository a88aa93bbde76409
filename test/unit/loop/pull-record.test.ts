import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { LoopWith } from '../../../src/loop/loop.ts';
import { closePull, knownPull, recordPlan } from '../../../src/loop/pull-record.ts';
import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';
import type { PullRecord, StateStore } from '../../../src/ports/state-store.ts';
import { FLEET, fleetRecord, PLANNED_PULL, PULL_INFO, sha } from '../../support/state/builders.ts';

async function kept(record: PullRecord) {
  const store = new InMemoryStateStore();
  await store.saveFleet(fleetRecord());
  await store.savePull(FLEET, record);
  return store;
}

const loopOn = (store: StateStore): LoopWith<'store'> => ({
  ports: { store },
  memory: new Map(),
  settings: { speed: 1, publishIntervalMs: 1_000, publicUrl: 'https://flotilla.example.com' },
});

/** A store that takes its time, so that whoever does not wait gets in between. */
function yielding(store: StateStore): StateStore {
  const slow = async <T>(work: () => Promise<T>): Promise<T> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return await work();
  };
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (...given: readonly unknown[]) => slow(async () => member.apply(target, given)) : member;
    },
  });
}

describe('what is known of a pull request', () => {
  it('survives its end: what was shown last stays known', async () => {
    const store = await kept(PLANNED_PULL);
    const loop = loopOn(store);
    await closePull(loop, FLEET, 7);
    expect(await store.pull(FLEET, 7)).toEqual({ ...PLANNED_PULL, isOpen: false, closings: 3 });
    await closePull(loop, FLEET, 8);
    expect(await store.pull(FLEET, 8)).toEqual({ number: 8, isOpen: false, closings: 1, planned: undefined, digest: undefined });
  });

  describe('while a plan of it is put on record', () => {
    const plan = { number: 7, planned: { info: PULL_INFO, base: sha('e') }, digest: trusted.digest('fedcba9876543210'), asked: undefined };

    it.each(['close first', 'plan first'])('and it is closed at the same moment, it ends up closed: %s', async (order) => {
      const store = await kept(PLANNED_PULL);
      const loop = loopOn(yielding(store));
      const steps = [() => closePull(loop, FLEET, 7), () => recordPlan(loop, FLEET, plan, PLANNED_PULL)];
      await Promise.all((order === 'close first' ? steps : steps.reverse()).map((step) => step()));
      const digest = order === 'close first' ? PLANNED_PULL.digest : plan.digest;
      expect(await store.pull(FLEET, 7)).toMatchObject({ isOpen: false, closings: 3, digest });
    });

    it.each<[string, boolean]>([
      ['open', true],
      ['closed, and opened again since', false],
    ])('and it was closed meanwhile, it stays closed; it was read as %s', async (_name, isOpen) => {
      const read = { ...PLANNED_PULL, isOpen };
      const store = await kept(read);
      const loop = loopOn(store);
      await closePull(loop, FLEET, 7);
      expect(await recordPlan(loop, FLEET, plan, read)).toBe('closed-since');
      expect((await store.pull(FLEET, 7))?.isOpen).toBe(false);
    });

    it('and nobody closes it, it is open with that plan', async () => {
      const read = { ...PLANNED_PULL, isOpen: false };
      const store = await kept(read);
      expect(await recordPlan(loopOn(store), FLEET, plan, read)).toBe('recorded');
      expect(await store.pull(FLEET, 7)).toEqual({ ...plan, isOpen: true, closings: 2 });
    });
  });

  it('stands for the pull request itself only while its head is the same', () => {
    expect([knownPull(PLANNED_PULL, sha('a')), knownPull(PLANNED_PULL, sha('c')), knownPull(undefined, sha('a'))]).toEqual([
      PULL_INFO,
      undefined,
      undefined,
    ]);
  });
});
