import { describe, expect, it } from 'vitest';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Instant } from '../../../src/core/model/time.ts';
import type { HoldReason } from '../../../src/core/reconcile/decision.ts';
import { holdLines } from '../../../src/core/report/rollout-words.ts';
import { at } from '../../support/report-views.ts';

const hold = (cluster: string, reason: HoldReason, until?: Instant) => ({ cluster: trusted.cluster(cluster), reason, until });
const rollout = trusted.rollout('aaaaaaaaaaaa-0123456789abcdef');

describe('why clusters wait', () => {
  it.each<[HoldReason, string]>([
    [{ kind: 'earlier-phase', phase: 'r/canary' }, '- Waits for phase `r/canary` to be done: `a`.'],
    [{ kind: 'approval', phase: 'r/rest', given: 1, needed: 2 }, '- Waits for approval of `r/rest`, 1 of 2 given: `a`.'],
    [{ kind: 'concurrency', of: 'phase', name: 'r/rest', limit: 3 }, '- Waits its turn, phase `r/rest` moves 3 at once: `a`.'],
    [{ kind: 'concurrency', of: 'fleet', name: 'fleet', limit: 50 }, '- Waits its turn, the fleet moves 50 at once: `a`.'],
    [{ kind: 'concurrency', of: 'data-plane', name: 'aws', limit: 1 }, '- Waits its turn, data plane `aws` takes 1 at once: `a`.'],
    [{ kind: 'paused', cause: 'person', reason: 'x' }, '- The rollout is paused: `a`.'],
    [{ kind: 'window', name: 'w', words: 'outside window w: ask @ops' }, '- Outside window w: ask @&#8203;ops: `a`.'],
    [{ kind: 'no-evidence', cause: 'never seen' }, '- Nothing is known of it, never seen: `a`.'],
    [{ kind: 'other-rollout', rollout }, `- Another rollout has it in flight, \`${rollout}\`: \`a\`.`],
  ])('%j', (reason, want) => expect(holdLines([hold('a', reason)])).toEqual([want]));

  it('is said once for all it concerns, with the first instant at which any of them could move', () => {
    const frozen: HoldReason = { kind: 'freeze', name: 'f', words: 'freeze f: year end' };
    const holds = [
      hold('b', frozen, at('12:00:00')),
      hold('a', frozen, at('11:00:00')),
      hold('c', frozen, at('13:00:00')),
      hold('d', frozen),
    ];
    expect(holdLines(holds)).toEqual(['- Freeze f: year end: `a`, `b`, `c`, `d`. Earliest change: 2026-11-21 11:00:00 UTC.']);
  });
});
