import { expect, it } from 'vitest';
import { LayeredMap } from '../../../src/core/model/layered-map.ts';

const BASE: ReadonlyMap<string, number> = new Map(Array.from({ length: 100 }, (_, at) => [`k${at}`, at]));

it('reads like a map with the changes made, and leaves the other as it was', () => {
  const layered = LayeredMap.of(BASE, ['k1', 'k2', 'none'], [
    ['k2', 20],
    ['new', 1],
  ] as const);
  const want = new Map(BASE);
  for (const key of ['k1', 'k2']) want.delete(key);
  want.set('k2', 20).set('new', 1);
  expect(layered).toBeInstanceOf(LayeredMap);
  expect([...layered].sort()).toEqual([...want].sort());
  expect([layered.size, [...layered.keys()].length, [...layered.values()].length]).toEqual([100, 100, 100]);
  expect(['k1', 'k2', 'k3', 'new', 'none'].map((key) => [layered.has(key), layered.get(key)])).toEqual([
    [false, undefined],
    [true, 20],
    [true, 3],
    [true, 1],
    [false, undefined],
  ]);
  let sum = 0;
  layered.forEach((value) => {
    sum += value;
  });
  expect(sum).toBe([...want.values()].reduce((total, value) => total + value, 0));
  expect([BASE.size, BASE.get('k2')]).toEqual([100, 2]);
});

it('builds on another such map, and becomes a plain one when too much differs', () => {
  const first = LayeredMap.of(BASE, ['k1'], []);
  const second = LayeredMap.of(first, ['k2'], [['k1', 10]] as const);
  expect([first.get('k1'), first.get('k2'), second.get('k1'), second.get('k2'), second.size]).toEqual([undefined, 2, 10, undefined, 99]);
  const many = LayeredMap.of(
    second,
    Array.from({ length: 50 }, (_, at) => `k${at}`),
    [],
  );
  expect(many).toBeInstanceOf(Map);
  expect(many.size).toBe(50);
});
