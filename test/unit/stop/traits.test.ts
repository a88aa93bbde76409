import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../../src/core/desired/normalise.ts';
import type { Trait } from '../../../src/core/stop/stop.ts';
import { distinctTraits, movesTo, traitsBetween, traitsOf } from '../../../src/core/stop/traits.ts';
import { spec } from '../../support/small-world/plans.ts';

const V1 = spec(1);
const V2 = spec(2);
const V2_TUNED = { ...V2, config: { threads: 8 } };
const version = (value: string): Trait => ({ path: 'version', value });
const threads = (value: number | undefined): Trait => ({ path: 'config.threads', value });

describe('a cluster moves to a trait', () => {
  it.each([
    ['that it gets and was not proven at', [version('1.2.0')], V2, V1, true],
    ['not when it was proven at it', [version('1.2.0')], V2_TUNED, V2, false],
    ['not when it gets another', [version('1.3.0')], V2, V1, false],
    ['when nothing was proven there', [version('1.2.0')], V2, undefined, true],
    ['when it is one of several', [version('1.3.0'), threads(8)], V2_TUNED, V2, true],
    ['that says a setting is gone', [threads(undefined)], V2, V2_TUNED, true],
    ['not to a setting that was never there', [threads(undefined)], V2, V1, false],
  ])('%s', (_, traits, to, proven, moves) => {
    expect(movesTo(traits, to, proven)).toBe(moves);
  });
});

describe('a target was planned to move to a trait', () => {
  const planned = (from: typeof V1 | undefined, to: typeof V1) => ({
    from,
    spec: to,
    differences: from === undefined ? [] : differencesOf(from, to),
  });

  it.each([
    ['the version, which says more than its settings', planned(V1, V2_TUNED), [version('1.2.0')]],
    ['the image, where the version stays', planned(V2, { ...V2_TUNED, image: 'k@1' }), [{ path: 'image', value: 'k@1' }]],
    ['the settings, where both stay', planned(V2, V2_TUNED), [threads(8)]],
    ['not the number of replicas', planned(V2, { ...V2_TUNED, replicas: 5 }), [threads(8)]],
    ['nothing, where only replicas change', planned(V2, { ...V2, replicas: 5 }), []],
    ['the version of a new cluster', planned(undefined, V2_TUNED), [version('1.2.0')]],
  ])('its traits are %s', (_, one, traits) => {
    expect(traitsOf(one)).toEqual(traits);
    expect(traitsBetween(one.from, one.spec)).toEqual(traits);
  });
});

it('each trait is named once, in one order', () => {
  const all = [version('1.2.0'), threads(8), version('1.2.0'), threads(4)];
  expect(distinctTraits(all)).toEqual([threads(4), threads(8), version('1.2.0')]);
  expect(distinctTraits(all.toReversed())).toEqual([threads(4), threads(8), version('1.2.0')]);
});
