import type { DocumentPlace } from '../../model/problem.ts';
import type { Code } from '../codes.ts';
import { suggest } from '../did-you-mean.ts';
import type { Cluster, Fleet, Freeze, Manifest, Operation, Product, Release, Strategy, Window } from '../generated.ts';
import type { FailedDocument, Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';

type Kind = Manifest['kind'];
export type OtherManifest = Exclude<Manifest, Cluster>;
export type Named<T> = ReadonlyMap<string, Located<T>>;

/** All documents but the clusters, by kind and name; and what is known of those that could not be read. */
export interface Known {
  readonly fleet: Located<Fleet> | undefined;
  readonly products: Named<Product>;
  readonly strategies: Named<Strategy>;
  readonly releases: Named<Release>;
  readonly windows: Named<Window>;
  readonly freezes: Named<Freeze>;
  readonly operations: Named<Operation>;
  /** Names of data planes; `undefined` while there is no Fleet to list them. */
  readonly dataPlanes: ReadonlySet<string> | undefined;
  readonly failures: Failures;
}

/** Documents that did not pass: what depends on them is not wrong as well, only unknown. */
export interface Failures {
  /** A document of this kind, and perhaps of this name, could not be read. */
  excuses(kind: Kind, name: string): boolean;
  /** No document that could be of these kinds failed. */
  complete(...kinds: readonly Kind[]): boolean;
}

export function failuresOf(failed: readonly FailedDocument[]): Failures {
  const kinds = new Set(failed.map(({ kind }) => kind));
  // Of a document whose kind or name is not known, any could be meant.
  const named = new Set(failed.map(({ kind, name }) => keyOf(kind, name)));
  return {
    excuses: (kind, name) => [kind, undefined].some((either) => named.has(keyOf(either, name)) || named.has(keyOf(either, undefined))),
    complete: (...wanted) => !kinds.has(undefined) && !wanted.some((kind) => kinds.has(kind)),
  };
}

const keyOf = (kind: Kind | undefined, name: string | undefined): string => `${kind ?? '*'}/${name ?? '*'}`;

/**
 * Sorts documents by kind and name. Of two with one name the first counts, and the second is a problem.
 *
 * @param root - the manifest root, where a missing Fleet should be.
 */
export function knowDocuments(
  documents: readonly Located<OtherManifest>[],
  failures: Failures,
  root: string,
): { readonly known: Known; readonly problems: readonly UnlocatedProblem[] } {
  const problems: UnlocatedProblem[] = [];
  const fleets = ofKind(documents, 'Fleet');
  const named = <K extends OtherManifest['kind']>(kind: K): Named<Extract<Manifest, { kind: K }>> => {
    const byName = new Map<string, Located<Extract<Manifest, { kind: K }>>>();
    for (const document of ofKind(documents, kind)) {
      const { name } = (document.value as Manifest).metadata;
      const first = byName.get(name);
      if (first === undefined) byName.set(name, document);
      else problems.push(duplicateName(document, first));
    }
    return byName;
  };
  const fleet = fleets[0];
  const known: Known = {
    fleet,
    products: named('Product'),
    strategies: named('Strategy'),
    releases: named('Release'),
    windows: named('Window'),
    freezes: named('Freeze'),
    operations: named('Operation'),
    dataPlanes: fleet && new Set(fleet.value.spec.dataPlanes.map(({ name }) => name)),
    failures,
  };
  return { known, problems: [...checkOneFleet(fleets, failures, root), ...problems] };
}

function ofKind<K extends Kind>(documents: readonly Located<Manifest>[], kind: K): Located<Extract<Manifest, { kind: K }>>[] {
  return documents.filter((document): document is Located<Extract<Manifest, { kind: K }>> => document.value.kind === kind);
}

function checkOneFleet(fleets: readonly Located<Fleet>[], failures: Failures, root: string): readonly UnlocatedProblem[] {
  const [first, ...others] = fleets;
  if (first === undefined) {
    if (!failures.complete('Fleet')) return [];
    const place = { file: `${root}fleet.yaml`, index: 0, path: [] };
    return [problemOf('fleet-missing', place, 'no document of kind Fleet', 'add one; it names the default strategy and the data planes')];
  }
  return others.map((fleet) =>
    problemOf('fleet-duplicate', placeIn(fleet, 'kind'), `a second Fleet; the first is in ${first.file}`, 'keep one of the two'),
  );
}

export function duplicateName(document: Located<Manifest>, first: Located<Manifest>): UnlocatedProblem {
  const { kind, metadata } = document.value;
  const where = first.file === document.file ? `in this file, document ${first.index + 1}` : `in ${first.file}`;
  const place = placeIn(document, 'metadata', 'name');
  return problemOf('duplicate-name', place, `there is another ${kind} \`${metadata.name}\`, ${where}`, 'rename or remove one of the two');
}

/** A reference that leads nowhere, unless the document it means could not be read. */
export function checkReference(
  known: Known,
  kind: 'Product' | 'Strategy',
  name: string | undefined,
  place: DocumentPlace,
): readonly UnlocatedProblem[] {
  const names = kind === 'Product' ? known.products : known.strategies;
  if (name === undefined || names.has(name) || known.failures.excuses(kind, name)) return [];
  const hint = suggest(name, names, `add the ${kind}, or correct the name`);
  const code: Code = kind === 'Product' ? 'unknown-product' : 'unknown-strategy';
  return [problemOf(code, place, `no ${kind} is named \`${name}\``, hint)];
}
