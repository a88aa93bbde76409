import { describe, expect, it } from 'vitest';
import type { FleetCommand } from '../../../src/core/command/command.ts';
import { acceptCommand } from '../../../src/loop/give-command.ts';
import type { Loop } from '../../../src/loop/loop.ts';
import { syncFleet } from '../../../src/loop/sync-fleet.ts';
import { tick } from '../../../src/loop/tick.ts';
import { inTurn } from '../../../src/loop/turn.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';

const READS = [
  'fleet',
  'desired',
  'policy',
  'ledger',
  'stops',
  'activeRollouts',
  'orders',
  'recentRollouts',
  'waitingCommands',
  'command',
] as const;
const TICKS = 12;

/** A fleet that ticks without pause. With each question that a tick puts to the store, somebody else begins to write for the fleet. */
class BusyFleet {
  readonly bot: TestBot;
  readonly #loop: Loop;
  readonly #rival: (nth: number) => Promise<unknown>;
  readonly #rivals: Promise<unknown>[] = [];
  #questions = 0;
  ticks = 0;
  rivalCommits = 0;
  /** Asked before each question. */
  onQuestion: (nth: number) => void = () => undefined;

  constructor(bot: TestBot, rival: (fleet: BusyFleet, loop: Loop, nth: number) => Promise<unknown>) {
    this.bot = bot;
    const { store } = bot;
    const rivalLoop = bot.withStore({
      commit: async (change) => {
        const outcome = await store.commit(change);
        if (outcome === 'committed') this.rivalCommits += 1;
        return outcome;
      },
    });
    const asking = Object.fromEntries(
      READS.map((name) => [
        name,
        (...given: readonly unknown[]) => {
          this.#questions += 1;
          this.onQuestion(this.#questions);
          this.#rivals.push(this.#rival(this.#questions).catch(() => undefined));
          return Reflect.apply(store[name], store, given);
        },
      ]),
    );
    // One process: one memory.
    this.#loop = { ...bot.withStore(asking), memory: rivalLoop.memory };
    this.#rival = (nth) => rival(this, rivalLoop, nth);
  }

  async tick(): Promise<void> {
    this.#questions = 0;
    this.ticks += 1;
    this.bot.clock.advance(5_000);
    this.bot.planes.advance();
    await tick(this.#loop, FLEET);
  }

  /** Who gives commands has been asked about. */
  know(): void {
    this.bot.know(this.#loop);
  }

  settled(): Promise<unknown> {
    return Promise.all(this.#rivals);
  }
}

/** A merge lands; or a data plane answers, which is recorded in a turn and grows the version of the fleet. */
async function write({ bot }: BusyFleet, loop: Loop, nth: number): Promise<void> {
  if (nth % 4 === 0) {
    bot.write({ version: '3.9.0', config: { 'num.io.threads': 8 + nth } });
    await syncFleet(loop, FLEET);
    return;
  }
  await inTurn(loop.memory, FLEET, async () => {
    const version = (await bot.store.fleet(FLEET))?.version ?? 0;
    await loop.ports.store.commit({ fleet: FLEET, expectedVersion: version, at: bot.clock.now() });
  });
}

async function busy(rival: (fleet: BusyFleet, loop: Loop, nth: number) => Promise<unknown>): Promise<BusyFleet> {
  const bot = await TestBot.begin();
  await bot.merge({ version: '3.9.0' }, 7);
  await bot.work();
  return new BusyFleet(bot, rival);
}

describe('a halt in a fleet that is written for without pause', () => {
  it.each(Array.from({ length: 8 }, (_, at) => at + 1))(
    'given at question %i of a tick is in the next decision at the latest',
    async (at) => {
      const fleet = await busy(write);
      const { bot } = fleet;
      const pause: FleetCommand = { verb: 'stop', scope: { kind: 'fleet' }, by: 'lead', reason: 'because' };
      let givenIn: number | undefined;
      fleet.onQuestion = (nth) => {
        if (givenIn !== undefined || fleet.ticks < 4 || nth !== at) return;
        givenIn = fleet.ticks;
        fleet.know();
        void acceptCommand(bot.loop.ports, FLEET, pause);
      };
      let carriedOutIn: number | undefined;
      for (let nth = 0; nth < TICKS; nth += 1) {
        await fleet.tick();
        if (carriedOutIn === undefined && (await bot.store.stops(FLEET)).some(({ cause }) => cause === 'person'))
          carriedOutIn = fleet.ticks;
      }
      await fleet.settled();
      // They did write, and all the time.
      expect(fleet.rivalCommits).toBeGreaterThan(TICKS);
      expect(givenIn).toBe(4);
      expect([4, 5]).toContain(carriedOutIn);
    },
  );

  it('would be put off for ever by writers that take no turns', async () => {
    const fleet = await busy(async ({ bot }) => {
      const version = (await bot.store.fleet(FLEET))?.version ?? 0;
      await bot.store.commit({ fleet: FLEET, expectedVersion: version, at: bot.clock.now() });
    });
    fleet.know();
    await acceptCommand(fleet.bot.loop.ports, FLEET, { verb: 'stop', scope: { kind: 'fleet' }, by: 'lead', reason: 'because' });
    await expect(fleet.tick()).rejects.toMatchObject({ retry: { kind: 'retry-after' } });
    expect(await fleet.bot.store.stops(FLEET)).toEqual([]);
  });
});
