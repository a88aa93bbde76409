import { describe, expect, it } from 'vitest';
import { cluster, type Documents, release, STANDARD, strategy } from '../../support/fleet-model.ts';
import { change, historyOf, planned, rolled, rolloutOf } from './plan-of.ts';

const PIN = { pin: { version: '3.8.0', reason: 'disks', expires: '2030-01-01T00:00:00Z' } };
const OUT = { optOut: { reason: 'audit' } };
const WAIVER = { reason: 'the canary site is being moved', expires: '2030-01-01T00:00:00Z' };

const PROD = [cluster('p1'), cluster('p2')];
const fleet = (version: string, canary = {}, spec: Parameters<typeof release>[1] = {}): Documents => ({
  clusters: [cluster('canary', { tier: 'canary' }, canary), ...PROD],
  releases: [release('r', { version, ...spec })],
});
const provenBy = (...args: Parameters<typeof rolled>) => rolled(...args).phases[0]?.provenBy;

describe('a canary phase in which nobody moves', () => {
  it.each([
    ['pinned', PIN],
    ['opted out', OUT],
  ])('is an error where the version changes and its clusters are %s', (_name, canary) => {
    const { problems } = change(fleet('3.8.0', canary), fleet('3.9.0', canary));
    expect(problems).toEqual([
      {
        place: { file: 'release/r.yaml', index: 0, path: ['spec', 'version'] },
        code: 'empty-canary',
        severity: 'error',
        message: 'no cluster of the canary phase canary can try kafka 3.9.0: canary stays as it is',
        hint: 'let one of them come along, or write into the Release why it may go without: `canaryWaiver: { reason: ..., expires: ... }`',
      },
    ]);
  });

  it('is none of our business where its clusters have run the version: they prove it', () => {
    const known = historyOf(fleet('3.8.0'), fleet('3.9.0'));
    for (const left of ['p1', 'p2']) known.change(left, (entry) => ({ ...entry, proven: entry.proven.slice(1) }));
    const config = fleet('3.9.0', {}, {});
    const bigger = { ...config, clusters: [cluster('canary', { tier: 'canary' }), cluster('p1', {}, { replicas: 5 }), cluster('p2')] };
    expect(provenBy(fleet('3.9.0'), bigger, known)).toBe('canary was proven at 3.9.0');
  });

  it('does not count what it was rolled back from', () => {
    const known = historyOf(fleet('3.8.0'), fleet('3.9.0'), fleet('3.8.0'));
    expect(change(fleet('3.8.0', PIN), fleet('3.9.0', PIN), known).problems.map(({ code }) => code)).toEqual(['empty-canary']);
  });

  it('is none where no version changes', () => {
    const after = {
      ...fleet('3.8.0'),
      clusters: [cluster('canary', { tier: 'canary' }), cluster('p1', {}, { replicas: 5 }), cluster('p2')],
    };
    expect(provenBy(fleet('3.8.0'), after)).toBe('no version changes');
  });

  it('is none where clusters go back to what they ran themselves', () => {
    const known = historyOf(fleet('3.8.0'), fleet('3.9.0'));
    expect(provenBy(fleet('3.9.0', OUT), fleet('3.8.0', OUT), known)).toBe('clusters go back only to what they have run before');
  });

  it('is none where nothing runs yet', () => {
    const before = fleet('3.9.0', PIN);
    const after = { ...before, clusters: [...(before.clusters ?? []), cluster('new')] };
    expect(provenBy(before, after)).toBe('no version changes');
  });

  it('may be waived by the release', () => {
    const plan = planned(fleet('3.8.0', PIN), fleet('3.9.0', PIN, { canaryWaiver: WAIVER }));
    expect(plan.rollouts[0]?.phases[0]?.provenBy).toBe(
      'waived by the release until 2030-01-01 00:00:00 UTC: the canary site is being moved',
    );
    expect(plan.risks.find(({ code }) => code === 'no-canary')?.words).toContain('waived by the release');
  });

  it('has members to prove it when one of several moves', () => {
    const two = (version: string): Documents => ({
      ...fleet(version, PIN),
      clusters: [cluster('canary', { tier: 'canary' }, PIN), cluster('canary-2', { tier: 'canary' }), ...PROD],
    });
    expect(rolled(two('3.8.0'), two('3.9.0')).phases[0]).toMatchObject({ members: ['canary-2'], provenBy: undefined });
  });

  it('may be a cohort: then it is whoever would be drawn', () => {
    const strategies = [
      strategy('standard', [
        { name: 'ours', select: { matchLabels: { tier: 'canary' } }, maxConcurrent: 1, soak: '1m' },
        { name: 'tenth', canary: true, cohort: { size: '50%' }, maxConcurrent: 1, soak: '1m' },
        { name: 'rest', rest: true, maxConcurrent: 1, soak: '1m' },
      ]),
    ];
    const known = historyOf({ ...fleet('3.8.0'), strategies });
    const after: Documents = {
      ...fleet('3.9.0'),
      strategies,
      clusters: [cluster('canary', { tier: 'canary' }), ...PROD.map(({ metadata }) => cluster(metadata.name, {}, OUT))],
    };
    const { problems } = change({ ...fleet('3.8.0'), strategies }, after, known);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/canary phase tenth can try kafka 3\.9\.0: p[12] stays as it is$/),
    ]);
  });
});

describe('a canary phase with members', () => {
  it('is proven by nothing but them', () => {
    const rollout = rolloutOf({ plan: planned(fleet('3.8.0'), fleet('3.9.0')) });
    expect(rollout.phases.map(({ canary, provenBy: by }) => [canary, by])).toEqual([
      [true, undefined],
      [false, undefined],
      [false, undefined],
    ]);
  });

  it('that go somewhere else than the others is a risk', () => {
    const plan = planned(fleet('3.7.0'), fleet('3.8.1', PIN), historyOf(fleet('3.7.0')));
    expect(plan.risks.filter(({ code }) => code === 'no-canary').map(({ words }) => words)).toEqual([
      'No canary of r tries 3.8.1: they all get another version',
    ]);
  });

  it('is missing in the strategy: a risk, and no error', () => {
    const strategies = [strategy('standard', STANDARD.spec.phases.slice(1))];
    const { problems, plan } = change({ ...fleet('3.8.0'), strategies }, { ...fleet('3.9.0'), strategies });
    expect([problems, plan?.risks.some(({ code }) => code === 'no-canary')]).toEqual([[], true]);
  });
});
