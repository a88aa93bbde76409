import type { Person } from '../person.ts';

/** A small release with a fast strategy: a canary, then everybody. */
export const REGISTRY = 'fleet-manifests/releases/schema-registry.yaml';
export const CANARY = 'schema-registry-canary-aws-euw1';

/** Clusters of a product that run a version, wholly or in part, as their data planes say. */
export async function clustersAt(person: Person, version: string): Promise<readonly string[]> {
  return (await person.flotilla('status'))
    .split('\n')
    .filter((line) => line.startsWith('schema-registry-') && line.includes(` ${version} `))
    .map((line) => line.split(' ')[0] ?? '');
}
