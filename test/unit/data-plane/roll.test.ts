import { describe, expect, it } from 'vitest';
import { revisionOf } from '../../../src/core/model/hash.ts';
import { fault, MINUTE, ONE_RESTART, order, Simulation, spec } from './simulation.ts';

describe('a roll', () => {
  it('moves one broker after another, and is rolled after the last', () => {
    const cluster = Simulation.running(spec('4.0.1'));
    expect(cluster.order(order(1, spec('4.1.1')))).toEqual({ kind: 'accepted', cluster: 'k', epoch: 1 });
    expect(cluster.brokers()).toBe('4.1.1 restarting, 4.0.1 ready, 4.0.1 ready');
    cluster.untilNextBroker();
    expect(cluster.brokers()).toBe('4.1.1 ready, 4.1.1 restarting, 4.0.1 ready');
    cluster.untilNextBroker();
    expect(cluster.seen()).toMatchObject({ rolled: false, detail: 'broker 2: restarting with 4.1.1' });
    cluster.untilNextBroker();
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true, held: false, detail: undefined, running: { version: '4.1.1' } });
  });

  it('takes from 30 to 90 seconds a broker, and not the same for each', () => {
    const cluster = Simulation.running(spec('4.0.1', { replicas: 50 }));
    cluster.order(order(1, spec('4.1.1', { replicas: 50 })));
    const durations: number[] = [];
    for (let broker = 0; broker < 50; broker += 1) {
      const before = cluster.at;
      cluster.untilNextBroker();
      durations.push(cluster.at - before);
    }
    expect(Math.min(...durations)).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...durations)).toBeLessThanOrEqual(90_000);
    expect(new Set(durations).size).toBeGreaterThan(40);
  });

  it('comes to the same in one step as in many', () => {
    const [once, often] = [Simulation.running(spec('4.0.1')), Simulation.running(spec('4.0.1'))];
    for (const cluster of [once, often]) cluster.order(order(1, spec('4.1.1')));
    once.pass(100_000);
    for (let step = 0; step < 100; step += 1) often.pass(1_000);
    expect(often.state).toEqual(once.state);
  });

  it('shows the worst broker as what runs', () => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.order(order(1, spec('4.1.1')));
    cluster.untilNextBroker();
    cluster.untilNextBroker();
    expect(cluster.seen().running.version).toBe('4.0.1');
  });

  it('finishes the broker in restart under a hold, and touches no other', () => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.order(order(1, spec('4.1.1')));
    cluster.order(order(2, spec('4.1.1'), 'hold'));
    expect(cluster.seen().held).toBe(false);
    cluster.untilNextBroker();
    expect(cluster.seen()).toMatchObject({ held: true, rolled: false, healthy: true });
    cluster.pass(60 * MINUTE);
    expect(cluster.brokers()).toBe('4.1.1 ready, 4.0.1 ready, 4.0.1 ready');
    cluster.order(order(3, spec('4.1.1')));
    expect(cluster.brokers()).toBe('4.1.1 ready, 4.1.1 restarting, 4.0.1 ready');
    cluster.pass(2 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, held: false });
  });

  it('finishes the broker in restart when a newer revision comes, then rolls every broker to the newest', () => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.order(order(1, spec('4.1.0')));
    cluster.order(order(2, spec('4.1.1')));
    expect(cluster.brokers()).toBe('4.1.0 restarting, 4.0.1 ready, 4.0.1 ready');
    cluster.untilNextBroker();
    expect(cluster.brokers()).toBe('4.1.1 restarting, 4.0.1 ready, 4.0.1 ready');
    cluster.pass(3 * ONE_RESTART);
    expect(cluster.brokers()).toBe('4.1.1 ready, 4.1.1 ready, 4.1.1 ready');
  });

  it.each([
    ['more', 5, ['4.0.1 ready, 4.0.1 ready, 4.0.1 ready, 4.0.1 restarting, 4.0.1 waiting'], 5],
    ['fewer', 2, ['4.0.1 ready, 4.0.1 ready, 4.0.1 restarting'], 2],
  ])('adds and removes brokers at the end: %s replicas restart nothing', (_name, replicas, first, total) => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.order(order(1, spec('4.0.1', { replicas })));
    expect([cluster.brokers()]).toEqual(first);
    cluster.pass(5 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, running: { replicas: total } });
  });

  it('restarts brokers for a changed setting', () => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.order(order(1, spec('4.0.1', { config: { 'min.insync.replicas': 3 } })));
    expect(cluster.brokers()).toBe('4.0.1 restarting, 4.0.1 ready, 4.0.1 ready');
  });

  it('makes a cluster that is not there yet', () => {
    const cluster = new Simulation();
    expect(cluster.order(order(1, spec('4.1.1'))).kind).toBe('accepted');
    expect(cluster.brokers()).toBe('4.1.1 restarting, 4.1.1 waiting, 4.1.1 waiting');
    expect(cluster.seen().running.replicas).toBe(0);
    cluster.pass(3 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true, running: { replicas: 3 } });
  });
});

describe('the fence', () => {
  const settled = () => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.order(order(5, spec('4.1.1')));
    return cluster;
  };
  it.each([
    ['a lower epoch is stale', order(4, spec('4.0.1')), { kind: 'stale', seen: 5 }],
    ['the same order again is accepted again', order(5, spec('4.1.1')), { kind: 'accepted', epoch: 5 }],
    ['the same epoch with another revision is refused', order(5, spec('4.0.1')), { kind: 'refused' }],
    ['the same epoch with another mode is refused', order(5, spec('4.1.1'), 'hold'), { kind: 'refused' }],
    ['another product is refused', order(6, spec('8.0.0', { product: 'ksqldb' })), { kind: 'refused' }],
    ['a higher epoch is accepted', order(6, spec('4.0.1')), { kind: 'accepted', epoch: 6 }],
  ])('%s', (_name, given, want) => {
    const cluster = settled();
    const before = cluster.state;
    expect(cluster.order(given)).toMatchObject(want);
    if (given.epoch !== 6 || want.kind !== 'accepted') expect(cluster.state).toBe(before);
  });

  it('never calls rolled what was rolled for an older order', () => {
    const cluster = settled();
    cluster.pass(3 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({ rolled: true, accepted: { epoch: 5 } });
    cluster.order(order(6, spec('4.1.1', { config: {} })));
    expect(cluster.seen()).toMatchObject({ rolled: false, accepted: { epoch: 6, revision: revisionOf(spec('4.1.1', { config: {} })) } });
  });
});

describe('changes by hand', () => {
  it.each([
    ['version', { version: '4.1.1' }, { version: '4.1.1' }],
    ['image', { image: 'mine/kafka:hotfix' }, { image: 'mine/kafka:hotfix' }],
    ['replicas', { replicas: 2 }, { replicas: 2 }],
    ['config', { config: { 'num.io.threads': 64 } }, { config: { 'min.insync.replicas': 2, 'num.io.threads': 64 } }],
  ])('%s runs at once, stays, and is undone by the next order', (_name, change, running) => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.order(order(1, spec('4.0.1')));
    cluster.change(change);
    cluster.pass(24 * 60 * MINUTE);
    expect(cluster.seen()).toMatchObject({ rolled: false, healthy: true, running });
    cluster.order(order(1, spec('4.0.1')));
    expect(cluster.seen().running).toMatchObject(running);
    cluster.order(order(2, spec('4.0.1')));
    cluster.pass(3 * ONE_RESTART);
    expect(cluster.seen()).toMatchObject({
      rolled: true,
      running: { version: '4.0.1', replicas: 3, config: { 'min.insync.replicas': 2 } },
    });
  });
});

describe('a change by hand that is put back by hand', () => {
  it('is none', () => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.change({ version: '4.1.1', replicas: 4 });
    cluster.change({ version: '4.0.1', replicas: 3 });
    expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true });
  });
});

describe('a cluster that grows old', () => {
  it('keeps no template that nothing points at', () => {
    const cluster = Simulation.running(spec('4.0.1'));
    cluster.break(fault('stuck'));
    for (let epoch = 1; epoch <= 50; epoch += 1) cluster.order(order(epoch, spec('4.1.1', { config: { epoch } })));
    expect(Object.keys(cluster.known().templates).length).toBeLessThan(6);
  });
});
