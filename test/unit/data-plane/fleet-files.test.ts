import { describe, expect, it } from 'vitest';
import { fleetFiles } from '../../../src/cli/fleet-files.ts';
import { checkFleetFiles } from './fleet-checks.ts';

const files = (clusters: number, seed = 'one') => [...fleetFiles({ clusters, seed })];

describe('a generated fleet', () => {
  it.each([1, 2, 3, 4, 5, 60, 1_000])('of %i clusters is valid, and every cluster is in one release and one phase', (clusters) => {
    const fleet = checkFleetFiles(files(clusters));
    expect(fleet.problems).toEqual([]);
    expect(fleet.clusters.length).toBe(clusters);
    expect(new Set(fleet.clusters.map(({ metadata }) => metadata.name)).size).toBe(clusters);
    for (const { metadata } of fleet.releases) expect(fleet.phases.get(`${metadata.name}/canary`)).toBeGreaterThanOrEqual(1);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(files(100)).toEqual(files(100));
    expect(files(100, 'two')).not.toEqual(files(100));
  });

  it('keeps its clusters where they are when it grows within its data planes', () => {
    const paths = (clusters: number) => files(clusters).flatMap(({ path }) => (path.startsWith('clusters/') ? [path] : []));
    expect(paths(500).slice(0, 100)).toEqual(paths(100));
  });

  it('has cluster files of the size that people write', () => {
    const sizes = files(500).flatMap(({ path, text }) => (path.startsWith('clusters/') ? [text.length] : []));
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(mean).toBeGreaterThan(500);
    expect(mean).toBeLessThan(700);
  });
});
