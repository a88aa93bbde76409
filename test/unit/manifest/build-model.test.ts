import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../src/core/manifest/build-model.ts';
import type { ModelFile } from '../../../src/core/manifest/file-changes.ts';
import type { Cluster } from '../../../src/core/manifest/generated.ts';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { SMALL_FLEET } from './small-fleet.ts';

const NOW = instant(Date.parse('2026-11-21T06:00:00Z'));
const fileOf = (path: string, parsed: ModelFile['parsed']): ModelFile => ({ file: { path, blob: trusted.blob(path) }, parsed });
const parsedOf = (...documents: readonly Cluster[]): ModelFile['parsed'] => ({ documents, problems: [] });
const base: readonly ModelFile[] = Object.entries(SMALL_FLEET).map(([path, text]) => fileOf(path, parseFile({ kind: 'text', text })));

const cluster = (name: string, spec: Partial<Cluster['spec']> = {}): Cluster => ({
  apiVersion: 'flotilla.dev/v1',
  kind: 'Cluster',
  metadata: { name },
  spec: { product: 'kafka', dataPlane: 'eu', replicas: 3, ...spec },
});

/** A cluster that counts how often anybody reads what it says. */
function watched(name: string, reads: { count: number }): Cluster {
  const plain = cluster(name);
  return Object.defineProperty({ ...plain }, 'spec', {
    get: () => {
      reads.count += 1;
      return plain.spec;
    },
  });
}

describe('with what was built before', () => {
  const reads = { count: 0 };
  const files = [...base, ...Array.from({ length: 100 }, (_, at) => fileOf(`c/${at}.yaml`, parsedOf(watched(`c-${at}`, reads))))];
  const built = buildModel(files, { now: NOW });
  const editOf = (path: string, parsed: ModelFile['parsed']) =>
    files.map((entry) => (entry.file.path === path ? fileOf(path, parsed) : entry));

  it('does not look at clusters whose files are the same', () => {
    reads.count = 0;
    const next = buildModel(editOf('c/7.yaml', parsedOf(cluster('c-7', { replicas: 5 }))), { now: NOW, previous: built });
    expect(next.model?.clusters.get(trusted.cluster('c-7'))?.value.spec.replicas).toBe(5);
    // The cluster that went is read, to take it out of the counts.
    expect(reads.count).toBeLessThanOrEqual(2);
  });

  it('does not look at any when a release changes its version alone', () => {
    reads.count = 0;
    const text = (SMALL_FLEET['release.yaml'] ?? '').replace('3.9.0', '3.8.0');
    const next = buildModel(editOf('release.yaml', parseFile({ kind: 'text', text })), { now: NOW, previous: built });
    expect(next.model?.releases.get('kafka')?.value.spec.version).toBe('3.8.0');
    expect(reads.count).toBe(0);
  });

  it('looks at all when a release changes whom it selects', () => {
    const text = (SMALL_FLEET['release.yaml'] ?? '').replace('select: {}', 'select: { matchLabels: { tier: canary } }');
    const next = buildModel(editOf('release.yaml', parseFile({ kind: 'text', text })), { now: NOW, previous: built });
    expect(next.model).toBeUndefined();
    expect(next.problems.map(({ code, message }) => [code, message])).toEqual([
      ['cluster-unselected', expect.stringMatching(/^101 clusters \(.* and 96 more\) of kafka are selected by no release$/)],
    ]);
  });

  it('sees a pin expire though nothing changed', () => {
    const pinned = editOf(
      'c/7.yaml',
      parsedOf(cluster('c-7', { pin: { version: '3.8.0', reason: 'abc', expires: '2026-11-22T00:00:00Z' } })),
    );
    const before = buildModel(pinned, { now: NOW });
    expect(before.problems).toEqual([]);
    const after = buildModel(pinned, { now: instant(Date.parse('2026-11-22T00:00:00Z')), previous: before });
    expect(after.problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning pin-expired']);
    expect(after.model).toBeDefined();
  });

  it('sees a name come twice', () => {
    const next = buildModel([...files, fileOf('c/new.yaml', parsedOf(cluster('c-7')))], { now: NOW, previous: built });
    expect(next.problems.map(({ code }) => code)).toEqual(['duplicate-name']);
  });

  it('lets a cluster move from one file to another', () => {
    const moved = [...files.filter(({ file }) => file.path !== 'c/7.yaml'), fileOf('d/7.yaml', parsedOf(cluster('c-7')))];
    const next = buildModel(moved, { now: NOW, previous: built });
    expect(next.problems).toEqual([]);
    expect(next.model?.clusters.get(trusted.cluster('c-7'))?.file).toBe('d/7.yaml');
  });
});

describe('limits', () => {
  it('takes 200,000 clusters, and not one more', () => {
    const many = { documents: Array.from({ length: 199_998 }, (_, at) => cluster(`c-${at}`)), problems: [] };
    expect(buildModel([...base, fileOf('many.yaml', many)], { now: NOW }).problems).toEqual([]);
    const more = buildModel([...base, fileOf('many.yaml', many), fileOf('one.yaml', parsedOf(cluster('one')))], { now: NOW });
    expect([more.model, more.problems.map(({ code }) => code)]).toEqual([undefined, ['limit/clusters']]);
  });

  it('tells 5,000 problems inside files, and counts the others', () => {
    const problem = { line: 1, column: 1, code: 'schema/type', severity: 'error', message: 'm', hint: 'h' } as const;
    const files = Array.from({ length: 5_003 }, (_, at) => fileOf(`${at}.yaml`, { documents: [undefined], problems: [problem] }));
    const { fileProblems } = buildModel([...base, ...files], { now: NOW });
    expect(fileProblems).toHaveLength(5_001);
    expect(fileProblems.at(-1)).toMatchObject({ code: 'limit/problems', message: '3 more problems in this file and those after it' });
  });

  it('takes 250,000 files, and not one more', () => {
    const empty = Array.from({ length: 250_000 - base.length }, (_, at) => fileOf(`${at}.yaml`, { documents: [], problems: [] }));
    expect(buildModel([...base, ...empty], { now: NOW }).model).toBeDefined();
    const more = buildModel([...base, ...empty, fileOf('one.yaml', { documents: [], problems: [] })], { now: NOW });
    expect([more.model, more.fileProblems.map(({ file, code }) => `${file} ${code}`)]).toEqual([undefined, ['one.yaml limit/files']]);
  });
});
