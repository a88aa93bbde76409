import { describe, expect, it } from 'vitest';
import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';
import { storable } from '../../../src/ports/in-memory/storable.ts';
import { change, desiredCluster, FLEET, fleetRecord, job, landed, planFor, sha, t, target } from '../../support/state/builders.ts';

describe('storable', () => {
  it('keeps plain data and maps, and what is undefined, and freezes them all the way down', () => {
    const given = { a: [1, { b: undefined }], m: new Map([['k', { n: null }]]) };
    const stored = storable(given);
    expect(stored).toStrictEqual({ a: [1, { b: undefined }], m: new Map([['k', { n: null }]]) });
    expect(() => given.a.push(2)).toThrow(TypeError);
    expect(() => Object.assign(given.m.get('k') ?? {}, { n: 1 })).toThrow(TypeError);
    expect(() => given.m.clear()).toThrow(TypeError);
    expect(storable(stored)).toBe(stored);
  });

  it('gives what a database would give back: no negative zero, no U+0000, no half of a pair, no entry that is a prototype', () => {
    const given = { z: [-0], 'k\u0000': 'half \ud83d', m: new Map([['a\u0000', -0]]), bare: Object.assign(Object.create(null), { n: 1 }) };
    const entry = JSON.parse('{"__proto__": {"a": "b\\u0000"}}') as object;
    expect(storable(given)).toStrictEqual({ z: [0], 'k\ufffd': 'half \ufffd', m: new Map([['a\ufffd', 0]]), bare: { n: 1 } });
    expect(Object.entries(storable(entry))).toEqual([['__proto__', { a: 'b\ufffd' }]]);
  });

  it.each<[string, unknown]>([
    ['NaN', { at: Number.NaN }],
    ['a function', { f: () => 1 }],
    ['a date', { d: new Date(0) }],
    ['a set', new Set()],
    ['a bigint', 1n],
  ])('refuses %s, which no database would give back', (_name, value) => {
    expect(() => storable(value)).toThrow();
  });
});

/** Its type says that it cannot be changed; code that is wrong may try. */
const changeable = (map: ReadonlyMap<string, unknown>) => map as Map<string, unknown>;

describe('the state store in memory', () => {
  it('lets nobody change what is stored: not the writer, and not a reader', async () => {
    const store = new InMemoryStateStore();
    await store.saveFleet(fleetRecord());
    const made = landed('a', planFor(['k1', 'k2'], '2.0.0'));
    const targets = new Map(made.state.targets);
    const labels: Record<string, string> = { tier: 'gold' };
    await store.commit(
      change(0, {
        desired: { commit: sha('a'), set: [desiredCluster('k1', '1.0.0', { labels })], remove: [] },
        newRollouts: { ...made, states: [{ ...made.state, targets }] },
      }),
    );
    expect(() => targets.clear()).toThrow(TypeError);
    expect(() => Object.assign(labels, { tier: 'changed' })).toThrow(TypeError);
    const [active] = await store.activeRollouts(FLEET);
    const [desired] = [...(await store.desired(FLEET)).values()];
    if (active === undefined || desired === undefined) throw new Error('both are stored');
    expect(active.state.targets.size).toBe(2);
    expect(desired.labels).toEqual({ tier: 'gold' });
    const read = changeable(active.state.targets);
    expect(() => read.set('k3', target())).toThrow(TypeError);
    expect(() => read.delete('k1')).toThrow(TypeError);
    expect(() => changeable(active.planned.targets).clear()).toThrow(TypeError);
    expect(() => Object.assign(desired, { release: 'other' })).toThrow(TypeError);
    expect(() => Object.assign(read.get('k1') ?? {}, { status: 'failed', since: t(1) })).toThrow(TypeError);
  });

  it('gives each reader a map of their own', async () => {
    const store = new InMemoryStateStore();
    await store.saveFleet(fleetRecord());
    await store.commit(change(0, { desired: { commit: sha('a'), set: [desiredCluster('k1', '1.0.0')], remove: [] } }));
    changeable(await store.desired(FLEET)).clear();
    expect((await store.desired(FLEET)).size).toBe(1);
  });

  it('keeps the jobs of commits, deliveries and calls for whoever works them off', async () => {
    const store = new InMemoryStateStore();
    await store.saveFleet(fleetRecord());
    await store.commit(change(0, { jobs: [job('committed')] }));
    await store.commit(change(0, { jobs: [job('in conflict')] }));
    await store.enqueue([job('enqueued', { runAt: t(5) })]);
    expect(store.jobs.takeDueJobs(t(5)).map(({ key }) => key)).toEqual(['committed', 'enqueued']);
  });
});
