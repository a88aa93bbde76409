/** Manifests of one product on two data planes: a canary, and the rest in one phase. */
export interface SmallFleet {
  readonly version?: string;
  readonly config?: Readonly<Record<string, string | number>>;
  /** By name: the data plane, and what else is in the spec. */
  readonly clusters?: Readonly<Record<string, { readonly dataPlane: string; readonly tier?: string; readonly more?: string }>>;
  readonly dataPlanes?: readonly string[];
  /** Further lines of the Fleet, of the Release. */
  readonly fleet?: string;
  readonly release?: string;
  readonly approval?: boolean | 'team';
  /** Clusters of the last phase that may fail. */
  readonly mayFail?: number;
}

export const CLUSTERS = {
  'k-canary': { dataPlane: 'east', tier: 'canary' },
  'k-one': { dataPlane: 'east' },
  'k-two': { dataPlane: 'west' },
} as const;

export function smallManifests(fleet: SmallFleet = {}): Readonly<Record<string, string>> {
  const { version = '3.8.0', config = {}, clusters = CLUSTERS, dataPlanes = ['east', 'west'], approval = false, mayFail } = fleet;
  const settings = Object.entries(config).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}\n`);
  const files: Record<string, string> = {
    'fleet.yaml': `${head('Fleet', 'small')}  defaultStrategy: standard
  dataPlanes:
${dataPlanes.map((name) => `    - { name: ${name}, kind: simulated }\n`).join('')}${fleet.fleet ?? ''}`,
    'product.yaml': `${head('Product', 'kafka')}  workload: { kind: StatefulSet }
  versions:
    - version: "3.8.0"
    - version: "3.8.1"
    - version: "3.9.0"
`,
    'strategy.yaml': `${head('Strategy', 'standard')}  guard: 10m
  phases:
    - name: canary
      select: { matchLabels: { tier: canary } }
      canary: true
      maxConcurrent: 1
      soak: 1m
    - name: rest
      rest: true
      maxConcurrent: 5
      soak: 1m
${mayFail === undefined ? '' : `      budgets: { failed: ${mayFail} }\n`}${approval === false ? '' : `      approval: { when: before, count: 1, ${approval === 'team' ? 'teams: [leads]' : 'users: [lead]'} }\n`}`,
    'release.yaml': `${head('Release', 'kafka')}  product: kafka
  version: "${version}"
  select: {}
${settings.length === 0 ? '' : `  config:\n${settings.join('')}`}${fleet.release ?? ''}`,
  };
  for (const [name, { dataPlane, tier = 'customer', more = '' }] of Object.entries<NonNullable<SmallFleet['clusters']>[string]>(clusters)) {
    files[`clusters/${name}.yaml`] = `apiVersion: flotilla.dev/v1
kind: Cluster
metadata: { name: ${name}, labels: { tier: ${tier} } }
spec:
  product: kafka
  dataPlane: ${dataPlane}
  replicas: 3
${more}`;
  }
  return files;
}

const head = (kind: string, name: string): string => `apiVersion: flotilla.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n`;
