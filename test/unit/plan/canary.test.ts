import { describe, expect, it } from 'vitest';
import { recordFailure } from '../../../src/core/ledger/record.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { desiredOf } from '../../support/fleet-ledger.ts';
import { cluster, type Documents, release, STANDARD, strategy } from '../../support/fleet-model.ts';
import { change, desiredAt, historyOf, planned, rolled, rolloutOf } from './plan-of.ts';

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

  it('does not count what broke since it was proven', () => {
    const known = historyOf(fleet('3.8.0'), fleet('3.9.0'));
    for (const left of ['p1', 'p2']) known.change(left, (entry) => ({ ...entry, proven: entry.proven.slice(1) }));
    const problemsAfter = (broken: Documents) => {
      const { revision, spec } = desiredOf(desiredAt(broken), 'canary');
      const rollout = trusted.rollout('000000000000-0000000000000001');
      known.change('canary', (entry) => recordFailure(entry, { revision, version: spec.version, rollout, at: instant(1) }));
      return change(fleet('3.8.0', OUT), fleet('3.9.0', OUT), known).problems.map(({ code }) => code);
    };
    expect(problemsAfter(fleet('3.8.0'))).toEqual([]);
    expect(problemsAfter(fleet('3.9.0'))).toEqual(['empty-canary']);
  });

  it('is an error where nothing is known of its clusters', () => {
    const before: Documents = { ...fleet('3.8.0'), clusters: PROD };
    const { problems } = change(before, fleet('3.9.0', OUT));
    expect(problems.map(({ message }) => message)).toEqual([
      'no cluster of the canary phase canary can try kafka 3.9.0: canary stays as it is',
    ]);
  });

  it('says every version that nobody can try, oldest first', () => {
    const exceptions = [{ clusters: ['p1'], version: '3.9.0', reason: 'why', expires: '2030-01-01T00:00:00Z' }];
    const { problems } = change(fleet('3.8.0', OUT), fleet('3.8.1', OUT, { exceptions }));
    expect(problems.map(({ message }) => message)).toEqual([
      'no cluster of the canary phase canary can try kafka 3.8.1, 3.9.0: canary stays as it is',
    ]);
  });

  it.each([
    [[], 'it has none'],
    [['c2', 'c1'], 'c1, c2 stay as they are'],
  ])('says who stays as they are: %j', (canaries, want) => {
    const clusters = [...PROD, ...canaries.map((name) => cluster(name, { tier: 'canary' }, OUT))];
    const at = (version: string): Documents => ({ ...fleet(version), clusters });
    expect(change(at('3.8.0'), at('3.9.0')).problems.map(({ message }) => message)).toEqual([
      `no cluster of the canary phase canary can try kafka 3.9.0: ${want}`,
    ]);
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

  it('is none where some go back to what they ran, and others change only in size', () => {
    const known = historyOf(fleet('3.8.0'), fleet('3.9.0'));
    known.change('p1', (entry) => ({ ...entry, proven: entry.proven.slice(1) }));
    const after = fleet('3.8.0', OUT);
    const clusters = [...(after.clusters ?? []).slice(0, 1), cluster('p1', {}, { replicas: 5 }), cluster('p2')];
    expect(provenBy(fleet('3.9.0', OUT), { ...after, clusters }, known)).toBe('clusters go back only to what they have run before');
  });

  it('is none where only a setting goes back', () => {
    const [older, newer] = [fleet('3.8.0', OUT, { config: { x: 1 } }), fleet('3.8.0', OUT, { config: { x: 2 } })];
    expect(provenBy(newer, older, historyOf(older, newer))).toBe('no version changes');
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

  it('is proven by them alone where no version changes', () => {
    expect(provenBy(fleet('3.8.0'), fleet('3.8.0', {}, { config: { x: 1 } }))).toBeUndefined();
  });

  it('is as good as proven where only a pin brings another version', () => {
    const before = fleet('3.8.0');
    const pin = { pin: { ...PIN.pin, version: '3.9.0' } };
    const after = {
      ...fleet('3.8.0', {}, { config: { x: 1 } }),
      clusters: [...(before.clusters ?? []).slice(0, 2), cluster('p2', {}, pin)],
    };
    expect(provenBy(before, after)).toBe('versions change only where a pin or an exception says so');
  });

  it('is proven by one of its clusters that stays, where the others go elsewhere', () => {
    const more = (version: string): Documents => ({
      ...fleet(version, version === '3.7.0' ? {} : PIN),
      clusters: [cluster('canary', { tier: 'canary' }, version === '3.7.0' ? {} : PIN), cluster('c2', { tier: 'canary' }, OUT), ...PROD],
    });
    const known = historyOf(more('3.7.0'));
    expect(provenBy(more('3.7.0'), more('3.8.1'), known)).toBeUndefined();
    const tried = historyOf(more('3.7.0'), more('3.8.1'), more('3.7.0')).change('c2', (entry) => ({
      ...entry,
      proven: historyOf(more('3.8.1')).entries.get(entry.cluster)?.proven ?? [],
    }));
    expect(provenBy(more('3.7.0'), more('3.8.1'), tried)).toBe('c2 was proven at 3.8.1');
  });

  it('is proven by them alone, also where another of its clusters has run the version', () => {
    const more = (version: string): Documents => ({
      ...fleet(version),
      clusters: [cluster('canary', { tier: 'canary' }), cluster('c2', { tier: 'canary' }, OUT), ...PROD],
    });
    const known = historyOf(more('3.8.0')).change('c2', (entry) => ({
      ...entry,
      proven: historyOf(more('3.9.0')).entries.get(entry.cluster)?.proven ?? [],
    }));
    expect(provenBy(more('3.8.0'), more('3.9.0'), known)).toBeUndefined();
  });

  it('that go somewhere else than the others is a risk', () => {
    const plan = planned(fleet('3.7.0'), fleet('3.8.1', PIN), historyOf(fleet('3.7.0')));
    expect(plan.rollouts[0]?.phases[0]?.provenBy).toBeUndefined();
    expect(plan.risks.filter(({ code }) => code === 'no-canary').map(({ words }) => words)).toEqual([
      'No canary of r tries 3.8.1: its canaries all get a different version',
    ]);
  });

  it('is missing in the strategy: a risk, and no error', () => {
    const strategies = [strategy('standard', STANDARD.spec.phases.slice(1))];
    const { problems, plan } = change({ ...fleet('3.8.0'), strategies }, { ...fleet('3.9.0'), strategies });
    expect(problems).toEqual([]);
    expect(plan?.risks.filter(({ code }) => code === 'no-canary').map(({ words }) => words)).toEqual([
      'r has no canary: strategy standard has no canary phase, so early goes first',
    ]);
  });
});
