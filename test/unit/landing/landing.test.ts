import { describe, expect, it } from 'vitest';
import { type Arrival, landingsOf } from '../../../src/core/landing/landing.ts';
import { type KnownPull, missedOf, type OpenPull, type SweepInput } from '../../../src/core/landing/missed.ts';
import { c, order, sha, standing, t } from '../../support/state/builders.ts';

const arrival = (letter: string, pull?: number): Arrival => ({
  sha: sha(letter),
  author: 'pusher',
  subject: `commit ${letter}`,
  pull: pull === undefined ? undefined : { number: pull, author: `author of ${pull}`, title: `pull ${pull}` },
});

describe('landingsOf', () => {
  const of = (...arrivals: readonly Arrival[]) =>
    landingsOf(sha('0'), arrivals).map(({ commit, after, pull, title }) => [commit[0], after?.[0], pull, title]);

  it.each<[string, readonly Arrival[], readonly unknown[]]>([
    ['nothing', [], []],
    ['one pull request', [arrival('1', 7)], [['1', '0', 7, 'pull 7']]],
    ['a push without one', [arrival('1')], [['1', '0', undefined, 'commit 1']]],
    [
      'two pull requests, each after the other',
      [arrival('1', 7), arrival('2', 8)],
      [
        ['1', '0', 7, 'pull 7'],
        ['2', '1', 8, 'pull 8'],
      ],
    ],
    [
      'the commits of one pull request: only the last counts',
      [arrival('1', 7), arrival('2', 7), arrival('3', 8)],
      [
        ['2', '0', 7, 'pull 7'],
        ['3', '2', 8, 'pull 8'],
      ],
    ],
    [
      'a pull request between two pushes',
      [arrival('1'), arrival('2', 7), arrival('3')],
      [
        ['1', '0', undefined, 'commit 1'],
        ['2', '1', 7, 'pull 7'],
        ['3', '2', undefined, 'commit 3'],
      ],
    ],
    ['several pushes at once', [arrival('1'), arrival('2')], [['2', '0', undefined, 'commit 2']]],
  ])('%s', (_name, arrivals, want) => expect(of(...arrivals)).toEqual(want));

  it('names the author of the pull request, or else of the commit', () => {
    expect(landingsOf(undefined, [arrival('1', 7), arrival('2')]).map(({ author, after }) => [author, after])).toEqual([
      ['author of 7', undefined],
      ['pusher', sha('1')],
    ]);
  });
});

describe('missedOf', () => {
  const open = (number: number, head = '5', baseRef = 'main'): OpenPull => ({ number, headSha: sha(head), baseRef });
  const known = (number: number, over: Partial<KnownPull> = {}): KnownPull => ({
    number,
    head: sha('5'),
    base: sha('1'),
    ...over,
  });
  const missed = (input: Partial<SweepInput>) =>
    missedOf({ defaultBranch: 'main', seenHead: sha('1'), open: [], known: [], orders: new Map(), ...input });
  const pulls = (input: Partial<SweepInput>) => missed(input).filter((one) => 'pull' in one);

  it.each<[string, Partial<SweepInput>, readonly unknown[]]>([
    ['planned on this base', { open: [open(7)], known: [known(7)] }, []],
    ['never heard of, or reopened since', { open: [open(7)] }, [{ kind: 'review', pull: 7 }]],
    ['pushed to since', { open: [open(7, '6')], known: [known(7)] }, [{ kind: 'review', pull: 7 }]],
    ['planned on another base', { open: [open(7)], known: [known(7, { base: sha('0') })] }, [{ kind: 'review-again', pull: 7 }]],
    ['into another branch', { open: [open(7, '6', 'develop')], known: [] }, []],
    ['closed since', { known: [known(7)] }, [{ kind: 'review', pull: 7 }]],
  ])('a pull request that was %s', (_name, input, want) => expect(pulls(input)).toEqual(want));

  it('looks at the branch, the rollouts and the drift either way', () => {
    expect(missed({}).map(({ kind }) => kind)).toEqual(['sync', 'tick', 'look-for-drift']);
  });

  it('sends orders that nobody has answered, once for each data plane', () => {
    const reply = { kind: 'refused', at: t(1), reason: 'no' } as const;
    const orders = new Map([
      [c('a'), standing(order('a', 1))],
      [c('b'), standing(order('b', 1))],
      [c('d'), standing(order('d', 1, { dataPlane: 'gcp-us-1' }), reply)],
    ]);
    expect(missed({ orders }).filter(({ kind }) => kind === 'deliver')).toEqual([{ kind: 'deliver', dataPlane: 'aws-eu-1' }]);
  });
});
