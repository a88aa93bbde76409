import { expect, it } from 'vitest';
import { type TargetState, untouched } from '../../../src/core/reconcile/state.ts';
import { TargetBook } from '../../../src/core/reconcile/target-book.ts';
import { at } from '../../support/engine/scene.ts';
import { c } from '../../support/state/builders.ts';

const target = (detail: string): TargetState => ({ ...untouched(at(0)), detail });
const A = target('a');
const B = target('b');
const NEW = target('new');
const NEWER = target('newer');
const base = new Map([
  [c('a'), A],
  [c('b'), B],
]);

it('without a change the result is the very same map', () => {
  const book = new TargetBook(base);
  expect(book.result()).toBe(base);
  expect(book.get(c('a'))).toBe(A);
  expect(book.get(c('x'))).toBeUndefined();
  expect(book.changed.size).toBe(0);
});

it('a change lies over what was, which stays readable and untouched', () => {
  const book = new TargetBook(base);
  book.set(c('a'), NEW);
  expect([book.get(c('a')), book.before(c('a')), book.get(c('b'))]).toEqual([NEW, A, B]);
  expect(book.changed).toEqual(new Map([[c('a'), NEW]]));
  expect([...book.result()]).toEqual([
    [c('a'), NEW],
    [c('b'), B],
  ]);
  expect(base.get(c('a'))).toBe(A);
});

it('once settled, a change is what the next one lies over', () => {
  const book = new TargetBook(base);
  book.set(c('a'), NEW);
  book.settle();
  expect([book.get(c('a')), book.before(c('a')), book.changed.size]).toEqual([NEW, NEW, 0]);
  book.set(c('a'), NEWER);
  expect([book.get(c('a')), book.before(c('a'))]).toEqual([NEWER, NEW]);
  book.settle();
  expect([...book.result()]).toEqual([
    [c('a'), NEWER],
    [c('b'), B],
  ]);
  expect(base.get(c('a'))).toBe(A);
});
