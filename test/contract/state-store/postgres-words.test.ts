import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIT_KINDS } from '../../../src/core/change/fleet-change.ts';
import { ORDER_MODES } from '../../../src/core/evidence/order.ts';
import { type FleetId, trusted } from '../../../src/core/model/ids.ts';
import { INTENTS } from '../../../src/core/plan/plan.ts';
import { PHASE_STATUSES, ROLLOUT_STATUSES, TARGET_STATUSES } from '../../../src/core/reconcile/state.ts';
import { STOP_CAUSES, STOP_LETS } from '../../../src/core/stop/stop.ts';
import type { StateChange, StateStore } from '../../../src/ports/state-store.ts';
import {
  c,
  change,
  entry,
  fleetRecord,
  landed,
  order,
  phase,
  planFor,
  plannedFor,
  planOf,
  stop,
  target,
} from '../../support/state/builders.ts';
import { type TestDatabase, TestServer } from '../../support/state/test-database.ts';

const PLAN = planFor(['k1'], '2.0.0');
/** As if the list had one word more. Its type does not know it: that is what the readers are for. */
const asListed = <Word extends string>(word: string): Word => word as Word;
const NEW = 'brand-new';

interface Use {
  readonly what: string;
  readonly list: readonly string[];
  /** How a row comes to hold the word. */
  readonly written: Partial<StateChange>;
  read(store: StateStore, fleet: FleetId): Promise<unknown>;
}

const USES: readonly Use[] = [
  {
    what: 'statuses of rollouts',
    list: ROLLOUT_STATUSES,
    written: { newRollouts: landed('a', PLAN, { status: asListed(NEW) }) },
    read: async (store, fleet) => (await store.activeRollouts(fleet))[0]?.state.status,
  },
  {
    what: 'statuses of targets',
    list: TARGET_STATUSES,
    written: { newRollouts: landed('a', PLAN, { targets: new Map([[c('k1'), target({ status: asListed(NEW) })]]) }) },
    read: async (store, fleet) => Object.keys((await store.recentRollouts(fleet, 1))[0]?.counts ?? {})[0],
  },
  {
    what: 'statuses of phases',
    list: PHASE_STATUSES,
    written: { newRollouts: landed('a', PLAN, { phases: new Map([['canary', phase({ status: asListed(NEW) })]]) }) },
    read: async (store, fleet) => (await store.activeRollouts(fleet))[0]?.state.phases.get('canary')?.status,
  },
  {
    what: 'intents',
    list: INTENTS,
    written: { newRollouts: landed('a', planOf({ ...plannedFor(['k1'], '2.0.0'), intent: asListed(NEW) })) },
    read: async (store, fleet) => (await store.recentRollouts(fleet, 1))[0]?.intent,
  },
  {
    what: 'modes of orders',
    list: ORDER_MODES,
    written: { orders: [order('k1', 1, { mode: asListed(NEW) })] },
    read: async (store, fleet) => (await store.orders(fleet)).get(c('k1'))?.mode,
  },
  {
    what: 'causes of stops',
    list: STOP_CAUSES,
    written: { stops: [stop('s', { cause: asListed(NEW) })] },
    read: async (store, fleet) => (await store.stops(fleet))[0]?.cause,
  },
  {
    what: 'what stops let pass',
    list: STOP_LETS,
    written: { stops: [stop('s', { lets: asListed(NEW) })] },
    read: async (store, fleet) => (await store.stops(fleet))[0]?.lets,
  },
  {
    what: 'kinds of the audit',
    list: AUDIT_KINDS,
    written: { audit: [entry('k1', 'why', { kind: asListed(NEW) })] },
    read: async (store, fleet) => (await store.audit(fleet, { limit: 1 }))[0]?.kind,
  },
];
const fleetOf = ({ what }: Use): FleetId => trusted.fleet(`acme/${what.replaceAll(' ', '-')}`);

describe('the words that the database takes are those of the lists', () => {
  let server: TestServer;
  let database: TestDatabase;
  let store: StateStore;
  const open = async () => {
    ({ store } = await database.open());
  };
  const reopen = async () => {
    await database.close();
    database = await server.reopened(database);
    await open();
  };
  beforeAll(async () => {
    server = await TestServer.start();
    database = await server.database();
    await open();
    for (const use of USES) await store.saveFleet(fleetRecord(fleetOf(use)));
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  it.each(USES)('one that is not among the $what is refused', async (use) => {
    await expect(store.commit(change(0, { fleet: fleetOf(use), ...use.written }))).rejects.toThrow(/breaks a rule of the schema.*_words/);
    expect((await store.fleet(fleetOf(use)))?.version).toBe(0);
  });

  describe('after an update', () => {
    beforeAll(async () => {
      for (const { list } of USES) withWord(list, true);
      await reopen();
    });

    it.each(USES)('one that is new among the $what is stored and read back', async (use) => {
      expect(await store.commit(change(0, { fleet: fleetOf(use), ...use.written }))).toBe('committed');
      expect(await use.read(store, fleetOf(use))).toBe(NEW);
    });
  });

  describe('after another', () => {
    beforeAll(async () => {
      for (const { list } of USES) withWord(list, false);
      await reopen();
    });

    it.each(USES)('the bot starts, and a row with one that has gone from the $what is named', async (use) => {
      await expect(use.read(store, fleetOf(use))).rejects.toThrow(/is not what this version writes, column .* expected, not "brand-new"/);
    });
  });
});

/** Lists are constants for everybody but this test. */
function withWord(list: readonly string[], present: boolean): void {
  const words = list as string[];
  if (present) words.push(NEW);
  else words.splice(words.indexOf(NEW), 1);
}
