import { describe, expect, it } from 'vitest';
import type { Selector } from '../../../src/core/manifest/generated.ts';
import { compileSelector, describeSelector } from '../../../src/core/manifest/selector.ts';

const term = (key: string, operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values?: string[]): Selector => ({
  matchExpressions: [values === undefined ? { key, operator } : { key, operator, values }],
});

describe('selects as Kubernetes does:', () => {
  it.each<[string, Selector, Record<string, string>, boolean]>([
    ['nothing asked selects everything', {}, {}, true],
    ['an equal label', { matchLabels: { a: 'x' } }, { a: 'x' }, true],
    ['another value', { matchLabels: { a: 'x' } }, { a: 'y' }, false],
    ['no label', { matchLabels: { a: 'x' } }, {}, false],
    ['an empty value is a value', { matchLabels: { a: '' } }, { a: '' }, true],
    ['an empty value is not a missing label', { matchLabels: { a: '' } }, {}, false],
    ['two labels, both', { matchLabels: { a: 'x', b: 'y' } }, { a: 'x', b: 'y' }, true],
    ['two labels, one', { matchLabels: { a: 'x', b: 'y' } }, { a: 'x' }, false],
    ['In, one of them', term('a', 'In', ['x', 'y']), { a: 'y' }, true],
    ['In, none of them', term('a', 'In', ['x', 'y']), { a: 'z' }, false],
    ['In, no label', term('a', 'In', ['x']), {}, false],
    ['NotIn, one of them', term('a', 'NotIn', ['x']), { a: 'x' }, false],
    ['NotIn, another', term('a', 'NotIn', ['x']), { a: 'y' }, true],
    ['NotIn, no label', term('a', 'NotIn', ['x']), {}, true],
    ['Exists', term('a', 'Exists'), { a: '' }, true],
    ['Exists, no label', term('a', 'Exists'), {}, false],
    ['DoesNotExist', term('a', 'DoesNotExist'), {}, true],
    ['DoesNotExist, a label', term('a', 'DoesNotExist'), { a: 'x' }, false],
    ['labels and terms, both', { matchLabels: { a: 'x' }, ...term('b', 'Exists') }, { a: 'x', b: 'y' }, true],
    ['labels and terms, one', { matchLabels: { a: 'x' }, ...term('b', 'Exists') }, { a: 'x' }, false],
    ['a contradiction selects nothing', { matchLabels: { a: 'x' }, ...term('a', 'NotIn', ['x']) }, { a: 'x' }, false],
    ['what every object inherits is no label', term('toString', 'Exists'), {}, false],
  ])('%s', (_name, selector, labels, want) => expect(compileSelector(selector)(labels)).toBe(want));
});

it.each<[Selector, string]>([
  [{}, 'every cluster'],
  [{ matchLabels: { tier: 'canary' }, ...term('cloud', 'In', ['aws', 'gcp']) }, 'tier = canary and cloud in (aws, gcp)'],
  [term('tenant', 'NotIn', ['bank']), 'tenant not in (bank)'],
  [term('tenant', 'Exists'), 'has tenant'],
  [term('tenant', 'DoesNotExist'), 'has no tenant'],
  [{ matchLabels: { a: '' } }, 'a = ""'],
])('says %j as "%s"', (selector, want) => expect(describeSelector(selector)).toBe(want));
