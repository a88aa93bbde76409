import { describe, expect, it } from 'vitest';
import type { Loop } from '../../../src/loop/loop.ts';
import { observeFleet } from '../../../src/loop/observe-fleet.ts';
import { loadRecords, noteReplies } from '../../../src/loop/records.ts';
import { tick } from '../../../src/loop/tick.ts';
import type { FleetRecord, StateStore } from '../../../src/ports/state-store.ts';
import { FLEET, TestBot } from '../../support/loop/bot.ts';
import { lookAndTick } from '../../support/loop/look.ts';
import { commitsTo } from '../../support/loop/spy.ts';

/** A process that has just begun on the store of this bot, and how often it has read the ledger. */
function fresh(bot: TestBot, over: Partial<StateStore> = {}): { readonly loop: Loop; readonly reads: () => number } {
  let reads = 0;
  const ledger: StateStore['ledger'] = (id) => {
    reads += 1;
    return bot.store.ledger(id);
  };
  return { loop: bot.withStore({ ledger, ...over }), reads: () => reads };
}

async function record(bot: TestBot): Promise<FleetRecord> {
  const fleet = await bot.store.fleet(FLEET);
  if (fleet === undefined) throw new Error('the fleet is known');
  return fleet;
}

describe('the records of a fleet', () => {
  it('are read once, however many ask for them at once', async () => {
    const bot = await TestBot.begin();
    const { loop, reads } = fresh(bot);
    const fleet = await record(bot);
    const [one, other] = await Promise.all([loadRecords(loop, fleet), loadRecords(loop, fleet)]);
    expect(reads()).toBe(1);
    expect(one).toBe(other);
    await loadRecords(loop, fleet);
    expect(reads()).toBe(1);
  });

  it('are read once by a decision and a look that begin together', async () => {
    const bot = await TestBot.begin();
    const { loop, reads } = fresh(bot);
    await Promise.all([tick(loop, FLEET), observeFleet(loop, FLEET)]);
    expect(reads()).toBe(1);
  });

  it('of a newer version are not those that somebody began to read before', async () => {
    const bot = await TestBot.begin();
    const { loop, reads } = fresh(bot);
    const before = await record(bot);
    await Promise.all([loadRecords(loop, before), loadRecords(loop, { ...before, version: before.version + 1 })]);
    expect(reads()).toBe(2);
    await loadRecords(loop, { ...before, version: before.version + 1 });
    expect(reads()).toBe(2);
  });

  it('are not read again for answers that came in while they were read', async () => {
    const bot = await TestBot.begin();
    const { loop, reads } = fresh(bot);
    const before = await record(bot);
    const first = loadRecords(loop, before);
    const version = before.version + 1;
    noteReplies(loop.memory, FLEET, { version, replies: [], at: bot.clock.now() });
    await Promise.all([first, loadRecords(loop, { ...before, version })]);
    expect(reads()).toBe(1);
  });

  it('are read again after a read that failed', async () => {
    const bot = await TestBot.begin();
    let isDown = true;
    const down = new Error('down');
    const { loop } = fresh(bot, { stops: (id) => (isDown ? Promise.reject(down) : bot.store.stops(id)) });
    const fleet = await record(bot);
    const all = await Promise.allSettled([loadRecords(loop, fleet), loadRecords(loop, fleet)]);
    expect(all).toEqual([down, down].map((reason) => ({ status: 'rejected', reason })));
    isDown = false;
    await expect(loadRecords(loop, fleet)).resolves.toMatchObject({ stops: [] });
  });
});

describe('evidence after a restart', () => {
  it('is not stored again where it is stored already, and nothing has become of the cluster', async () => {
    const bot = await TestBot.begin();
    await bot.merge({ version: '3.9.0' }, 7);
    await bot.passUntil(([first]) => first?.status === 'running');
    const { changes, over } = commitsTo(bot);
    const { loop } = fresh(bot, over);
    for (let step = 0; changes.length === 0 && step < 20; step += 1) {
      bot.clock.advance(15_000);
      bot.planes.advance();
      await lookAndTick(loop);
    }
    expect(changes[0]?.rollouts?.flatMap(({ targets }) => [...targets.keys()])).toEqual(['k-canary']);
    expect(changes[0]?.observations?.filter(({ cluster }) => cluster !== 'k-canary')).toEqual([]);
  });
});
