/** A fleet that is valid and small enough to be read in one go; each test changes one thing in it. */
export const SMALL_FLEET: Readonly<Record<string, string>> = {
  'fleet.yaml': `apiVersion: flotilla.dev/v1
kind: Fleet
metadata:
  name: small
spec:
  defaultStrategy: standard
  dataPlanes:
    - { name: eu, kind: simulated }
    - { name: us, kind: simulated }
`,
  'product.yaml': `apiVersion: flotilla.dev/v1
kind: Product
metadata:
  name: kafka
spec:
  workload: { kind: StatefulSet }
  versions:
    - version: "3.8.0"
    - version: "3.8.1"
      withdrawn: loses messages
    - version: "3.9.0"
`,
  'strategy.yaml': `apiVersion: flotilla.dev/v1
kind: Strategy
metadata:
  name: standard
spec:
  phases:
    - name: canary
      select: { matchLabels: { tier: canary } }
      canary: true
      maxConcurrent: 1
      soak: 1h
    - name: everybody
      rest: true
      maxConcurrent: 25%
      soak: 10m
`,
  'release.yaml': `apiVersion: flotilla.dev/v1
kind: Release
metadata:
  name: kafka
spec:
  product: kafka
  version: "3.9.0"
  select: {}
`,
  'clusters.yaml': `apiVersion: flotilla.dev/v1
kind: Cluster
metadata:
  name: kafka-a
  labels: { tier: canary }
spec:
  product: kafka
  dataPlane: eu
  replicas: 3
---
apiVersion: flotilla.dev/v1
kind: Cluster
metadata:
  name: kafka-b
  labels: { tier: customer }
spec:
  product: kafka
  dataPlane: us
  replicas: 3
`,
};

/** What `edit` does to the small fleet: files added or replaced, and texts exchanged in files of it. */
export interface Edit {
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly replace?: Readonly<Record<string, readonly [string, string]>>;
}

export function edited({ files = {}, replace = {} }: Edit): Record<string, string> {
  const result: Record<string, string> = { ...SMALL_FLEET };
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) delete result[path];
    else result[path] = text;
  }
  for (const [path, [from, to]] of Object.entries(replace)) {
    const text = result[path] ?? '';
    if (!text.includes(from)) throw new Error(`${path} does not hold ${JSON.stringify(from)}`);
    result[path] = text.replace(from, to);
  }
  return result;
}

/** A document of a kind, from the lines of its spec. */
export const manifest = (kind: string, name: string, spec: string): string =>
  `apiVersion: flotilla.dev/v1\nkind: ${kind}\nmetadata:\n  name: ${name}\nspec:\n${spec.replace(/^/gm, '  ')}\n`;
