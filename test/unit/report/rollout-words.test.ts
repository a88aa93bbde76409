import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { HoldReason } from '../../../src/core/reconcile/decision.ts';
import type { TargetState } from '../../../src/core/reconcile/state.ts';
import { untouched } from '../../../src/core/reconcile/state.ts';
import { attemptWords, holdLines, rolloutName } from '../../../src/core/report/rollout-words.ts';
import { at, BASE, kafka, rolloutId, rolloutView, shown, wait, waits } from '../../support/report-views.ts';

const OTHER = trusted.rollout('aaaaaaaaaaaa-0123456789abcdef');
const STOP = trusted.stop('0123456789abcdef');
const planned = kafka({
  from: '3.8.0',
  to: '3.9.0',
  phases: [{ name: 'rest', members: ['a', 'b', 'c', 'd'], why: 'the rest', atOnce: 1, soak: '1h' }],
});
const context = rolloutView(shown(planned), {
  others: new Map([[OTHER, { title: 'Kafka 3.8.1', pull: 40, commit: BASE, release: 'kafka-all', status: 'running' }]]),
});

describe('why clusters wait', () => {
  it.each<[HoldReason, string]>([
    [{ kind: 'pending', behind: OTHER }, '- Waits for #40 `Kafka 3.8.1`, of the same release, to end: `a`.'],
    [{ kind: 'required-product', product: 'zk', rollout: OTHER }, '- Waits for product `zk`, which it requires: #40 `Kafka 3.8.1`: `a`.'],
    [{ kind: 'stopped', stops: [STOP], words: 'demo @anna' }, `- Held by stop \`${STOP}\`, demo @&#8203;anna: \`a\`.`],
    [{ kind: 'winding-down', words: 'the rollout is aborted' }, '- The rollout winds down, the rollout is aborted: `a`.'],
    [{ kind: 'earlier-phase', phase: 'canary' }, '- Waits for phase `canary` to be done: `a`.'],
    [{ kind: 'baking', phase: 'canary' }, '- Waits for phase `canary` to bake: `a`.'],
    [{ kind: 'approval', phase: 'rest', given: 1, needed: 2 }, '- Waits for approval of `rest`, 1 of 2 given: `a`.'],
    [{ kind: 'concurrency', of: 'phase', name: 'rest', limit: 3 }, '- Waits for a slot, phase `rest` moves at most 3 at once: `a`.'],
    [{ kind: 'concurrency', of: 'release', name: 'k', limit: 3 }, '- Waits for a slot, release `k` moves at most 3 at once: `a`.'],
    [{ kind: 'concurrency', of: 'fleet', name: 'fleet', limit: 50 }, '- Waits for a slot, the fleet moves at most 50 at once: `a`.'],
    [
      { kind: 'concurrency', of: 'data-plane', name: 'aws', limit: 1 },
      '- Waits for a slot, data plane `aws` moves at most 1 at once: `a`.',
    ],
    [{ kind: 'concurrency', of: 'label', name: 'az=1', limit: 1 }, '- Waits for a slot, clusters with `az=1` move at most 1 at once: `a`.'],
    [{ kind: 'concurrency', of: 'rescue', name: 'k', limit: 2 }, '- Waits for a slot, at most 2 at once go before their turn: `a`.'],
    [{ kind: 'window', name: 'w', words: 'outside window w: ask @ops' }, '- Outside window w: ask @&#8203;ops: `a`.'],
    [{ kind: 'freeze', name: 'f', words: 'freeze f: year end' }, '- Freeze f: year end: `a`.'],
    [
      { kind: 'path', message: 'no upgrade from 3.7 to 4.0', hint: 'go to 3.9 first' },
      '- No upgrade from 3.7 to 4.0; go to 3.9 first: `a`.',
    ],
    [{ kind: 'interval', words: 'upgraded 1h ago, 24h are asked for' }, '- Upgraded 1h ago, 24h are asked for: `a`.'],
    [{ kind: 'no-evidence', cause: 'never seen' }, '- No recent status, never seen: `a`.'],
    [{ kind: 'unconfirmed', words: 'a second look confirms it' }, '- A second look confirms it: `a`.'],
    [{ kind: 'refused', reason: 'no such image' }, '- The data plane refuses the order, no such image: `a`.'],
    [{ kind: 'not-accepted' }, '- The data plane has not accepted the order yet: `a`.'],
    [{ kind: 'rolling', words: '1 of 3' }, '- Its brokers are moving: `a`.'],
    [{ kind: 'soaking', soakMs: 60_000 }, '- Soaks for 1m: `a`.'],
    [{ kind: 'other-rollout', rollout: OTHER }, '- In flight in #40 `Kafka 3.8.1`: `a`.'],
  ])('%j', (reason, want) => {
    expect(holdLines(context, shown(planned, { holds: { clusters: waits([['a', wait(reason)]]) } }))).toEqual([want]);
  });

  it('is said once for all it concerns, with the first instant at which any of them could move', () => {
    const frozen: HoldReason = { kind: 'freeze', name: 'f', words: 'freeze f: year end' };
    const clusters = waits([
      ['b', wait(frozen, at('12:00:00'))],
      ['a', wait(frozen, at('11:00:00'))],
      ['c', wait(frozen, at('13:00:00'))],
      ['d', wait(frozen)],
    ]);
    expect(holdLines(context, shown(planned, { holds: { clusters } }))).toEqual([
      '- Freeze f: year end: `a`, `b`, `c`, `d`. Earliest change: 2026-11-21 11:00:00 UTC.',
    ]);
  });

  it('a waiting cluster without a reason of its own has that of its phase, else that of all; one on the move shows itself', () => {
    const some = shown(planned, {
      targets: { b: { status: 'rolling' }, c: { status: 'held' } },
      holds: {
        all: wait({ kind: 'pending', behind: OTHER }),
        phases: new Map([['rest', wait({ kind: 'approval', phase: 'rest', given: 0, needed: 1 })]]),
        clusters: waits([['b', wait({ kind: 'rolling', words: '1 of 3' })]]),
      },
    });
    expect(holdLines(context, some)).toEqual(['- Waits for approval of `rest`, 0 of 1 given: `a`, `d`.']);
  });
});

describe('a rollout is named', () => {
  it.each([
    ['of this commit, by its release', rolloutId('kafka-all'), 'the rollout of release `kafka-all` of this commit'],
    ['by its pull request and title', OTHER, '#40 `Kafka 3.8.1`'],
    ['by its id when nothing is known', trusted.rollout('bbbbbbbbbbbb-0123456789abcdef'), 'rollout `bbbbbbbbbbbb-0123456789abcdef`'],
  ])('%s', (_name, id, want) => expect(rolloutName(context, id)).toBe(want));

  it('by its commit when it came by no pull request', () => {
    const others = new Map([[OTHER, { title: 'x', pull: undefined, commit: BASE, release: 'kafka-all', status: 'running' } as const]]);
    expect(rolloutName({ ...context, others }, OTHER)).toBe('`bbbbbbbbbbbb` `x`');
  });
});

describe('an attempt', () => {
  const target = (fields: Partial<TargetState>): TargetState => ({ ...untouched(at('09:00:00')), ...fields });

  it.each<[Partial<TargetState>, string]>([
    [{}, 'not started'],
    [{ startedAt: at('09:01:00'), attempt: 1 }, '2026-11-21 09:01:00 UTC'],
    [{ startedAt: at('09:01:00'), attempt: 2, probe: true, rescue: true }, '2026-11-21 09:01:00 UTC, attempt 2, retry, before its turn'],
  ])('%j', (fields, want) => expect(attemptWords(target(fields))).toBe(want));
});
