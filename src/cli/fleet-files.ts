import { place } from '../core/model/hash.ts';
import { PRODUCTS, type ProductShape, REGIONS } from './fleet-shape.ts';

export interface GeneratedFile {
  /** Relative to the manifest root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface FleetSize {
  /** 1 or more. */
  readonly clusters: number;
  readonly seed: string;
}

const PURPOSES = ['orders', 'payments', 'clickstream', 'inventory', 'audit', 'metrics', 'search', 'billing', 'tracking', 'sessions'];
const CLUSTERS_PER_DATA_PLANE = 2_000;
const CLUSTERS_PER_SHARD = 2_000;
const CLUSTERS_PER_TENANT = 20;
const CLUSTERS_PER_WINDOW = 200;
const WINDOWS_MAX = 50;

/**
 * A fleet of any size, one cluster a file. The same seed gives the same files, and a larger fleet of one seed
 * starts with the clusters of a smaller one.
 */
export function* fleetFiles(size: FleetSize): Generator<GeneratedFile> {
  const used = PRODUCTS.slice(0, size.clusters);
  yield { path: 'fleet.yaml', text: fleetText(size) };
  for (const product of used) yield { path: `products/${product.name}.yaml`, text: productText(product, used) };
  for (const product of used) yield { path: `releases/${product.name}.yaml`, text: releaseText(product) };
  yield { path: 'strategies/standard.yaml', text: STRATEGY };
  yield { path: 'calendar/freezes.yaml', text: FREEZE };
  const windows = Math.min(WINDOWS_MAX, Math.floor(size.clusters / CLUSTERS_PER_WINDOW));
  for (let tenant = 0; tenant < windows; tenant += 1) yield { path: `calendar/tenant-${tenant}.yaml`, text: windowText(tenant) };
  const start = place(size.seed, 'fleet');
  for (let index = 0; index < size.clusters; index += 1) yield clusterFile(size, index, randomFrom(start + index));
}

function clusterFile(size: FleetSize, index: number, random: () => number): GeneratedFile {
  const pick = <T>(items: readonly [T, ...T[]] | readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const product = PRODUCTS[index] ?? productAt(random() * 100);
  const [cloud, region] = pick(REGIONS);
  const tier = index < PRODUCTS.length ? 'canary' : tierAt(random() * 100);
  const number = index.toString(36).padStart(4, '0');
  const name = `${product.name}-${pick(PURPOSES)}-${number}`;
  const labels = {
    cloud,
    region,
    environment: tier === 'canary' ? 'staging' : 'production',
    tier,
    ...(tier === 'customer' ? { tenant: `tenant-${Math.floor(random() * tenantsOf(size))}` } : { team: 'platform' }),
    'cost-center': `cc-${1_000 + Math.floor(random() * 9_000)}`,
  };
  const text = `apiVersion: flotilla.dev/v1
kind: Cluster
metadata:
  name: ${name}
  labels:
${lines(Object.entries(labels), 4)}
  annotations:
    owner: team-${Math.floor(random() * 200)}@example.com
    runbook: https://runbooks.example.com/${product.name}/${name}
spec:
  product: ${product.name}
  dataPlane: ${cloud}-${region}-${Math.floor(random() * planesPerRegion(size))}
  replicas: ${pick(product.replicas)}
  workload:
    namespace: ${product.name}-${cloud}
    name: ${name}
  config:
${lines(
  product.config.map(([key, values]) => [key, pick(values)] as const),
  4,
)}
`;
  // About a hundred files a folder; from the number, so that a file never moves when the fleet grows.
  const shard = Math.floor(index / CLUSTERS_PER_SHARD)
    .toString()
    .padStart(3, '0');
  return { path: `clusters/${cloud}/${region}/${shard}/${name}.yaml`, text };
}

function productAt(percent: number): ProductShape {
  let sum = 0;
  for (const product of PRODUCTS) {
    sum += product.share;
    if (percent < sum) return product;
  }
  return PRODUCTS[0] as ProductShape;
}

function tierAt(percent: number): string {
  if (percent < 1) return 'canary';
  return percent < 16 ? 'internal' : 'customer';
}

const tenantsOf = (size: FleetSize): number => Math.max(1, Math.floor(size.clusters / CLUSTERS_PER_TENANT));

const planesPerRegion = (size: FleetSize): number => Math.ceil(size.clusters / REGIONS.length / CLUSTERS_PER_DATA_PLANE);

function fleetText(size: FleetSize): string {
  const planes = REGIONS.flatMap(([cloud, region]) =>
    Array.from({ length: planesPerRegion(size) }, (_, number) => `    - { name: ${cloud}-${region}-${number}, kind: simulated }`),
  );
  return `apiVersion: flotilla.dev/v1
kind: Fleet
metadata:
  name: generated
spec:
  description: ${size.clusters} clusters, generated from the seed ${JSON.stringify(size.seed)}.
  defaultStrategy: standard
  maxConcurrent: 2000
  dataPlanes:
${planes.join('\n')}
`;
}

function productText(product: ProductShape, used: readonly ProductShape[]): string {
  const requires = product.requires.filter((name) => used.some((other) => other.name === name));
  return `apiVersion: flotilla.dev/v1
kind: Product
metadata:
  name: ${product.name}
spec:
  workload:
    kind: ${product.workload}
    container: ${product.container}
  versions:
${product.versions.map((version) => `    - { version: "${version}", image: "${product.image}:${version}" }`).join('\n')}
  requires: [${requires.join(', ')}]
  deadline:
    base: 10m
    perReplica: 5m
`;
}

function releaseText(product: ProductShape): string {
  return `apiVersion: flotilla.dev/v1
kind: Release
metadata:
  name: ${product.name}
spec:
  product: ${product.name}
  version: "${product.current}"
  select: {}
`;
}

const STRATEGY = `apiVersion: flotilla.dev/v1
kind: Strategy
metadata:
  name: standard
spec:
  phases:
    - name: canary
      select: { matchLabels: { tier: canary } }
      canary: true
      maxConcurrent: 10%
      soak: 10m
      bake: 20m
      budgets: { failed: 0 }
    - name: internal
      select: { matchLabels: { tier: internal } }
      maxConcurrent: 10%
      soak: 10m
      budgets: { failed: 1%, unreachable: 1% }
    - name: tenth
      cohort: { size: 10%, stratifyBy: region }
      maxConcurrent: 10%
      soak: 30m
      budgets: { failed: 1%, unreachable: 1% }
    - name: rest
      rest: true
      maxConcurrent: 5%
      soak: 10m
      budgets: { failed: 1%, unreachable: 2%, deferred: 10% }
  rollback:
    maxConcurrent: 50%
    soak: 1m
`;

const FREEZE = `apiVersion: flotilla.dev/v1
kind: Freeze
metadata:
  name: year-end
spec:
  schedule: { cron: 0 0 15 12 *, duration: 21d }
  scope: major
  reason: No large moves at the end of the year
`;

function windowText(tenant: number): string {
  return `apiVersion: flotilla.dev/v1
kind: Window
metadata:
  name: tenant-${tenant}-nights
spec:
  select: { matchLabels: { tenant: tenant-${tenant} } }
  schedule: { cron: 0 ${20 + (tenant % 4)} * * *, duration: 6h, timeZone: Europe/Berlin }
  reason: Agreed with the tenant
`;
}

function lines(entries: readonly (readonly [string, string | number | boolean])[], indent: number): string {
  return entries.map(([key, value]) => `${' '.repeat(indent)}${key}: ${value}`).join('\n');
}

/** Mulberry32: small and fast, and no library moves its numbers. @returns numbers from 0 to below 1. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
