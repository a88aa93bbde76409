import type { ClusterId } from '../../model/ids.ts';
import { trusted } from '../../model/ids.ts';
import { LayeredMap } from '../../model/layered-map.ts';
import { suggest } from '../did-you-mean.ts';
import type { Cluster, Strategy } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { phaseMatchers } from '../phases.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import type { LabelMatcher } from '../selector.ts';
import { duplicateName, type Known } from './known.ts';
import { type ReleaseFinder, releaseFinder } from './release-finder.ts';

/** How many clusters of a release each phase selects by labels, and how many are left for the others. */
export interface Tally {
  readonly selected: number;
  /** By index of the phase; 0 for phases without `select`. */
  readonly bySelect: readonly number[];
  readonly pool: number;
}

/** Every cluster, and where it belongs. */
export interface Placement {
  readonly clusters: ReadonlyMap<ClusterId, Located<Cluster>>;
  readonly releaseOf: ReadonlyMap<ClusterId, string>;
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Clusters with a pin or an opt-out, which are looked at each time, because time passes. */
  readonly attended: ReadonlyMap<ClusterId, Located<Cluster>>;
}

/** A problem of one cluster; many of one code are told together. */
export interface ClusterProblem {
  readonly cluster: ClusterId;
  readonly problem: UnlocatedProblem;
}

const EMPTY: Placement = { clusters: new Map(), releaseOf: new Map(), tallies: new Map(), attended: new Map() };

/** Places every cluster from scratch. */
export function placeAll(
  known: Known,
  documents: readonly Located<Cluster>[],
): { readonly placement: Placement; readonly problems: readonly ClusterProblem[] } {
  const problems: ClusterProblem[] = [];
  const clusters = new Map<ClusterId, Located<Cluster>>();
  for (const document of documents) {
    const id = trusted.cluster(document.value.metadata.name);
    const first = clusters.get(id);
    if (first === undefined) clusters.set(id, document);
    else problems.push({ cluster: id, problem: duplicateName(document, first) });
  }
  const placed = placeSome(known, EMPTY, { removed: [], added: [...clusters.values()] });
  return { placement: { ...placed.placement, clusters }, problems: [...problems, ...placed.problems] };
}

/**
 * Places the clusters of a few changed documents, and leaves the others where they were.
 *
 * @param before - a placement under the same releases and strategies, without problems.
 * @returns `undefined` when a name comes twice, which only a look at all documents can tell.
 */
export function placeChanged(
  known: Known,
  before: Placement,
  changes: { readonly removed: readonly Located<Cluster>[]; readonly added: readonly Located<Cluster>[] },
): { readonly placement: Placement; readonly problems: readonly ClusterProblem[] } | undefined {
  const gone = new Set(changes.removed.map(nameOf));
  const come = new Set(changes.added.map(nameOf));
  if (come.size < changes.added.length) return undefined;
  for (const id of come) if (before.clusters.has(id) && !gone.has(id)) return undefined;
  return placeSome(known, before, changes);
}

const nameOf = (document: Located<Cluster>): ClusterId => trusted.cluster(document.value.metadata.name);

function placeSome(
  known: Known,
  before: Placement,
  { removed, added }: { readonly removed: readonly Located<Cluster>[]; readonly added: readonly Located<Cluster>[] },
): { readonly placement: Placement; readonly problems: readonly ClusterProblem[] } {
  const judge = judgeOf(known);
  const counts = new Map([...before.tallies].map(([release, tally]) => [release, { ...tally, bySelect: [...tally.bySelect] }]));
  const count = (verdict: Verdict, by: 1 | -1): void => {
    if (verdict.release === undefined) return;
    const tally = counts.get(verdict.release) ?? { selected: 0, bySelect: [], pool: 0 };
    counts.set(verdict.release, tally);
    tally.selected += by;
    if (verdict.phase === 'pool') tally.pool += by;
    else if (verdict.phase !== undefined) tally.bySelect[verdict.phase] = (tally.bySelect[verdict.phase] ?? 0) + by;
  };
  for (const document of removed) count(judge(document), -1);
  const problems: ClusterProblem[] = [];
  const releases: [ClusterId, string][] = [];
  for (const document of added) {
    const verdict = judge(document);
    const cluster = nameOf(document);
    count(verdict, 1);
    if (verdict.release !== undefined) releases.push([cluster, verdict.release]);
    for (const problem of verdict.problems) problems.push({ cluster, problem });
  }
  const gone = removed.map(nameOf);
  const attended = added.filter(({ value }) => value.spec.pin !== undefined || value.spec.optOut !== undefined);
  const placement = {
    clusters: LayeredMap.of(
      before.clusters,
      gone,
      added.map((document) => [nameOf(document), document] as const),
    ),
    releaseOf: LayeredMap.of(before.releaseOf, gone, releases),
    tallies: counts,
    attended: LayeredMap.of(
      before.attended,
      gone,
      attended.map((document) => [nameOf(document), document] as const),
    ),
  };
  return { placement, problems };
}

/** What the documents around it say about one cluster. */
interface Verdict {
  readonly release: string | undefined;
  /** The one phase that selects it by labels; `pool` where none does; `undefined` where two do, or the strategy is unknown. */
  readonly phase: number | 'pool' | undefined;
  readonly problems: readonly UnlocatedProblem[];
}

function judgeOf(known: Known): (document: Located<Cluster>) => Verdict {
  const references = referencesOf(known);
  const finder = releaseFinder([...known.releases.values()].map(({ value }) => value));
  const strategies = new Map([...known.releases.keys()].map((name) => [name, strategyOf(known, name)]));
  const matchers = new Map([...known.strategies].map(([name, { value }]) => [name, phaseMatchers(value.spec.phases)]));
  return (document) => {
    const problems = [...references(document)];
    const release = theRelease(document, known, finder, problems);
    const strategy = release === undefined ? undefined : strategies.get(release);
    const phases = strategy === undefined ? undefined : matchers.get(strategy.metadata.name);
    const phase = strategy === undefined || phases === undefined ? undefined : thePhase(document, strategy, phases, problems);
    return { release, phase, problems };
  };
}

/** The strategy that a release names, or else the default one. */
export function strategyOf(known: Known, release: string): Strategy | undefined {
  const document = known.releases.get(release)?.value;
  const name = document === undefined ? undefined : (document.spec.strategy ?? known.fleet?.value.spec.defaultStrategy);
  return name === undefined ? undefined : known.strategies.get(name)?.value;
}

const NOTHING: readonly UnlocatedProblem[] = [];

/** Names that lead nowhere are looked up once: a data plane that was renamed concerns thousands of clusters. */
function referencesOf(known: Known): (document: Located<Cluster>) => readonly UnlocatedProblem[] {
  const planes = known.dataPlanes ?? new Set<string>();
  const [productHints, planeHints] = [new Map<string, string>(), new Map<string, string>()];
  const hintFor = (hints: Map<string, string>, name: string, make: () => string): string => {
    const hint = hints.get(name) ?? make();
    hints.set(name, hint);
    return hint;
  };
  return (document) => {
    const { product, dataPlane } = document.value.spec;
    const knownProduct = known.products.has(product) || known.failures.excuses('Product', product);
    const knownPlane = known.dataPlanes === undefined || planes.has(dataPlane);
    if (knownProduct && knownPlane) return NOTHING;
    const problems: UnlocatedProblem[] = [];
    if (!knownProduct) {
      const hint = hintFor(productHints, product, () => suggest(product, known.products, 'add the Product, or correct the name'));
      problems.push(problemOf('unknown-product', placeIn(document, 'spec', 'product'), `no Product is named \`${product}\``, hint));
    }
    if (!knownPlane) {
      const hint = hintFor(planeHints, dataPlane, () => suggest(dataPlane, planes, 'add it to the Fleet, or correct the name'));
      const place = placeIn(document, 'spec', 'dataPlane');
      problems.push(problemOf('unknown-data-plane', place, `the Fleet has no data plane \`${dataPlane}\``, hint));
    }
    return problems;
  };
}

function theRelease(document: Located<Cluster>, known: Known, finder: ReleaseFinder, problems: UnlocatedProblem[]): string | undefined {
  const { metadata, spec } = document.value;
  const releases = finder(spec.product, metadata.labels ?? {});
  if (releases.length === 1) return releases[0];
  const place = placeIn(document, 'metadata', 'labels');
  if (releases.length > 1) {
    const names = [...releases].sort().join(', ');
    const message = `cluster \`${metadata.name}\` is selected by several releases: ${names}`;
    problems.push(problemOf('cluster-selected-twice', place, message, 'narrow their selections, or change the labels of the cluster'));
  } else if (known.products.has(spec.product) && known.failures.complete('Release')) {
    const message = `cluster \`${metadata.name}\` is selected by no release of ${spec.product}`;
    problems.push(problemOf('cluster-unselected', place, message, 'add a release that selects it, or change its labels'));
  }
  return undefined;
}

function thePhase(
  document: Located<Cluster>,
  strategy: Strategy,
  matchers: readonly (LabelMatcher | undefined)[],
  problems: UnlocatedProblem[],
): number | 'pool' | undefined {
  const labels = document.value.metadata.labels ?? {};
  let found: number | 'pool' = 'pool';
  let several = false;
  for (let at = 0; at < matchers.length; at += 1) {
    if (matchers[at]?.(labels) !== true) continue;
    if (found === 'pool') found = at;
    else several = true;
  }
  if (!several) return found;
  const names = strategy.spec.phases.filter((_, at) => matchers[at]?.(labels)).map(({ name }) => name);
  const message = `cluster \`${document.value.metadata.name}\` is in several phases of strategy ${strategy.metadata.name}: ${names.join(', ')}`;
  problems.push(
    problemOf(
      'cluster-in-two-phases',
      placeIn(document, 'metadata', 'labels'),
      message,
      'narrow the selections of the phases, or change the labels of the cluster',
    ),
  );
  return undefined;
}
