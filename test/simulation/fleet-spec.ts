import type { Random } from '../support/small-world/random.ts';

/** What the manifests of a simulated fleet say, as data: the laws judge by this, and never by what was read of the text. */
export interface FleetSpec {
  readonly maxConcurrent: number;
  readonly dataPlanes: readonly { readonly name: string; readonly maxConcurrent: number | undefined }[];
  readonly products: readonly ProductSpec[];
  readonly strategies: readonly StrategySpec[];
  readonly releases: readonly ReleaseSpec[];
  readonly clusters: readonly ClusterSpec[];
  readonly windows: readonly WindowSpec[];
  readonly freezes: readonly FreezeSpec[];
  /** A file that is no valid manifest. */
  readonly broken: boolean;
}

export interface ProductSpec {
  readonly name: string;
  readonly requires: readonly string[];
  readonly minimumIntervalMinutes: number | undefined;
}

export interface PhaseSpec {
  readonly name: string;
  readonly of: 'canary' | 'internal' | 'half' | 'rest';
  readonly maxConcurrent: number;
  readonly soakSeconds: number;
  readonly bakeSeconds: number;
  readonly failed: number;
  readonly unreachable: number;
  readonly deferred: number;
  readonly approvals: { readonly when: 'before' | 'after'; readonly count: number } | undefined;
  readonly maxMinutes: number | undefined;
}

export interface StrategySpec {
  readonly name: string;
  readonly phases: readonly PhaseSpec[];
  readonly maxConcurrent: number | undefined;
  readonly guardMinutes: number;
  readonly rescue: number;
  readonly rollback: { readonly maxConcurrent: number; readonly soakSeconds: number } | undefined;
}

export const URGENCIES = ['routine', 'hotfix', 'security'] as const;

export interface ReleaseSpec {
  readonly name: string;
  readonly product: string;
  /** The value of the label `ring` that it selects; `undefined`: the whole product. */
  readonly ring: string | undefined;
  readonly version: string;
  readonly config: Readonly<Record<string, string>>;
  readonly flag: boolean;
  readonly strategy: string;
  readonly urgency: (typeof URGENCIES)[number];
  readonly waived: boolean;
}

export interface ClusterSpec {
  readonly name: string;
  readonly product: string;
  readonly dataPlane: string;
  readonly replicas: number;
  readonly tier: 'canary' | 'internal' | 'customer';
  readonly ring: string;
  readonly pin: string | undefined;
  readonly optOut: boolean;
}

export interface WindowSpec {
  readonly name: string;
  readonly tier: ClusterSpec['tier'];
  /** Of the day, UTC. */
  readonly hour: number;
  readonly hours: number;
}

export interface FreezeSpec {
  readonly name: string;
  /** `undefined`: every cluster. */
  readonly tier: ClusterSpec['tier'] | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly allowRollback: boolean;
}

/** In the order in which they were published; every step to a neighbour is legal, and so is a patch. */
export const VERSIONS = ['3.7.0', '3.8.0', '3.9.0', '3.9.1', '3.10.0', '3.11.0', '3.12.0'] as const;

const PRODUCTS = [
  { name: 'kafka', requires: [] },
  { name: 'registry', requires: ['kafka'] },
  { name: 'connect', requires: ['kafka', 'registry'] },
] as const;

const DATA_PLANES = ['east', 'west', 'north'] as const;

/** A fleet at rest. */
export function firstSpec(random: Random): FleetSpec {
  const dataPlanes = DATA_PLANES.slice(0, 1 + random.below(3)).map((name) => ({
    name,
    maxConcurrent: random.chance(0.4) ? 1 + random.below(3) : undefined,
  }));
  const products = PRODUCTS.slice(0, random.pick([1, 1, 1, 2, 2, 3])).map(({ name, requires }, _at, all) => ({
    name,
    requires: requires.filter((other) => all.some((one) => one.name === other)),
    minimumIntervalMinutes: random.chance(0.1) ? 30 : undefined,
  }));
  const strategies = [strategy('standard', random), strategy('other', random)];
  const releases = products.flatMap(({ name }) => releasesOf(name, random));
  const most = Math.max(3, Math.floor(8 / products.length));
  const clusters = products.flatMap(({ name }) => {
    const count = 3 + random.below(most - 2);
    return Array.from({ length: count }, (_, at) => clusterOf(name, at, random, dataPlanes));
  });
  return {
    maxConcurrent: random.pick([2, 3, 4, 5, 8, 20]),
    dataPlanes,
    products,
    strategies,
    releases,
    clusters,
    windows: random.chance(0.15) ? [{ name: 'nights', tier: 'customer', hour: random.below(24), hours: 4 + random.below(8) }] : [],
    freezes: [],
    broken: false,
  };
}

function releasesOf(product: string, random: Random): readonly ReleaseSpec[] {
  const rings = product === 'kafka' && random.chance(0.2) ? ['a', 'b'] : [undefined];
  return rings.map((ring) => ({
    name: ring === undefined ? product : `${product}-${ring}`,
    product,
    ring,
    version: random.pick(['3.8.0', '3.8.0', '3.9.0']),
    config: { threads: '2' },
    flag: false,
    strategy: random.pick(['standard', 'standard', 'other']),
    urgency: 'routine',
    waived: false,
  }));
}

/** Every fourth belongs to ring b, so that a product of two releases has canaries in both. */
export function clusterOf(product: string, at: number, random: Random, dataPlanes: FleetSpec['dataPlanes']): ClusterSpec {
  // Who leaves and joins again comes back to where it was: a cluster is never on two data planes.
  const home = dataPlanes[at % dataPlanes.length];
  return {
    name: `${product}-${at + 1}`,
    product,
    dataPlane: home?.name ?? 'east',
    replicas: random.pick([1, 2, 2, 3]),
    tier: at < (product === 'kafka' ? 2 : 1) ? 'canary' : random.chance(0.3) ? 'internal' : 'customer',
    ring: at % 2 === 0 ? 'a' : 'b',
    pin: undefined,
    optOut: false,
  };
}

export function strategy(name: string, random: Random): StrategySpec {
  const phase = (of: PhaseSpec['of'], fields: Partial<PhaseSpec> = {}): PhaseSpec => ({
    name: of,
    of,
    maxConcurrent: random.pick([1, 2, 3, 6]),
    soakSeconds: random.pick([0, 30, 60, 120, 180]),
    bakeSeconds: random.pick([0, 0, 60, 300, 3_600]),
    failed: random.pick([0, 0, 1, 2]),
    unreachable: random.pick([0, 1, 3]),
    deferred: random.pick([0, 1, 9]),
    approvals: random.chance(0.12) ? { when: random.pick(['before', 'after']), count: random.pick([1, 2]) } : undefined,
    maxMinutes: random.chance(0.2) ? random.pick([15, 60, 240]) : undefined,
    ...fields,
  });
  const phases = [
    ...(random.chance(0.75) ? [phase('canary', { failed: random.pick([0, 0, 1]), maxMinutes: undefined })] : []),
    ...(random.chance(0.4) ? [phase('internal')] : []),
    ...(random.chance(0.3) ? [phase('half')] : []),
    phase('rest'),
  ];
  return {
    name,
    phases,
    maxConcurrent: random.chance(0.3) ? random.pick([1, 2, 4]) : undefined,
    guardMinutes: random.pick([5, 10, 30]),
    rescue: random.pick([1, 1, 2]),
    rollback: random.chance(0.5) ? { maxConcurrent: random.pick([1, 2, 5]), soakSeconds: random.pick([15, 30, 60]) } : undefined,
  };
}
