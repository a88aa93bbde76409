import { describe, expect, it } from 'vitest';
import { rolloutIdOf } from '../../../src/core/model/hash.ts';
import { parseRolloutId, trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';

describe('the id of a rollout', () => {
  const commit = trusted.commit('c'.repeat(40));
  const digest = trusted.digest('d'.repeat(16));
  const id = rolloutIdOf(commit, 'kafka', digest, instant(5));

  it('shows its commit', () => {
    expect(id).toMatch(/^c{12}-[0-9a-f]{16}$/);
    expect(parseRolloutId(id)).toEqual({ ok: true, value: id });
  });

  it('is its own for each release, plan and time: a branch that is forced back and forth lands the same again', () => {
    const others = [
      rolloutIdOf(trusted.commit('b'.repeat(40)), 'kafka', digest, instant(5)),
      rolloutIdOf(commit, 'connect', digest, instant(5)),
      rolloutIdOf(commit, 'kafka', trusted.digest('e'.repeat(16)), instant(5)),
      rolloutIdOf(commit, 'kafka', digest, instant(6)),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
    expect(rolloutIdOf(commit, 'kafka', digest, instant(5))).toBe(id);
  });
});
