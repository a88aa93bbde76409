import { describe, expect, it } from 'vitest';
import { compareVersions, versionScope } from '../../../src/core/model/version.ts';

/** Oldest first. */
const LINE = [
  '3.7.0',
  '3.9',
  '3.10.0-1',
  '3.10.0-2',
  '3.10.0-10',
  '3.10.0-alpha',
  '3.10.0-alpha1',
  '3.10.0-alpha.2',
  '3.10.0-beta',
  '3.10.0-rc',
  '3.10.0-rc1',
  '3.10.0-rc.9',
  '3.10.0-rc10',
  '3.10.0-rc.10.1',
  '3.10.0',
  '3.10.1-rc1',
  '4.0.0',
];

describe('compareVersions', () => {
  it('orders numbers by value, also inside a pre-release', () => {
    for (const [at, a] of LINE.entries())
      for (const [other, b] of LINE.entries()) expect([a, b, Math.sign(compareVersions(a, b))]).toEqual([a, b, Math.sign(at - other)]);
  });

  it.each([
    ['3.9', '3.9.0'],
    ['1.0-rc1', '1.0.0-rc1'],
    ['1.0-rc.1', '1.0-rc1'],
  ])('%s is %s', (a, b) => expect([compareVersions(a, b), versionScope(a, b)]).toEqual([0, 'same']));
});

describe('versionScope', () => {
  it.each([
    ['3.9.0', '4.0.0', 'major'],
    ['3.9.0', '3.10.0', 'minor'],
    ['3.9.0', '3.9.1', 'patch'],
    ['4.0.0-rc9', '4.0.0-rc10', 'patch'],
    ['4.0.0-rc9', '4.0.0', 'patch'],
    ['3.9.0', '3.9.0', 'same'],
  ])('%s to %s: %s', (from, to, want) => expect([versionScope(from, to), versionScope(to, from)]).toEqual([want, want]));
});
