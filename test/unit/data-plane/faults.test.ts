import { describe, expect, it } from 'vitest';
import { restartsSince } from '../../../src/ports/in-memory/simulated-clusters/observe-cluster.ts';
import { fault, MINUTE, ONE_RESTART, order, Simulation, spec } from './simulation.ts';

const good = spec('4.0.1');
const bad = spec('4.1.1');

describe('crash-loop', () => {
  it.each([
    ['the first broker that gets anything new', fault('crash-loop'), '4.1.1 crash-loop, 4.0.1 ready, 4.0.1 ready'],
    ['one version', fault('crash-loop', { version: '4.1.1' }), '4.1.1 crash-loop, 4.0.1 ready, 4.0.1 ready'],
    ['one broker', fault('crash-loop', { broker: 1 }), '4.1.1 ready, 4.1.1 crash-loop, 4.0.1 ready'],
    ['another version', fault('crash-loop', { version: '4.1.0' }), '4.1.1 ready, 4.1.1 ready, 4.1.1 ready'],
  ])('strikes %s, and no other broker is touched', (_name, given, brokers) => {
    const cluster = Simulation.running(good);
    cluster.break(given);
    expect(cluster.brokers()).toBe('4.0.1 ready, 4.0.1 ready, 4.0.1 ready');
    cluster.order(order(1, bad));
    cluster.pass(60 * MINUTE);
    expect(cluster.brokers()).toBe(brokers);
    expect(cluster.seen()).toMatchObject(
      brokers.includes('crash') ? { rolled: false, healthy: false } : { rolled: true, healthy: true, detail: undefined },
    );
  });

  it('says which broker, and what is seen of it', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('crash-loop', { broker: 2 }));
    cluster.order(order(1, bad));
    cluster.untilNextBroker();
    cluster.untilNextBroker();
    cluster.untilNextBroker();
    expect(cluster.seen().detail).toBe('broker 2: crash loop, 1 restart, last exit 1');
    cluster.pass(150_000);
    expect(cluster.seen().detail).toBe('broker 2: crash loop, 5 restarts, last exit 1');
  });

  it.each([
    [0, 1],
    [9_999, 1],
    [10_000, 2],
    [29_999, 2],
    [30_000, 3],
    [310_000, 6],
    [609_999, 6],
    [610_000, 7],
    [910_000, 8],
  ])('restarts as Kubernetes waits: after %i ms it has restarted %i times', (ms, count) => {
    expect(restartsSince(5_000, 5_000 + ms)).toBe(count);
  });

  it('is fixed by an order back to what ran before, the broken broker first', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('crash-loop', { broker: 1 }));
    cluster.order(order(1, bad));
    cluster.pass(60 * MINUTE);
    cluster.order(order(2, good));
    expect(cluster.brokers()).toBe('4.1.1 ready, 4.0.1 restarting, 4.0.1 ready');
    cluster.pass(2 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true, running: { version: '4.0.1' } });
  });

  it('comes back when the fault is cleared, also under a hold, and then goes on', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('crash-loop'));
    cluster.order(order(1, bad));
    cluster.pass(60 * MINUTE);
    cluster.order(order(2, bad, 'hold'));
    cluster.break(undefined);
    cluster.pass(ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ healthy: true, held: true });
    expect(cluster.brokers()).toBe('4.1.1 ready, 4.0.1 ready, 4.0.1 ready');
    cluster.order(order(3, bad));
    cluster.pass(2 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true });
  });

  it('strikes at once brokers that already run the version it names, and only then', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('crash-loop', { version: '4.0.1', broker: 1 }));
    expect(cluster.brokers()).toBe('4.0.1 ready, 4.0.1 crash-loop, 4.0.1 ready');
    cluster.break(undefined);
    cluster.pass(ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true });
  });

  it('lets a broken broker that is no longer wanted go', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('crash-loop', { version: '4.0.1', broker: 2 }));
    cluster.order(order(1, spec('4.0.1', { replicas: 2 })));
    cluster.pass(ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true, running: { replicas: 2 } });
  });

  it('strikes clusters that are made later when all were broken', () => {
    const cluster = new Simulation();
    cluster.order(order(1, good), [fault('crash-loop')]);
    cluster.pass(60 * MINUTE);
    expect(cluster.brokers()).toBe('4.0.1 crash-loop, 4.0.1 waiting, 4.0.1 waiting');
  });
});

describe('stuck', () => {
  it('stays restarting, and is called stuck after five minutes', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('stuck'));
    cluster.order(order(1, bad));
    cluster.pass(5 * MINUTE - 1);
    expect(cluster.brokers()).toBe('4.1.1 restarting, 4.0.1 ready, 4.0.1 ready');
    cluster.pass(1);
    expect(cluster.brokers()).toBe('4.1.1 stuck, 4.0.1 ready, 4.0.1 ready');
    expect(cluster.seen()).toMatchObject({ healthy: false, rolled: false, detail: 'broker 0: stuck, does not come back from its restart' });
  });

  it.each([
    ['cleared', (cluster: Simulation) => cluster.break(undefined), '4.1.1'],
    ['ordered back', (cluster: Simulation) => cluster.order(order(2, good)), '4.0.1'],
  ])('recovers when %s', (_name, fix, version) => {
    const cluster = Simulation.running(good);
    cluster.break(fault('stuck'));
    cluster.order(order(1, bad));
    cluster.pass(10 * MINUTE);
    fix(cluster);
    cluster.pass(3 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true, running: { version } });
  });

  it('does not let go of its broker under a hold', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('stuck'));
    cluster.order(order(1, bad));
    cluster.order(order(2, good, 'hold'));
    cluster.pass(10 * MINUTE);
    expect(cluster.seen()).toMatchObject({ held: false, healthy: false });
  });
});

describe('slow', () => {
  it('takes ten times as long, and stays healthy meanwhile', () => {
    const [usual, slow] = [Simulation.running(good), Simulation.running(good)];
    slow.break(fault('slow'));
    for (const cluster of [usual, slow]) {
      cluster.order(order(1, bad));
      cluster.untilNextBroker();
    }
    expect(slow.at - 1_000_000).toBe(10 * (usual.at - 1_000_000));
    expect(slow.seen().healthy).toBe(true);
  });
});

describe('faults together', () => {
  it('replaces a fault of the same kind, keeps others, and clears all at once', () => {
    const cluster = Simulation.running(good);
    cluster.break(fault('slow'));
    cluster.break(fault('crash-loop', { broker: 0 }));
    cluster.break(fault('crash-loop', { broker: 1 }));
    expect(cluster.known().faults.map(({ kind, broker }) => [kind, broker])).toEqual([
      ['slow', undefined],
      ['crash-loop', 1],
    ]);
    cluster.break(undefined);
    expect(cluster.known().faults).toEqual([]);
  });

  it('leaves a restart alone that it does not concern', () => {
    const cluster = Simulation.running(good);
    cluster.order(order(1, bad));
    const { move } = cluster.known();
    cluster.break(fault('crash-loop', { broker: 2 }));
    expect(cluster.known().move).toEqual(move);
  });
});
