/** The smallest fleet with all that a story needs: two clusters, of which one is the canary. */
export interface TinyFleet {
  readonly version: string;
  readonly isBroken?: boolean;
}

const head = (kind: string, name: string): string => `apiVersion: flotilla.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n`;

const cluster = (name: string, tier: string): string => `apiVersion: flotilla.dev/v1
kind: Cluster
metadata: { name: ${name}, labels: { tier: ${tier} } }
spec: { product: kafka, dataPlane: east, replicas: 1 }
`;

const FIXED: Readonly<Record<string, string>> = {
  'fleet.yaml': `${head('Fleet', 'tiny')}  defaultStrategy: standard
  dataPlanes:
    - { name: east, kind: simulated }
`,
  'product.yaml': `${head('Product', 'kafka')}  workload: { kind: StatefulSet }
  versions:
    - version: "3.8.0"
    - version: "3.8.1"
`,
  'strategy.yaml': `${head('Strategy', 'standard')}  guard: 1m
  phases:
    - { name: canary, select: { matchLabels: { tier: canary } }, canary: true, maxConcurrent: 1, soak: 30s }
    - { name: rest, rest: true, maxConcurrent: 1, soak: 30s }
`,
  'clusters/canary.yaml': cluster('canary', 'canary'),
  'clusters/other.yaml': cluster('other', 'customer'),
};

export const tinyManifests = ({ version, isBroken = false }: TinyFleet): Readonly<Record<string, string>> => ({
  ...FIXED,
  'release.yaml': isBroken
    ? 'kind: Release\nspec: [\n'
    : `${head('Release', 'kafka')}  product: kafka\n  version: "${version}"\n  select: {}\n`,
});
