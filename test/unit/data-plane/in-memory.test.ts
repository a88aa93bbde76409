import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/core/evidence/observation.ts';
import type { Order } from '../../../src/core/evidence/order.ts';
import { revisionOf } from '../../../src/core/model/hash.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { InMemoryClock } from '../../../src/ports/in-memory/clock.ts';
import { claimsRolled, InMemoryDataPlanes, type InMemoryDataPlanesOptions } from '../../../src/ports/in-memory/data-plane.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { MINUTE, spec } from './simulation.ts';

const START = 1_800_000_000_000;
const [a, b] = [trusted.cluster('a'), trusted.cluster('b')];
const ROLLED = 10 * MINUTE;

function simulated(options: Partial<InMemoryDataPlanesOptions> = {}) {
  const clock = new InMemoryClock(instant(START));
  const planes = new InMemoryDataPlanes({ clock, ...options });
  planes.seed([a, b].map((cluster) => ({ cluster, dataPlane: 'plane', spec: spec('4.0.1'), revision: revisionOf(spec('4.0.1')) })));
  const port = planes.port('plane');
  const pass = (ms: number) => {
    clock.advance(ms);
    return planes.advance();
  };
  const order = (epoch: number, version: string, cluster = a): Order => ({
    cluster,
    dataPlane: 'plane',
    revision: revisionOf(spec(version)),
    spec: spec(version),
    mode: 'run',
    epoch,
    rollout: undefined,
    orderedAt: clock.now(),
  });
  const see = async (cluster = a): Promise<Observation | undefined> => (await port.observe([cluster]))[0];
  return { clock, planes, port, pass, order, see };
}

describe('data planes in memory', () => {
  it('move nothing until the clock does, and say when the next thing happens', async () => {
    const { planes, port, pass, order, see } = simulated();
    expect(planes.advance()).toBeUndefined();
    await port.apply([order(1, '4.1.1')]);
    const next = planes.advance();
    expect(next).toBeGreaterThan(START);
    pass((next ?? 0) - START - 1);
    expect(await see()).toMatchObject({ brokers: [{ state: 'restarting' }, { state: 'ready' }, { state: 'ready' }] });
    pass(1);
    expect(await see()).toMatchObject({ brokers: [{ state: 'ready' }, { state: 'restarting' }, { state: 'ready' }] });
    expect(pass(ROLLED)).toBeUndefined();
    expect(await see()).toMatchObject({ rolled: true, healthy: true, running: { version: '4.1.1' } });
  });

  it('answer alike when the same is done at the same times', async () => {
    const tell = async () => {
      const { planes, port, pass, order, see } = simulated();
      planes.break(b, { kind: 'crash-loop' });
      const said: unknown[] = [await port.apply([order(1, '4.1.1'), order(1, '4.1.1', b)])];
      for (let i = 0; i < 20; i += 1) said.push(pass(20_000), await see(), await see(b));
      return said;
    };
    expect(await tell()).toEqual(await tell());
  });

  it('say of a cluster that was never ordered that it has accepted nothing', async () => {
    expect(await simulated().see()).toMatchObject({ accepted: undefined, rolled: true, healthy: true });
  });

  it('refuse with a reason, until they do not', async () => {
    const { planes, port, order } = simulated();
    planes.refuse(a, 'no quota');
    const [first, second] = await port.apply([order(1, '4.1.1'), order(1, '4.1.1', b)]);
    expect([first, second]).toMatchObject([
      { kind: 'refused', cluster: a, reason: 'no quota' },
      { kind: 'accepted', cluster: b },
    ]);
    planes.refuse(a, undefined);
    expect(await port.apply([order(1, '4.1.1')])).toMatchObject([{ kind: 'accepted' }]);
  });

  it('lie: all is done, while brokers run the old version', async () => {
    const { planes, port, pass, order, see } = simulated();
    planes.break(a, { kind: 'stuck' });
    planes.distort(a, claimsRolled);
    await port.apply([order(1, '4.1.1')]);
    pass(ROLLED);
    expect(await see()).toMatchObject({ rolled: true, healthy: true, accepted: { epoch: 1 }, running: { version: '4.0.1' } });
    planes.distort(a, undefined);
    expect(await see()).toMatchObject({ rolled: false, healthy: false });
  });

  it('talk nonsense, which is unknown', async () => {
    const { planes, port, see } = simulated();
    planes.distort(a, (sample) => ({ ...sample, sampledAt: 'yesterday' }));
    expect(await see()).toMatchObject({ kind: 'unknown', missing: false, cause: expect.stringContaining('sampledAt') });
    expect((await port.list()).map(({ kind }) => kind)).toEqual(['unknown', 'observed']);
    planes.distort(a, () => 'nonsense');
    expect(await see()).toMatchObject({ kind: 'unknown', cluster: a });
    await expect(port.list()).rejects.toThrow(PortError);
  });

  it('repeat an old sample', async () => {
    const { planes, port, pass, order, see } = simulated();
    planes.freeze(a);
    await port.apply([order(1, '4.1.1')]);
    pass(ROLLED);
    expect(await see()).toMatchObject({ sampledAt: START, receivedAt: START + ROLLED, accepted: undefined });
  });

  it('have clocks of their own', async () => {
    const { planes, see } = simulated();
    planes.skew('plane', -5_000);
    expect(await see()).toMatchObject({ sampledAt: START - 5_000, receivedAt: START });
    planes.skew('plane', 86_400_000);
    expect(await see()).toMatchObject({ sampledAt: START + 86_400_000, receivedAt: START });
  });

  it('do not move brokers back when our clock is set back', async () => {
    const { port, pass, order, see, clock } = simulated();
    await port.apply([order(1, '4.1.1')]);
    pass(ROLLED);
    pass(-60 * MINUTE);
    expect(await see()).toMatchObject({ rolled: true, sampledAt: clock.now() });
  });

  it('forget the orders that they accepted, and run on', async () => {
    const { planes, port, pass, order, see } = simulated();
    await port.apply([order(7, '4.1.1')]);
    pass(ROLLED);
    planes.forgetOrders(a);
    expect(await see()).toMatchObject({ accepted: undefined, running: { version: '4.1.1' } });
    expect(await port.apply([order(3, '4.0.1')])).toMatchObject([{ kind: 'accepted', epoch: 3 }]);
  });

  it('are restored whole to what they were', async () => {
    const { planes, port, pass, order, see } = simulated();
    await port.apply([order(1, '4.1.0')]);
    pass(ROLLED);
    const backup = planes.state(a);
    await port.apply([order(2, '4.1.1')]);
    pass(ROLLED);
    planes.restore(backup);
    expect(await see()).toMatchObject({ accepted: { epoch: 1 }, running: { version: '4.1.0' } });
  });

  it('break after they were healthy', async () => {
    const { planes, port, pass, order, see } = simulated();
    await port.apply([order(1, '4.1.1')]);
    pass(ROLLED);
    planes.break(a, { kind: 'crash-loop', version: '4.1.1', broker: 2 });
    expect(await see()).toMatchObject({ healthy: false, brokers: [{}, {}, { state: 'crash-loop' }] });
  });

  it('are changed by hand', async () => {
    const { planes, see } = simulated();
    planes.changeByHand(a, { config: { 'num.io.threads': 64 } });
    expect(await see()).toMatchObject({ rolled: false, running: { config: { 'num.io.threads': 64, 'min.insync.replicas': 2 } } });
  });

  it('are silent as a whole, and their watchers hear everything when they are back', async () => {
    const { planes, port, pass, order } = simulated();
    const heard: Observation[] = [];
    port.watch((seen) => heard.push(seen), new AbortController().signal);
    await port.apply([order(1, '4.1.1')]);
    planes.silence('plane', true);
    pass(ROLLED);
    await expect(port.apply([order(2, '4.0.1')])).rejects.toMatchObject({ retry: { kind: 'retry-later' } });
    expect(await port.observe([a, b])).toMatchObject([{ kind: 'unknown' }, { kind: 'unknown' }]);
    expect(heard).toEqual([]);
    planes.silence('plane', false);
    planes.advance();
    expect(heard).toMatchObject([
      { cluster: a, rolled: true },
      { cluster: b, rolled: true },
    ]);
  });

  it('call watchers in advance alone, with what is left of the messages', async () => {
    const late: unknown[] = [];
    const { port, pass, order } = simulated({
      underway: (samples) => {
        const now = late.splice(0);
        late.push(...samples);
        return [...now, ...now, 'nonsense'];
      },
    });
    const heard: Observation[] = [];
    const stop = new AbortController();
    port.watch((seen) => heard.push(seen), stop.signal);
    await port.apply([order(1, '4.1.1')]);
    expect(heard).toEqual([]);
    pass(ROLLED);
    pass(1);
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.length % 2).toBe(0);
    stop.abort();
    const count = heard.length;
    pass(1);
    expect(heard.length).toBe(count);
  });
});

describe('a call that fails', () => {
  const failing = (phase: string, error: Error) => ({
    onCall: (name: string, at: string) => {
      if (name === 'data-plane.apply' && at === phase) throw error;
    },
  });
  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('%s its effect leaves the cluster at epoch %i', async (phase, epoch) => {
    const { planes, port, order } = simulated(failing(phase, new Error('crash')));
    await expect(port.apply([order(1, '4.1.1')])).rejects.toThrow('crash');
    expect(planes.state(a).accepted.epoch).toBe(epoch);
  });

  it('is unknown when evidence is asked for, unless the process itself crashes', async () => {
    const error = new PortError({ port: 'data-plane', operation: 'observe', retry: { kind: 'retry-later' }, message: 'cut off' });
    let thrown: Error = error;
    const { see } = simulated({
      onCall: () => {
        throw thrown;
      },
    });
    expect(await see()).toMatchObject({ kind: 'unknown', cause: expect.stringContaining('cut off') });
    thrown = new Error('crash');
    await expect(see()).rejects.toThrow('crash');
  });
});
