import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFleetFiles } from '../unit/data-plane/fleet-checks.ts';

const root = resolve(import.meta.dirname, '../../fleet-manifests');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

describe('the example fleet', () => {
  const fleet = checkFleetFiles(files);

  it('is valid, and every cluster is in one release and one phase', () => {
    expect(fleet.problems).toEqual([]);
    expect(fleet.clusters.length).toBe(60);
  });

  it('has canaries in every release', () => {
    const first = ['kafka/canary', 'kafka-meridian/standby', 'connect/canary', 'ksqldb/canary', 'schema-registry/canary'];
    for (const phase of first) expect([phase, fleet.phases.get(phase)]).toEqual([phase, expect.any(Number)]);
    for (const phase of first) expect(fleet.phases.get(phase)).toBeGreaterThan(0);
  });

  it('spans three clouds and four products', () => {
    expect(new Set(fleet.clusters.map(({ metadata }) => metadata.labels?.['cloud']))).toEqual(new Set(['aws', 'gcp', 'azure']));
    expect(new Set(fleet.clusters.map(({ spec }) => spec.product))).toEqual(new Set(['kafka', 'connect', 'ksqldb', 'schema-registry']));
  });

  it('names the right schema before every document, so that editors complete it', () => {
    for (const { path, text } of files) {
      for (const document of text.split(/^---\n/m)) {
        const kind = /^kind: (\w+)$/m.exec(document)?.[1]?.toLowerCase();
        const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(document)?.[1] ?? '';
        expect([path, resolve(root, path, '..', schema)]).toEqual([path, resolve(root, `../schemas/${kind}.schema.json`)]);
      }
    }
  });
});
