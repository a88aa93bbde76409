import type { Cluster, Release, Strategy } from '../../../src/core/manifest/generated.ts';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { assignPhases } from '../../../src/core/manifest/phases.ts';
import { compileSelector } from '../../../src/core/manifest/selector.ts';
import { trusted } from '../../../src/core/model/ids.ts';

interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface CheckedFleet {
  readonly problems: readonly string[];
  readonly clusters: readonly Cluster[];
  readonly releases: readonly Release[];
  /** `RELEASE/PHASE` to the number of its members. */
  readonly phases: ReadonlyMap<string, number>;
}

/** Reads a whole fleet, and lists clusters that are in no release or phase, or in two. */
export function checkFleetFiles(files: readonly TextFile[]): CheckedFleet {
  const problems: string[] = [];
  const clusters: Cluster[] = [];
  const releases: Release[] = [];
  const strategies = new Map<string, Strategy>();
  let defaultStrategy = '';
  for (const { path, text } of files) {
    const parsed = parseFile({ kind: 'text', text });
    problems.push(...parsed.problems.map((problem) => `${path}:${problem.line}: ${problem.message}`));
    for (const document of parsed.documents) {
      if (document?.kind === 'Cluster') clusters.push(document);
      if (document?.kind === 'Release') releases.push(document);
      if (document?.kind === 'Strategy') strategies.set(document.metadata.name, document);
      if (document?.kind === 'Fleet') defaultStrategy = document.spec.defaultStrategy;
    }
  }
  const phases = new Map<string, number>();
  const seen = new Map<string, number>();
  for (const release of releases) {
    const matches = compileSelector(release.spec.select);
    const selected = clusters.filter((cluster) => cluster.spec.product === release.spec.product && matches(cluster.metadata.labels ?? {}));
    for (const { metadata } of selected) seen.set(metadata.name, (seen.get(metadata.name) ?? 0) + 1);
    const strategy = strategies.get(release.spec.strategy ?? defaultStrategy);
    if (strategy === undefined) {
      problems.push(`release ${release.metadata.name} has no strategy`);
      continue;
    }
    const candidates = selected.map(({ metadata }) => ({ cluster: trusted.cluster(metadata.name), labels: metadata.labels ?? {} }));
    const assigned = assignPhases(strategy, candidates, release.metadata.name);
    for (const phase of assigned.phases) phases.set(`${release.metadata.name}/${phase.name}`, phase.members.length);
    problems.push(...[...assigned.unassigned, ...assigned.twice.map((one) => one.cluster)].map((name) => `${name} is not in one phase`));
  }
  problems.push(
    ...clusters.filter(({ metadata }) => seen.get(metadata.name) !== 1).map(({ metadata }) => `${metadata.name} is not in one release`),
  );
  return { problems, clusters, releases, phases };
}
