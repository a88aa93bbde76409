import { describe, expect, it } from 'vitest';
import { IN_FLIGHT, SETTLED, TARGET_STATUSES, type TargetState, type TargetStatus, untouched } from '../../../src/core/reconcile/state.ts';
import { count, emptyTally, isAcknowledged, isBudgeted, isSpent, type Tally } from '../../../src/core/reconcile/tally.ts';
import { at } from '../../support/engine/scene.ts';

const target = (status: TargetStatus, over: Partial<TargetState> = {}): TargetState => ({ ...untouched(at(0)), status, ...over });

function tallyOf(...targets: readonly TargetState[]): Tally {
  const tally = emptyTally();
  for (const one of targets) count(tally, one, 1);
  return tally;
}

/** Only what is not zero. */
const shown = ({ spent, ...rest }: Tally): Record<string, number> =>
  Object.fromEntries(
    Object.entries({ ...rest, ...Object.fromEntries(Object.entries(spent).map(([kind, n]) => [`spent-${kind}`, n])) }).filter(
      ([, n]) => n !== 0,
    ),
  );

const COUNTED: Readonly<Record<TargetStatus, Record<string, number>>> = {
  waiting: { members: 1, waiting: 1, unsettled: 1 },
  applying: { members: 1, unsettled: 1, inFlight: 1 },
  rolling: { members: 1, unsettled: 1, inFlight: 1 },
  soaking: { members: 1, unsettled: 1, inFlight: 1 },
  held: { members: 1, unsettled: 1, inFlight: 1 },
  succeeded: { members: 1, succeeded: 1 },
  failed: { members: 1, unsuccessful: 1, 'spent-failed': 1 },
  unreachable: { members: 1, unsuccessful: 1, 'spent-unreachable': 1 },
  deferred: { members: 1, unsuccessful: 1, 'spent-deferred': 1 },
  skipped: { members: 1, excluded: 1 },
  removed: { members: 1, excluded: 1 },
  superseded: { members: 1, excluded: 1, superseded: 1 },
};

describe.each(TARGET_STATUSES)('a target that is %s', (status) => {
  it('is counted in', () => {
    expect(shown(tallyOf(target(status)))).toEqual(COUNTED[status]);
  });

  it('and out again', () => {
    const tally = tallyOf(target(status, { attempt: 1 }));
    expect(tally.ordered).toBe(1);
    count(tally, target(status, { attempt: 1 }), -1);
    expect(shown(tally)).toEqual({});
  });

  it('is in flight or settled, unless it waits', () => {
    expect([IN_FLIGHT.has(status), SETTLED.has(status)].filter(Boolean)).toHaveLength(status === 'waiting' ? 0 : 1);
  });
});

it('targets add up', () => {
  expect(shown(tallyOf(target('failed', { attempt: 2 }), target('failed'), target('waiting', { attempt: 1 })))).toEqual({
    members: 3,
    waiting: 1,
    unsettled: 1,
    unsuccessful: 2,
    ordered: 2,
    'spent-failed': 2,
  });
});

describe('what a person has seen spends no budget', () => {
  it.each([
    ['the same attempt, gone wrong in the same way', { attempt: 1, status: 'failed' }, true],
    ['another attempt', { attempt: 2, status: 'failed' }, false],
    ['gone wrong in another way', { attempt: 1, status: 'unreachable' }, false],
    ['nothing', undefined, false],
  ] as const)('%s', (_, acknowledged, known) => {
    const failed = target('failed', { attempt: 1, acknowledged });
    expect(isAcknowledged(failed)).toBe(known);
    expect(isSpent(failed, 'failed')).toBe(!known);
    expect(tallyOf(failed).spent.failed).toBe(known ? 0 : 1);
    expect(tallyOf(failed).unsuccessful).toBe(1);
  });

  it('each budget counts its own', () => {
    expect(isSpent(target('failed'), 'unreachable')).toBe(false);
    expect(isSpent(target('deferred'), 'deferred')).toBe(true);
  });
});

it('failed, unreachable and deferred have budgets', () => {
  expect(TARGET_STATUSES.filter(isBudgeted)).toEqual(['failed', 'unreachable', 'deferred']);
});
