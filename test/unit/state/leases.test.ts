import { describe, expect, it } from 'vitest';
import { evenShare } from '../../../src/adapters/postgres/even-share.ts';
import { HeldLeases } from '../../../src/adapters/postgres/held-leases.ts';
import { areOwnSessions } from '../../../src/adapters/postgres/session-check.ts';
import { FLEET } from '../../support/state/builders.ts';

describe('the share of a replica', () => {
  it.each([
    [0, ['a', 'b'], [0, 0]],
    [1, ['a', 'b'], [1, 0]],
    [5, ['a', 'b'], [3, 2]],
    [7, ['c', 'a', 'b'], [3, 2, 2]],
    [2, ['a', 'b', 'c'], [1, 1, 0]],
  ])('of %i fleets among %j is %j: the oldest first', (fleets, replicas, shares) => {
    expect(replicas.map((one) => evenShare(fleets, replicas, one))).toEqual(shares);
  });

  it('is nothing for one that is not counted among the living', () => {
    expect(evenShare(5, ['a'], 'b')).toBe(0);
  });
});

describe('the leases that a process knows of', () => {
  let now = 0;
  const held = (): HeldLeases => {
    now = 0;
    const leases = new HeldLeases(() => now);
    leases.set({ fleet: FLEET, token: 3 }, 5_000);
    return leases;
  };

  it('end by the steady clock, whether or not the database says so', () => {
    const leases = held();
    now = 4_999;
    expect([leases.holds(FLEET), leases.tokenOf(FLEET), leases.mayRun(FLEET), leases.openFleets]).toEqual([true, 3, true, [FLEET]]);
    now = 5_000;
    expect([leases.holds(FLEET), leases.tokenOf(FLEET), leases.mayRun(FLEET), leases.openFleets]).toEqual([false, undefined, false, []]);
  });

  it('that are about to be given back begin no more jobs, and may still be written under', () => {
    const leases = held();
    leases.leave(FLEET);
    expect([leases.mayRun(FLEET), leases.openFleets, leases.tokenOf(FLEET)]).toEqual([false, [], 3]);
    leases.drop(FLEET);
    leases.set({ fleet: FLEET, token: 5 }, 5_000);
    expect([leases.mayRun(FLEET), leases.tokenOf(FLEET)]).toEqual([true, 5]);
  });

  it('know which fleets are worked on that are not held', () => {
    const leases = held();
    const ends = [leases.begin(FLEET), leases.begin(FLEET)];
    expect([leases.isBusy(FLEET), leases.busyElsewhere]).toEqual([true, []]);
    leases.drop(FLEET);
    expect(leases.busyElsewhere).toEqual([FLEET]);
    ends[0]?.();
    expect(leases.busyElsewhere).toEqual([FLEET]);
    ends[1]?.();
    expect([leases.isBusy(FLEET), leases.busyElsewhere]).toEqual([false, []]);
  });
});

describe('connections to the database', () => {
  /** Answers with one session after another. */
  const asks = (...sessions: readonly (readonly number[])[]) =>
    sessions.map((each) => {
      const left = [...each];
      return async () => left.shift() ?? 0;
    });

  it.each([
    ['two sessions that stay', [1, 1, 1], [2, 2, 2], true],
    ['one session for both', [1, 1, 1], [1, 1, 1], false],
    ['a session that changes', [1, 1, 3], [2, 2, 2], false],
    ['sessions that change places', [1, 2, 1], [2, 1, 2], false],
  ])('with %s', async (_name, one, other, own) => {
    expect(await areOwnSessions(asks(one, other))).toBe(own);
  });
});
