import { describe, expect, it } from 'vitest';
import { REFRESHED_AT_ONCE_MAX, STORED_BEHIND_MAX_MS, worthStoring } from '../../../src/core/evidence/worth-storing.ts';
import { c, observed, t } from '../../support/state/builders.ts';

const AT = 20 * 60_000;
const seen = new Map(['a', 'b', 'c'].map((name) => [c(name), observed(name, AT)]));
const stored = (ms: Readonly<Record<string, number>>) => new Map(Object.entries(ms).map(([name, at]) => [c(name), t(at)]));
const namesOf = (moved: readonly string[], storedAt: ReturnType<typeof stored>) =>
  worthStoring(seen, storedAt, new Set(moved)).map(({ cluster }) => cluster);

describe('evidence that is stored', () => {
  it('is all of it at first', () => {
    expect(namesOf([], stored({}))).toEqual(['a', 'b', 'c']);
  });

  it('is afterwards only what is about clusters that moved', () => {
    expect(namesOf(['b'], stored({ a: AT - 1, b: AT - 1, c: AT - 1 }))).toEqual(['b']);
    expect(namesOf([], stored({ a: AT, b: AT, c: AT }))).toEqual([]);
  });

  it('is written again before it has grown too old', () => {
    const [young, old] = [AT - STORED_BEHIND_MAX_MS + 1, AT - STORED_BEHIND_MAX_MS];
    expect(namesOf([], stored({ a: young, b: old, c: AT }))).toEqual(['b']);
  });

  it('is written of so many clusters at once and no more, besides those that moved: the others come with later decisions', () => {
    const names = Array.from({ length: REFRESHED_AT_ONCE_MAX + 2 }, (_, nth) => `k${nth}`);
    const all = new Map(names.map((name) => [c(name), observed(name, AT)]));
    const [last = ''] = names.slice(-1);
    const written = worthStoring(all, new Map(), new Set([last])).map(({ cluster }) => cluster);
    expect(written).toEqual([...names.slice(0, REFRESHED_AT_ONCE_MAX), last]);
    const rest = worthStoring(all, new Map(written.map((cluster) => [cluster, t(AT)])), new Set());
    expect(rest.map(({ cluster }) => cluster)).toEqual([names[REFRESHED_AT_ONCE_MAX]]);
  });

  it('is written again where our clock was set back behind it', () => {
    expect(namesOf([], stored({ a: AT + STORED_BEHIND_MAX_MS, b: AT + 1, c: AT }))).toEqual(['a']);
  });
});
