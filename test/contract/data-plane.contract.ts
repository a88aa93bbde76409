import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DesiredSpec } from '../../src/core/desired/desired.ts';
import type { Observation, Observed } from '../../src/core/evidence/observation.ts';
import type { Order, OrderReply } from '../../src/core/evidence/order.ts';
import { revisionOf } from '../../src/core/model/hash.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { DataPlane } from '../../src/ports/data-plane.ts';
import { PortError } from '../../src/ports/port-error.ts';

/** What the contract needs of an adapter, beside the port itself. */
export interface DataPlaneHarness {
  readonly dataPlane: DataPlane;
  /** A spec that the other side can run; another version is another revision. */
  readonly spec: (version: 'old' | 'new', replicas: number) => DesiredSpec;
  readonly clock: Pick<Clock, 'now'>;
  /** Lets time of that clock pass, in milliseconds. */
  readonly pass: (ms: number) => Promise<void>;
  /** Longest time of that clock for one cluster of four brokers to roll, in milliseconds. */
  readonly rollMsMax: number;
  /** How many clusters are ordered at once; fewer where each is real. */
  readonly manyClusters?: number;
  /** Makes one cluster unobservable; it does not answer orders either. */
  readonly cutOff: (cluster: ClusterId) => Promise<void>;
  /** Stops the other side and starts it again, as after a crash. */
  readonly restart: () => Promise<void>;
  /** Stops the other side for good. */
  readonly stop: () => Promise<void>;
  /** Takes everything away, whether it was stopped or not. */
  readonly remove: () => Promise<void>;
}

/** The port's contract: every adapter, and its other side, must pass it. */
export function describeDataPlane(name: string, start: () => Promise<DataPlaneHarness>): void {
  describe(`data plane contract: ${name}`, () => {
    let running: DataPlaneHarness | undefined;
    const subject = new Subject(() => {
      if (running === undefined) throw new Error('the harness has not started');
      return running;
    });
    beforeEach(async () => {
      running = await start();
    });
    afterEach(() => running?.remove());
    describe('orders', () => testOrders(subject));
    describe('brokers', () => testBrokers(subject));
    describe('evidence', () => testEvidence(subject));
    describe('watching and restarting', () => testContinuity(subject));
  });
}

const cluster = trusted.cluster('contract-a');
const other = trusted.cluster('contract-b');
const rolled = (seen: Observed) => seen.rolled && seen.healthy;
const moved = (seen: Observed, version: string) => seen.brokers.filter((one) => one.version === version && one.state === 'ready').length;

/** The data plane under test, and what the tests say to it again and again. */
class Subject {
  readonly #harness: () => DataPlaneHarness;

  constructor(harness: () => DataPlaneHarness) {
    this.#harness = harness;
  }

  get harness(): DataPlaneHarness {
    return this.#harness();
  }

  get dataPlane(): DataPlane {
    return this.harness.dataPlane;
  }

  order(epoch: number, version: 'old' | 'new', mode: Order['mode'] = 'run', of: ClusterId = cluster): Order {
    const spec = this.harness.spec(version, 4);
    const fields = { cluster: of, dataPlane: this.dataPlane.name, revision: revisionOf(spec), spec, mode, epoch };
    return { ...fields, rollout: undefined, orderedAt: this.harness.clock.now() };
  }

  async apply(given: Order): Promise<OrderReply | undefined> {
    return (await this.dataPlane.apply([given]))[0];
  }

  async see(of: ClusterId = cluster): Promise<Observation> {
    const [seen] = await this.dataPlane.observe([of]);
    if (seen === undefined) throw new Error('observe must answer for every cluster');
    return seen;
  }

  async until(condition: (seen: Observed) => boolean, of: ClusterId = cluster): Promise<Observed> {
    let last: Observation | undefined;
    const seen = await this.waitFor(async () => {
      last = await this.see(of);
      return last.kind === 'observed' && condition(last) ? last : undefined;
    });
    if (seen === undefined) throw new Error(`waited in vain; last seen: ${JSON.stringify(last)}`);
    return seen;
  }

  /** News travels on its own, beside the clock of the data plane. */
  async isHeard(heard: () => boolean): Promise<void> {
    const { pass, rollMsMax } = this.harness;
    await expect
      .poll(async () => {
        await pass(rollMsMax / 400);
        return heard();
      })
      .toBe(true);
  }

  /** Lets time pass until there is something, or for as long as one cluster may take. */
  async waitFor<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
    const { clock, pass, rollMsMax } = this.harness;
    const end = clock.now() + rollMsMax;
    for (;;) {
      const found = await look();
      if (found !== undefined || clock.now() > end) return found;
      await pass(rollMsMax / 400);
    }
  }
}

function testOrders(subject: Subject): void {
  it('makes a cluster that is ordered for the first time, and rolls it', async () => {
    expect(await subject.apply(subject.order(1, 'old'))).toEqual({ kind: 'accepted', cluster, epoch: 1 });
    const seen = await subject.until(rolled);
    const spec = subject.harness.spec('old', 4);
    expect(seen.accepted).toEqual({ epoch: 1, revision: revisionOf(spec), mode: 'run' });
    expect(seen.running).toMatchObject({ version: spec.version, replicas: 4, config: spec.config });
    expect(seen.brokers.map(({ ordinal, state }) => [ordinal, state])).toEqual([0, 1, 2, 3].map((ordinal) => [ordinal, 'ready']));
  });

  it('accepts an order again, and does nothing for it', async () => {
    await subject.apply(subject.order(1, 'old'));
    await subject.until(rolled);
    expect(await subject.apply(subject.order(1, 'old'))).toMatchObject({ kind: 'accepted', epoch: 1 });
    expect(await subject.see()).toMatchObject({ rolled: true, healthy: true });
  });

  it('refuses an order from before the newest as stale, and says which it has seen', async () => {
    await subject.apply(subject.order(7, 'old'));
    await subject.until(rolled);
    expect(await subject.apply(subject.order(6, 'new'))).toEqual({ kind: 'stale', cluster, epoch: 6, seen: 7 });
    expect(await subject.see()).toMatchObject({ rolled: true, accepted: { epoch: 7 } });
  });

  it('never says rolled of an older order', async () => {
    await subject.apply(subject.order(1, 'old'));
    await subject.until(rolled);
    await subject.apply(subject.order(2, 'new'));
    const seen = await subject.until((one) => one.accepted?.epoch === 2);
    expect(seen.rolled).toBe(false);
    const done = await subject.until(rolled);
    expect(done).toMatchObject({ accepted: { epoch: 2 }, running: { version: subject.harness.spec('new', 4).version } });
    expect(new Set(done.brokers.map((one) => one.version))).toEqual(new Set([subject.harness.spec('new', 4).version]));
  });

  it('takes many clusters in one call', async () => {
    const many = subject.harness.manyClusters ?? 2_000;
    const names = Array.from({ length: many }, (_, index) => trusted.cluster(`contract-many-${index}`));
    const replies = await subject.dataPlane.apply(names.map((one) => subject.order(1, 'old', 'run', one)));
    expect(replies.filter((reply) => reply.kind === 'accepted').length).toBe(many);
    const seen = await subject.dataPlane.observe(names);
    expect(seen.map((one) => one.cluster)).toEqual(names);
    expect(seen.every((one) => one.kind === 'observed')).toBe(true);
  });
}

function testBrokers(subject: Subject): void {
  it('holds in the middle between two brokers, stays there, and goes on', async () => {
    const { version } = subject.harness.spec('new', 4);
    await subject.apply(subject.order(1, 'old'));
    await subject.until(rolled);
    await subject.apply(subject.order(2, 'new'));
    await subject.until((seen) => moved(seen, version) >= 1);
    await subject.apply(subject.order(3, 'new', 'hold'));
    const held = await subject.until((seen) => seen.held);
    expect(held).toMatchObject({ rolled: false, accepted: { epoch: 3, mode: 'hold' } });
    const count = moved(held, version);
    expect(count).toBeLessThan(4);
    expect(held.brokers.every((one) => one.state === 'ready')).toBe(true);
    await subject.harness.pass(subject.harness.rollMsMax / 10);
    expect(moved(await subject.until(() => true), version)).toBe(count);
    await subject.apply(subject.order(4, 'new'));
    expect(await subject.until(rolled)).toMatchObject({ held: false, accepted: { epoch: 4, mode: 'run' } });
  });

  it('never moves two brokers at once', async () => {
    await subject.apply(subject.order(1, 'old'));
    await subject.until(rolled);
    await subject.apply(subject.order(2, 'new'));
    let samples = 0;
    await subject.until((seen) => {
      samples += 1;
      expect(seen.brokers.filter((one) => one.state !== 'ready').length).toBeLessThanOrEqual(1);
      return rolled(seen);
    });
    expect(samples).toBeGreaterThan(3);
  });
}

function testEvidence(subject: Subject): void {
  it('says of a cluster that is not there that it is unknown, and missing', async () => {
    expect(await subject.see(other)).toMatchObject({ kind: 'unknown', cluster: other, dataPlane: subject.dataPlane.name, missing: true });
  });

  it('says of a cluster that does not answer that it is unknown, not missing, and leaves its order unanswered', async () => {
    await subject.dataPlane.apply([subject.order(1, 'old'), subject.order(1, 'old', 'run', other)]);
    await subject.until(rolled, other);
    await subject.harness.cutOff(cluster);
    const seen = await subject.see();
    expect(seen).toMatchObject({ kind: 'unknown', cluster, missing: false });
    expect(seen.kind === 'unknown' ? seen.cause : '').not.toBe('');
    const replies = await subject.dataPlane.apply([subject.order(2, 'new'), subject.order(2, 'new', 'run', other)]);
    expect(replies.map((reply) => [reply.cluster, reply.kind])).toEqual([[other, 'accepted']]);
  });

  it('answers in the order of the question, one observation for each cluster', async () => {
    await subject.apply(subject.order(1, 'old'));
    const seen = await subject.dataPlane.observe([other, cluster]);
    expect(seen.map((one) => one.cluster)).toEqual([other, cluster]);
  });

  it('lists what runs, also what nobody asked for', async () => {
    await subject.dataPlane.apply([subject.order(1, 'old'), subject.order(1, 'old', 'run', other)]);
    const names = (await subject.dataPlane.list()).map((one) => one.cluster);
    expect(names).toEqual(expect.arrayContaining([cluster, other]));
  });

  it('stamps evidence with the times at which it was sampled, and received', async () => {
    const { clock } = subject.harness;
    await subject.apply(subject.order(1, 'old'));
    const before = clock.now();
    for (const { sampledAt, receivedAt } of [await subject.see(), await subject.see(other), ...(await subject.dataPlane.list())]) {
      expect(sampledAt).toBeGreaterThanOrEqual(before - 1);
      expect(sampledAt).toBeLessThanOrEqual(clock.now() + 1);
      expect(receivedAt).toBeGreaterThanOrEqual(before);
      expect(receivedAt).toBeLessThanOrEqual(clock.now());
    }
  });

  it('gives out copies, and keeps copies of what it is given', async () => {
    const order = subject.order(1, 'old');
    await subject.apply(order);
    Object.assign(order.spec.config, { 'min.insync.replicas': 99 });
    const first = await subject.until(rolled);
    expect(first.running.config).toEqual(subject.harness.spec('old', 4).config);
    Object.assign(first.running.config, { 'min.insync.replicas': 98 });
    Object.assign(first.brokers, { length: 0 });
    expect(await subject.see()).toMatchObject({ running: { config: subject.harness.spec('old', 4).config }, brokers: { length: 4 } });
  });

  it('says unknown when nobody is there, and throws a PortError where it cannot say so', async () => {
    await subject.apply(subject.order(1, 'old'));
    await subject.harness.stop();
    expect(await subject.see()).toMatchObject({ kind: 'unknown', missing: false });
    await expect(subject.dataPlane.apply([subject.order(2, 'new')])).rejects.toThrow(PortError);
    await expect(subject.dataPlane.list()).rejects.toThrow(PortError);
  });
}

function testContinuity(subject: Subject): void {
  it('calls back with changes until it is told to stop', async () => {
    const [stop, later] = [new AbortController(), new AbortController()];
    const [seen, witness]: [Observation[], Observation[]] = [[], []];
    subject.dataPlane.watch((one) => seen.push(one), stop.signal);
    subject.dataPlane.watch((one) => witness.push(one), later.signal);
    // A watch is a hint: nothing says when it is connected, so the cluster is moved until it shows.
    let epoch = 0;
    const isTold = async () => {
      epoch += 1;
      await subject.apply(subject.order(epoch, epoch % 2 === 0 ? 'old' : 'new'));
      await subject.harness.pass(subject.harness.rollMsMax / 50);
      return seen.length > 0 && witness.length > 0;
    };
    await expect.poll(isTold).toBe(true);
    await subject.until(rolled);
    await subject.isHeard(() => seen.some((one) => one.kind === 'observed' && rolled(one)));
    stop.abort();
    const count = seen.length;
    epoch += 1;
    await subject.apply(subject.order(epoch, 'old'));
    // Who still watches has heard of it: the other one would have, too.
    await subject.isHeard(() => witness.some((one) => one.kind === 'observed' && one.accepted?.epoch === epoch));
    expect(seen.length).toBe(count);
    later.abort();
  });

  it('remembers everything over a restart, the fence too, and watchers hear what they missed', async () => {
    const stop = new AbortController();
    const seen: Observation[] = [];
    await subject.apply(subject.order(5, 'old'));
    await subject.until(rolled);
    subject.dataPlane.watch((one) => seen.push(one), stop.signal);
    await subject.apply(subject.order(6, 'new'));
    await subject.harness.restart();
    expect(await subject.until(rolled)).toMatchObject({
      accepted: { epoch: 6 },
      running: { version: subject.harness.spec('new', 4).version },
    });
    expect(await subject.apply(subject.order(5, 'old'))).toMatchObject({ kind: 'stale', seen: 6 });
    await subject.isHeard(() => seen.some((one) => one.kind === 'observed' && one.accepted?.epoch === 6 && rolled(one)));
    stop.abort();
  });
}
