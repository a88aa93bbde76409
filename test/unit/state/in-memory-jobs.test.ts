import { describe, expect, it } from 'vitest';
import { instant } from '../../../src/core/model/time.ts';
import { InMemoryJobs } from '../../../src/ports/in-memory/jobs.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { job, t } from '../../support/state/builders.ts';

const keysOf = (taken: readonly { readonly key: string }[]) => taken.map(({ key }) => key);
const outage = new PortError({ port: 'code-host', operation: 'x', retry: { kind: 'retry-later' }, message: 'down' });
const forPerson = new PortError({ port: 'code-host', operation: 'x', retry: { kind: 'needs-human' }, message: 'no rights' });

describe('jobs in memory', () => {
  it('gives out what is due, in the order in which it became due, once', () => {
    const jobs = new InMemoryJobs();
    expect(jobs.takeDueJobs(t(0))).toEqual([]);
    jobs.add([job('late', { runAt: t(20) }), job('second', { runAt: t(10) }), job('first', { runAt: t(5) }), job('at-once')]);
    expect(jobs.nextDueAt()).toBe(t(0));
    expect(keysOf(jobs.takeDueJobs(t(10)))).toEqual(['at-once', 'first', 'second']);
    expect(jobs.takeDueJobs(t(10))).toEqual([]);
    expect(jobs.nextDueAt()).toBe(t(20));
    expect(keysOf(jobs.takeDueJobs(t(20)))).toEqual(['late']);
    expect(jobs.nextDueAt()).toBeUndefined();
  });

  it('runs one of a queue at a time, and other queues meanwhile', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('a1', { queue: 'a' }), job('a2', { queue: 'a' }), job('b1', { queue: 'b' }), job('free1'), job('free2')]);
    const taken = jobs.takeDueJobs(t(0));
    expect(keysOf(taken)).toEqual(['a1', 'b1', 'free1', 'free2']);
    expect(jobs.takeDueJobs(t(1))).toEqual([]);
    for (const one of taken) jobs.done(one);
    expect(keysOf(jobs.takeDueJobs(t(2)))).toEqual(['a2']);
  });

  it('lets a job that waits for a later time pass its queue to the next', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('later', { queue: 'a', runAt: t(50) }), job('now', { queue: 'a' })]);
    expect(keysOf(jobs.takeDueJobs(t(0)))).toEqual(['now']);
  });

  it('replaces one that waits, also its time and its attempts', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('k', { payload: { n: 1 } })]);
    const [first] = jobs.takeDueJobs(t(0));
    if (first === undefined) throw new Error('it was due');
    jobs.failed(first, outage, t(0));
    jobs.add([job('k', { payload: { n: 2 } })]);
    expect(jobs.takeDueJobs(t(0))).toMatchObject([{ key: 'k', payload: { n: 2 }, attempt: 1 }]);
  });

  it('puts off none that is asked for again and again, and brings one forward', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('k', { runAt: t(10) })]);
    jobs.add([job('k', { runAt: t(20) })]);
    expect(jobs.nextDueAt()).toBe(t(10));
    jobs.add([job('k', { runAt: t(5) })]);
    expect(jobs.nextDueAt()).toBe(t(5));
    jobs.add([job('k', { runAt: t(1) }), job('k', { runAt: t(9) })]);
    expect(jobs.nextDueAt()).toBe(t(5));
  });

  it('takes instants for delays where its clock is another one', () => {
    const jobs = new InMemoryJobs((asked) => instant(asked + 1_000));
    jobs.add([job('k', { runAt: t(10) }), job('at-once')]);
    expect(keysOf(jobs.takeDueJobs(t(10)))).toEqual(['at-once']);
    expect(keysOf(jobs.takeDueJobs(t(1_010)))).toEqual(['k']);
  });

  it('keeps one that comes while another of its key runs, which does not come back when it fails', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('k', { queue: 'q', payload: { n: 1 } })]);
    const [running] = jobs.takeDueJobs(t(0));
    if (running === undefined) throw new Error('it was due');
    jobs.add([job('k', { queue: 'q', payload: { n: 2 } })]);
    expect(jobs.takeDueJobs(t(1))).toEqual([]);
    jobs.failed(running, outage, t(1));
    expect(jobs.waiting().map(({ payload }) => payload)).toEqual([{ n: 2 }]);
  });

  it('tries again after waits that grow, or as long as the remote says', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('k')]);
    const waits: number[] = [];
    let now = t(0);
    for (let round = 0; round < 3; round += 1) {
      const [taken] = jobs.takeDueJobs(now);
      if (taken === undefined) throw new Error('it was due');
      expect(taken.attempt).toBe(round + 1);
      jobs.failed(
        taken,
        round < 2 ? outage : new PortError({ ...outage, retry: { kind: 'retry-after', waitMs: 61_000 }, message: 'slow' }),
        now,
      );
      const next = jobs.nextDueAt() ?? now;
      waits.push(next - now);
      now = next;
    }
    expect(waits).toEqual([1_000, 2_000, 61_000]);
  });

  it('parks what needs a person until the next start', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('k')]);
    const [taken] = jobs.takeDueJobs(t(0));
    if (taken === undefined) throw new Error('it was due');
    jobs.failed(taken, forPerson, t(0));
    expect(keysOf(jobs.parked())).toEqual(['k']);
    expect(jobs.nextDueAt()).toBeUndefined();
    expect(jobs.takeDueJobs(t(1_000_000))).toEqual([]);
    jobs.restart(t(2_000_000));
    expect(jobs.takeDueJobs(t(2_000_000))).toMatchObject([{ key: 'k', attempt: 1 }]);
    expect(jobs.parked()).toEqual([]);
  });

  it('takes up what a killed process had, later and later when it keeps ending the process', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('k', { queue: 'q' })]);
    const waits: number[] = [];
    let now = t(0);
    for (let start = 0; start < 12; start += 1) {
      expect(jobs.takeDueJobs(now)).toHaveLength(1);
      jobs.restart(now);
      const next = jobs.nextDueAt() ?? now;
      waits.push(Math.max(0, next - now));
      now = instant(Math.max(next, now));
    }
    expect(waits).toEqual([0, 0, 0, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it('a job ends once', () => {
    const jobs = new InMemoryJobs();
    jobs.add([job('k')]);
    const [taken] = jobs.takeDueJobs(t(0));
    if (taken === undefined) throw new Error('it was due');
    jobs.done(taken);
    expect(() => jobs.done(taken)).toThrow(/is running before it is done/);
    expect(() => jobs.failed(taken, outage, t(1))).toThrow(/is running before it fails/);
    expect(jobs.waiting()).toEqual([]);
  });
});
