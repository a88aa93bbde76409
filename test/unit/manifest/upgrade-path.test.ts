import { describe, expect, it } from 'vitest';
import type { Product } from '../../../src/core/manifest/generated.ts';
import { checkJump } from '../../../src/core/manifest/upgrade-path.ts';

const product = (upgrades: Product['spec']['upgrades'] = {}, from: Record<string, string[]> = {}): Product => ({
  apiVersion: 'flotilla.dev/v1',
  kind: 'Product',
  metadata: { name: 'kafka' },
  spec: {
    workload: { kind: 'StatefulSet' },
    versions: ['3.7.0', '3.7.2', '3.8.0', '3.9.0', '3.9.1', '4.0.0', '4.1.0', '5.0.0'].map((version) => ({
      version,
      ...(from[version] === undefined ? {} : { from: from[version] }),
    })),
    upgrades,
  },
});

type Row = readonly [from: string, to: string, objection: string | undefined];
const objection = (owner: Product, from: string, to: string): string | undefined => {
  const check = checkJump(owner, from, to);
  return check.ok ? undefined : check.message;
};

describe('by default', () => {
  it.each<Row>([
    ['3.7.0', '3.7.0', undefined],
    ['3.7.0', '3.7.2', undefined],
    ['3.7.2', '3.8.0', undefined],
    ['3.7.2', '3.9.0', '3.7.2 to 3.9.0 skips minor 3.8'],
    ['3.6.0', '3.9.0', '3.6.0 to 3.9.0 skips minor 3.7 to 3.8'],
    ['3.9.0', '4.0.0', undefined],
    ['3.8.0', '4.0.0', '3.8.0 to 4.0.0 skips minor 3.9'],
    ['3.9.9', '4.0.0', '3.9.9 to 4.0.0 is a major step from a version that kafka does not list'],
    ['3.9.1', '4.1.0', '3.9.1 to 4.1.0 skips minor 4.0'],
    ['3.9.1', '5.0.0', '3.9.1 to 5.0.0 skips a major version'],
    ['3.9.0-rc1', '3.9.0', undefined],
    ['3.9.0', '3.9.2', 'kafka does not list version 3.9.2'],
    ['3.9.1', '3.9.0', undefined],
    ['3.9.1', '3.8.0', undefined],
    ['3.9.1', '3.7.2', '3.9.1 to 3.7.2 goes back past minor 3.8'],
    ['4.0.0', '3.9.1', '4.0.0 to 3.9.1 goes back across a major version'],
  ])('%s to %s: %s', (from, to, want) => expect(objection(product(), from, to)).toBe(want));
});

describe('where minors may be skipped', () => {
  it.each<Row>([
    ['3.7.0', '3.9.1', undefined],
    ['3.7.0', '4.1.0', undefined],
    ['3.9.1', '5.0.0', '3.9.1 to 5.0.0 skips a major version'],
    ['3.9.1', '3.7.0', undefined],
    ['4.0.0', '3.9.1', '4.0.0 to 3.9.1 goes back across a major version'],
  ])('%s to %s: %s', (from, to, want) => expect(objection(product({ skipMinors: true }), from, to)).toBe(want));
});

describe('where only patches may go back', () => {
  it.each<Row>([
    ['3.9.1', '3.9.0', undefined],
    ['3.9.1', '3.8.0', '3.9.1 to 3.8.0 goes back across a minor version, and kafka allows earlier patches only'],
  ])('%s to %s: %s', (from, to, want) => expect(objection(product({ downgrade: 'patch' }), from, to)).toBe(want));
});

it('lets nothing go back where no downgrade is allowed', () => {
  expect(objection(product({ downgrade: 'none' }), '3.9.1', '3.9.0')).toBe('3.9.1 to 3.9.0 is a downgrade, and kafka allows none');
});

it('lets a version be reached from those it names, up and down', () => {
  const owner = product({ downgrade: 'none' }, { '5.0.0': ['3.9.1'], '3.7.0': ['3.9.1'] });
  expect(['5.0.0', '3.7.0'].map((to) => objection(owner, '3.9.1', to))).toEqual([undefined, undefined]);
});

it.each([
  ['3.7.0', '3.9.1', 'go to 3.8.0 first, or list "3.7.0" in "from" of version 3.9.1 of the Product if this jump is known to be safe'],
  ['3.9.1', '5.0.0', 'go to 4.0.0 first, or list "3.9.1" in "from" of version 5.0.0 of the Product if this jump is known to be safe'],
  ['3.9.1', '3.7.0', 'go to 3.8.0 first, or list "3.9.1" in "from" of version 3.7.0 of the Product if this jump is known to be safe'],
  ['2.0.0', '5.0.0', 'list "2.0.0" in "from" of version 5.0.0 of the Product if this jump is known to be safe'],
  ['3.9.1', '6.0.0', 'add 6.0.0 to spec.versions of the Product, or choose a listed version'],
])('from %s to %s it names the next legal step', (from, to, want) => {
  const check = checkJump(product(), from, to);
  expect(check.ok ? undefined : check.hint).toBe(want);
});
