import { describe, expect, it } from 'vitest';
import { FAILED_MAX, type LedgerEntry, PROVEN_MAX } from '../../../src/core/ledger/ledger.ts';
import { prove, provenAt, recordFailure, unknownCluster, wasProven } from '../../../src/core/ledger/record.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { at } from '../../support/engine/scene.ts';
import { numberOf, revision, spec, version } from '../../support/small-world/plans.ts';
import { c } from '../../support/state/builders.ts';

const A = c('a');
const proof = (number: number) =>
  ({ revision: revision(number), spec: spec(number), proof: 'soaked', at: at(number), rollout: undefined, tookMs: undefined }) as const;
const failure = (number: number) => ({
  revision: revision(number),
  version: version(number),
  rollout: trusted.rollout('r1'),
  at: at(number),
});

const provenInTurn = (...numbers: readonly number[]): LedgerEntry =>
  numbers.reduce((entry, number) => prove(entry, proof(number)), unknownCluster(A));
const numbers = (entry: LedgerEntry): readonly number[] => entry.proven.map((proven) => numberOf(proven.revision));

describe('what a cluster was proven at', () => {
  it.each([
    ['nothing', [], []],
    ['what came last is on top', [1, 2, 3], [3, 2, 1]],
    ['going back takes off what was above it', [1, 2, 3, 1], [1]],
    ['one step back', [1, 2, 3, 2], [2, 1]],
    ['the same again', [1, 2, 2], [2, 1]],
    ['forward again after going back is new', [1, 2, 1, 2], [2, 1]],
  ])('%s', (_, turns, stack) => {
    expect(numbers(provenInTurn(...turns))).toEqual(stack);
  });

  it('going back notes when, and how', () => {
    const back = prove(provenInTurn(1, 2), { ...proof(1), at: at(99), proof: 'adopted' });
    expect(back.proven).toEqual([{ ...proof(1), at: at(99), proof: 'adopted' }]);
  });

  it('of many only the newest are kept', () => {
    const many = Array.from({ length: PROVEN_MAX + 1 }, (_, i) => i + 1);
    expect(numbers(provenInTurn(...many))).toEqual(many.toReversed().slice(0, PROVEN_MAX));
  });

  it('is its top, or nothing', () => {
    expect(provenAt(provenInTurn(1, 2))).toEqual(proof(2));
    expect(provenAt(unknownCluster(A))).toBeUndefined();
    expect(provenAt(undefined)).toBeUndefined();
  });

  it('is asked by revision, anywhere in the stack', () => {
    expect([1, 2, 3].map((number) => wasProven(provenInTurn(1, 2), revision(number)))).toEqual([true, true, false]);
    expect(wasProven(provenInTurn(1, 2, 1), revision(2))).toBe(false);
    expect(wasProven(undefined, revision(1))).toBe(false);
  });
});

describe('what failed on a cluster', () => {
  const failedInTurn = (...turns: readonly number[]): LedgerEntry =>
    turns.reduce((entry, number) => recordFailure(entry, failure(number)), unknownCluster(A));
  const failed = (entry: LedgerEntry): readonly number[] => entry.failed.map((one) => numberOf(one.revision));

  it.each([
    ['newest first', [1, 2], [2, 1]],
    ['each revision once', [1, 2, 1], [1, 2]],
  ])('%s', (_, turns, list) => {
    expect(failed(failedInTurn(...turns))).toEqual(list);
  });

  it('of many only the newest are kept', () => {
    const many = Array.from({ length: FAILED_MAX + 1 }, (_, i) => i + 1);
    expect(failed(failedInTurn(...many))).toEqual(many.toReversed().slice(0, FAILED_MAX));
  });

  it('is taken off when it soaks there after all', () => {
    const after = prove(failedInTurn(1, 2), proof(2));
    expect([failed(after), numbers(after)]).toEqual([[1], [2]]);
  });
});
