import { describe, expect, it } from 'vitest';
import { landings } from '../../../src/loop/landings.ts';
import type { CodeHost, PullInfo } from '../../../src/ports/code-host.ts';
import type { ManifestSource } from '../../../src/ports/manifest-source.ts';
import { fleetRecord, sha } from '../../support/state/builders.ts';

const pull = (number: number, over: Partial<PullInfo> = {}): PullInfo => ({
  number,
  headSha: sha('f'),
  baseRef: 'main',
  author: 'octocat',
  title: `Change ${number}`,
  draft: false,
  state: 'closed',
  merged: true,
  fork: false,
  mergeCommit: undefined,
  ...over,
});

const SEEN = sha('0');
const GOOD = sha('a');

/** A branch of which `0` was looked at last, one digit a commit, and the pull requests that brought them. */
function branch(line: string, pulls: Readonly<Record<string, PullInfo>> = {}) {
  const info = (digit: string) => ({ sha: sha(digit), author: 'git-author', subject: `subject ${digit}`, body: '' });
  let asked = 0;
  const source: Pick<ManifestSource, 'has' | 'mergeBase' | 'commit' | 'commitsBetween'> = {
    has: async () => true,
    mergeBase: async (seen, head) => ([...line].some((digit) => sha(digit) === head) ? seen : sha('e')),
    commitsBetween: async (_from, _to, limit) => [...line].slice(0, limit).map(info),
    commit: async (wanted) => info(wanted.slice(0, 1)),
  };
  const host: Pick<CodeHost, 'pullsOfCommit'> = {
    pullsOfCommit: async (commit) => {
      asked += 1;
      const found = pulls[commit.slice(0, 1)];
      return found === undefined ? [] : [found];
    },
  };
  return { source, host, asked: () => asked };
}

async function landed(
  line: string,
  pulls: Readonly<Record<string, PullInfo>> = {},
  head = line.at(-1) ?? '',
  seen: string | undefined = '0',
) {
  const { source, host } = branch(line, pulls);
  const found = await landings(source, host, fleetRecord(undefined, { seenHead: seen === undefined ? undefined : sha(seen) }), sha(head));
  return found.map(({ commit, after, pull: number }) => [commit.slice(0, 1), after?.slice(0, 1), number]);
}

describe('what came to the default branch', () => {
  it('is one landing for each pull request, oldest first, each after the one before', async () => {
    expect(await landed('12', { 1: pull(7), 2: pull(8) })).toEqual([
      ['1', '0', 7],
      ['2', '1', 8],
    ]);
  });

  it('is one for all commits of a rebase merge: the state at its end', async () => {
    expect(await landed('1234', { 1: pull(7), 2: pull(7), 3: pull(7), 4: pull(8) })).toEqual([
      ['3', '0', 7],
      ['4', '3', 8],
    ]);
  });

  it('is one for commits that were pushed without a pull request', async () => {
    expect(await landed('123', { 2: pull(7) })).toEqual([
      ['1', '0', undefined],
      ['2', '1', 7],
      ['3', '2', undefined],
    ]);
    expect(await landed('12')).toEqual([['2', '0', undefined]]);
  });

  it('is not of a pull request that was not merged, or to another branch', async () => {
    expect(await landed('1', { 1: pull(7, { merged: false }) })).toEqual([['1', '0', undefined]]);
    expect(await landed('1', { 1: pull(7, { baseRef: 'next' }) })).toEqual([['1', '0', undefined]]);
  });

  it('is the new head alone when history was rewritten, or the branch was put back', async () => {
    expect(await landed('12', {}, '9')).toEqual([['9', '0', undefined]]);
    expect(await landed('', {}, '9')).toEqual([['9', '0', undefined]]);
  });

  it.each([
    ['continued', { has: [SEEN, GOOD], shared: SEEN }],
    ['rewritten', { has: [SEEN, GOOD], shared: GOOD }],
    ['unrelated', { has: [SEEN, GOOD], shared: undefined }],
    ['gone', { has: [GOOD], shared: GOOD }],
    ['unrelated', { has: [GOOD], shared: undefined }],
    ['lost', { has: [], shared: undefined }],
  ] as const)('is called %s by what is there still, and what is shared: %j', async (history, { has, shared }) => {
    const { source, host } = branch('1');
    const known = { ...source, has: async (id: string) => has.some((one) => one === id), mergeBase: async () => shared };
    const [only, ...more] = await landings(known, host, fleetRecord(undefined, { seenHead: SEEN, goodHead: GOOD }), sha('1'));
    expect([only?.history, only?.after, more]).toEqual([history, SEEN, []]);
  });

  it('is the head alone at the first look, and costs no request', async () => {
    const { source, host, asked } = branch('12', { 2: pull(8) });
    const [only, ...more] = await landings(source, host, fleetRecord(), sha('2'));
    expect([only?.commit, only?.after, only?.pull, more.length, asked()]).toEqual([sha('2'), undefined, undefined, 0, 0]);
  });

  it('is the head alone when there is more than anybody would report one by one', async () => {
    expect(await landed('1'.repeat(50), { 1: pull(7) })).toHaveLength(1);
    const { source, host, asked } = branch(`${'1'.repeat(60)}2`);
    expect((await landings(source, host, fleetRecord(undefined, { seenHead: sha('0') }), sha('2'))).map(({ commit }) => commit)).toEqual([
      sha('2'),
    ]);
    expect(asked()).toBe(1);
  });

  it('tells its story by the pull request, and without one by the commit', async () => {
    const { source, host } = branch('12', { 1: pull(7) });
    const found = await landings(source, host, fleetRecord(undefined, { seenHead: sha('0') }), sha('2'));
    expect(found.map(({ author, title }) => [author, title])).toEqual([
      ['octocat', 'Change 7'],
      ['git-author', 'subject 2'],
    ]);
  });
});
