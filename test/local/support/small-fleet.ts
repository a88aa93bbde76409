/** A fleet that is small enough for a rollout to take seconds, with one release for each thing that a test may want to do to it. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where a test finds the line that it changes. Paths are those in the repository. */
export const KAFKA = 'fleet-manifests/releases/kafka.yaml';
export const CONNECT = 'fleet-manifests/releases/connect.yaml';
export const REGISTRY = 'fleet-manifests/releases/registry.yaml';
export const CLUSTERS = 'fleet-manifests/clusters.yaml';

export const KAFKA_CLUSTERS = ['kafka-a', 'kafka-b', 'kafka-c', 'kafka-canary'] as const;
export const CONNECT_CLUSTERS = ['connect-a', 'connect-b', 'connect-c', 'connect-canary'] as const;

/**
 * All go fast: what a test wants to catch half way, it makes stuck. `registry` needs an approval. Deadlines are far off, and
 * there are no windows and no freezes, so that neither a busy machine nor the day of the week makes a difference.
 */
const FILES: Readonly<Record<string, string>> = {
  'fleet.yaml': `apiVersion: flotilla.dev/v1
kind: Fleet
metadata: { name: small }
spec:
  defaultStrategy: fast
  maxConcurrent: 12
  schedule: { tick: "* * * * * *", sweep: "0 0 1 1 *" }
  dataPlanes:
    - { name: east, kind: simulated, maxConcurrent: 10 }
    - { name: west, kind: simulated, maxConcurrent: 10 }
  commands:
    - { verbs: [pause, stop], teams: [on-call], users: [alice] }
    - { verbs: [resume, abort, retry, skip, approve, take-over, reconcile, lift], teams: [streaming] }
    - { verbs: [expedite, waive], users: [alice] }
  drift: { interval: 10m, action: report, maxIssues: 5 }
`,
  'products.yaml': [
    product('kafka', ['4.0.0', '4.0.1', '4.1.0', '4.1.1']),
    product('connect', ['8.0.0', '8.0.1', '8.0.2', '8.1.0']),
    product('registry', ['1.0.0', '1.0.1', '1.0.2']),
  ].join('---\n'),
  'strategies.yaml': [strategy('fast', '1m', ''), strategy('agreed', '1m', approvalBefore())].join('---\n'),
  'releases/kafka.yaml': release('kafka', '4.0.0', 'fast'),
  'releases/connect.yaml': release('connect', '8.0.0', 'fast'),
  'releases/registry.yaml': release('registry', '1.0.0', 'agreed'),
  'clusters.yaml': [
    ...['canary', 'a', 'b', 'c'].map((name, at) => cluster('kafka', name, at, '')),
    ...['canary', 'a', 'b', 'c'].map((name, at) => cluster('connect', name, at, '')),
    ...['canary', 'a'].map((name, at) => cluster('registry', name, at, '')),
  ].join('---\n'),
};

/** Writes the fleet into a folder of its own. The caller removes it. */
export function writeSmallFleet(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-small-fleet-'));
  for (const [path, text] of Object.entries(FILES)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

/** One more cluster, as a document. */
export function cluster(product: string, name: string, at: number, more: string): string {
  return `apiVersion: flotilla.dev/v1
kind: Cluster
metadata:
  name: ${product}-${name}
  labels: { tier: ${name === 'canary' ? 'canary' : 'customer'} }
spec:
  product: ${product}
  dataPlane: ${at % 2 === 0 ? 'east' : 'west'}
  replicas: 2
${more}`;
}

function product(name: string, versions: readonly string[]): string {
  return `apiVersion: flotilla.dev/v1
kind: Product
metadata: { name: ${name} }
spec:
  workload: { kind: StatefulSet, container: ${name} }
  versions:
${versions.map((version) => `    - { version: "${version}", image: "example/${name}:${version}" }\n`).join('')}  upgrades: { skipMinors: false, downgrade: minor }
  deadline: { base: 1d, perReplica: 10m }
`;
}

function strategy(name: string, soak: string, approval: string): string {
  return `apiVersion: flotilla.dev/v1
kind: Strategy
metadata: { name: ${name} }
spec:
  phases:
    - name: canary
      select: { matchLabels: { tier: canary } }
      canary: true
      maxConcurrent: 1
      soak: ${soak}
      budgets: { failed: 0, unreachable: 0 }
    - name: rest
      rest: true
      maxConcurrent: 2
      soak: ${soak}
      budgets: { failed: 0, unreachable: 1 }
${approval}  rollback: { maxConcurrent: 100%, soak: 15s }
`;
}

function approvalBefore(): string {
  return '      approval: { when: before, count: 1, users: [alice, bob], notAuthor: true }\n';
}

function release(product: string, version: string, by: string): string {
  return `apiVersion: flotilla.dev/v1
kind: Release
metadata:
  name: ${product}
spec:
  product: ${product}
  version: "${version}"
  select: {}
  strategy: ${by}
  config:
    some.setting: 1
`;
}
