import { nameList } from '../../model/name-list.ts';
import { closest } from '../did-you-mean.ts';
import type { Cluster } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import type { EmptyCanary } from './coverage.ts';
import type { Known } from './known.ts';
import type { ClusterProblem, Placement } from './placement.ts';

export interface FoundProblems {
  readonly documents: readonly UnlocatedProblem[];
  readonly clusters: readonly ClusterProblem[];
  readonly canaries: readonly EmptyCanary[];
}

/** A name that leads nowhere, wherever it is written. */
const MISSING_NAMES: ReadonlySet<string> = new Set(['unknown-product', 'unknown-strategy', 'unknown-data-plane']);

/**
 * One problem for each cause: what follows from it is said below it, in the same problem. A Product whose file was deleted is one
 * mistake, however many clusters and releases name it.
 */
export function foldCauses(found: FoundProblems, known: Known, placement: Placement): FoundProblems {
  return foldUnselected(foldCanaries(foldUnused(foldNames(found)), known), known, placement);
}

const isIn = (document: Located<unknown>, { place }: UnlocatedProblem): boolean =>
  place.file === document.file && place.index === document.index;

/** What selects nothing because of a name or a label that is not there is told by that. */
function foldUnused(found: FoundProblems): FoundProblems {
  const causes = found.documents.filter(({ code }) => code === 'unknown-label' || code === 'unknown-product');
  const causeOf = ({ code, place }: UnlocatedProblem): UnlocatedProblem | undefined =>
    code === 'release-empty' || code === 'rule-unused'
      ? causes.find((cause) => cause.place.file === place.file && cause.place.index === place.index)
      : undefined;
  const consequences = new Map(found.documents.map((problem) => [causeOf(problem), problem.message]));
  const documents = found.documents.flatMap((problem) => {
    if (causeOf(problem) !== undefined) return [];
    const consequence = problem.code === 'unknown-label' ? consequences.get(problem) : undefined;
    return [consequence === undefined ? problem : { ...problem, message: `${problem.message}, so ${consequence}` }];
  });
  return { ...found, documents };
}

/** A canary phase that selects by a label that is not there has no cluster in any release: one mistake, in the strategy. */
function foldCanaries({ documents, clusters, canaries }: FoundProblems, known: Known): FoundProblems {
  const releases = new Map<UnlocatedProblem, string[]>();
  const others = canaries.filter(({ release, strategy, phase }) => {
    const document = known.strategies.get(strategy);
    const cause = documents.find(
      (problem) => problem.code === 'unknown-label' && document !== undefined && isIn(document, problem) && problem.place.path[2] === phase,
    );
    if (cause === undefined) return true;
    releases.set(cause, [...(releases.get(cause) ?? []), release]);
    return false;
  });
  const told = documents.map((problem): UnlocatedProblem => {
    const names = releases.get(problem);
    if (names === undefined) return problem;
    const who = `${names.length === 1 ? 'release' : 'releases'} ${nameList(names.sort())}`;
    return { ...problem, severity: 'error', message: `${problem.message}, so this canary phase has no cluster in ${who}` };
  });
  return { documents: [...told, ...others.map(({ problem }) => problem)], clusters, canaries: [] };
}

function foldNames({ documents, clusters, canaries }: FoundProblems): FoundProblems {
  const named = new Map<string, { readonly documents: UnlocatedProblem[]; readonly clusters: ClusterProblem[] }>();
  const nameOf = ({ code, message }: UnlocatedProblem): string | undefined => (MISSING_NAMES.has(code) ? `${code} ${message}` : undefined);
  const entry = (name: string) => {
    const known = named.get(name) ?? { documents: [], clusters: [] };
    named.set(name, known);
    return known;
  };
  for (const problem of documents) {
    const name = nameOf(problem);
    if (name !== undefined) entry(name).documents.push(problem);
  }
  for (const one of clusters) {
    const name = nameOf(one.problem);
    if (name !== undefined) entry(name).clusters.push(one);
  }
  const folded = [...named.values()].flatMap((one) => {
    const first = one.documents[0] ?? one.clusters[0]?.problem;
    return first === undefined ? [] : [withFollowers(first, Math.max(0, one.documents.length - 1), one.clusters)];
  });
  return {
    documents: [...folded, ...documents.filter((problem) => nameOf(problem) === undefined)],
    clusters: clusters.filter(({ problem }) => nameOf(problem) === undefined),
    canaries,
  };
}

/** The first problem, with who else names the same: after the cause, which a person reads first. */
function withFollowers(first: UnlocatedProblem, others: number, clusters: readonly ClusterProblem[]): UnlocatedProblem {
  const names = clusters.map(({ cluster }) => cluster).sort();
  const isAlone = others === 0 && names.length <= 1 && (names.length === 0 || clusters[0]?.problem === first);
  const parts = [
    ...(others > 0 ? [`${others} other ${others === 1 ? 'place' : 'places'}`] : []),
    ...(names.length > 0 ? [`${countOf(names.length)} (${nameList(names)})`] : []),
  ];
  return isAlone ? first : { ...first, message: `${first.message}; named by ${parts.join(' and ')}` };
}

const countOf = (count: number): string => (count === 1 ? '1 cluster' : `${count} clusters`);

/** Clusters of one product that no release selects: mostly one release is missing, or selects something else than was meant. */
function foldUnselected({ documents, clusters, canaries }: FoundProblems, known: Known, placement: Placement): FoundProblems {
  const byProduct = new Map<string, ClusterProblem[]>();
  for (const one of clusters) {
    if (one.problem.code !== 'cluster-unselected') continue;
    const product = productOf(placement.clusters.get(one.cluster));
    byProduct.set(product, [...(byProduct.get(product) ?? []), one]);
  }
  const replaced = new Map<UnlocatedProblem, UnlocatedProblem>();
  const added: UnlocatedProblem[] = [];
  for (const [product, found] of byProduct) {
    const names = found.map(({ cluster }) => cluster).sort();
    const who = names.length === 1 ? `cluster \`${names[0]}\`` : `${names.length} clusters (${nameList(names)})`;
    const consequence = `${who} of ${product} ${names.length === 1 ? 'is' : 'are'} selected by no release`;
    const releases = [...known.releases.values()];
    const own = releases.filter(({ value }) => value.spec.product === product);
    const causeIn = (release: Located<unknown>, code: string): UnlocatedProblem | undefined =>
      documents.find((problem) => problem.code === code && isIn(release, problem));
    const misspelt = own.map((release) => causeIn(release, 'unknown-label')).find((problem) => problem !== undefined);
    // A release of a misspelt product was meant to select them.
    const astray = releases.find(
      ({ value }) => !known.products.has(value.spec.product) && closest(value.spec.product, [product]) === product,
    );
    const cause = misspelt ?? (own.length === 0 && astray !== undefined ? causeIn(astray, 'unknown-product') : undefined);
    if (cause !== undefined) {
      replaced.set(cause, { ...cause, severity: 'error', message: `${(replaced.get(cause) ?? cause).message}, so ${consequence}` });
      continue;
    }
    const [first] = found;
    const document = first === undefined ? undefined : placement.clusters.get(first.cluster);
    if (document === undefined) continue;
    const message = own.length === 0 ? `no Release is for product \`${product}\`, so ${consequence}` : consequence;
    const hint = own.length === 0 ? 'add a Release of it' : 'add a release that selects them, or change labels';
    added.push(problemOf('cluster-unselected', placeIn(document, 'metadata', 'labels'), message, hint));
  }
  return {
    documents: [...documents.map((problem) => replaced.get(problem) ?? problem), ...added],
    clusters: clusters.filter(({ problem }) => problem.code !== 'cluster-unselected'),
    canaries,
  };
}

const productOf = (document: Located<Cluster> | undefined): string => document?.value.spec.product ?? '';
