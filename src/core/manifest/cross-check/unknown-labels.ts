import { trusted } from '../../model/ids.ts';
import { nameList } from '../../model/name-list.ts';
import type { DocumentPlace } from '../../model/problem.ts';
import { closest } from '../did-you-mean.ts';
import type { Cluster, Selector } from '../generated.ts';
import { MAX_NAMES_IN_MESSAGE } from '../limits.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import { labelOf } from '../selector.ts';
import type { Known } from './known.ts';
import type { Placement } from './placement.ts';

/** For each label and value that a selector asks for one cluster that has it: as long as both stay, nothing has to be searched again. */
export type LabelWitnesses = ReadonlyMap<string, Located<Cluster>>;

interface Selecting {
  readonly document: Located<unknown>;
  readonly path: readonly (string | number)[];
  readonly selector: Selector | undefined;
}

/** What a selector asks for that no cluster has: most often a typing error, so the values that there are are named. */
export function checkLabels(
  known: Known,
  placement: Placement,
  before: LabelWitnesses,
): { readonly problems: readonly UnlocatedProblem[]; readonly witnesses: LabelWitnesses } {
  if (!known.failures.complete('Cluster')) return { problems: [], witnesses: new Map() };
  const asked = selectorsOf(known).flatMap(termsOf);
  const witnesses = new Map<string, Located<Cluster>>();
  const missing = new Map<string, Set<string>>();
  for (const { key, value } of asked) {
    const witness = before.get(nameOf(key, value));
    if (witness !== undefined && placement.clusters.get(trusted.cluster(witness.value.metadata.name)) === witness) {
      witnesses.set(nameOf(key, value), witness);
    } else missing.set(key, new Set([...(missing.get(key) ?? []), nameOf(key, value)]));
  }
  if (missing.size === 0) return { problems: [], witnesses };
  const values = search(placement, missing, witnesses);
  const problems = asked.flatMap(({ key, value, place }) => {
    if (witnesses.has(nameOf(key, value))) return [];
    const told = explain(key, value, values.get(key) ?? new Set(), placement);
    return [problemOf('unknown-label', place, told.message, told.hint)];
  });
  return { problems, witnesses };
}

/** A label, or one value of it. */
const nameOf = (key: string, value: string | undefined): string => (value === undefined ? key : `${key}=${value}`);

/** One pass over the fleet for all that is looked for. @returns the values of those labels. */
function search(
  placement: Placement,
  missing: ReadonlyMap<string, ReadonlySet<string>>,
  witnesses: Map<string, Located<Cluster>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map([...missing.keys()].map((key) => [key, new Set<string>()]));
  for (const cluster of placement.clusters.values()) {
    for (const [key, wanted] of missing) {
      const value = labelOf(cluster.value.metadata.labels ?? {}, key);
      if (value === undefined) continue;
      values.get(key)?.add(value);
      for (const name of [key, nameOf(key, value)]) if (wanted.has(name) && !witnesses.has(name)) witnesses.set(name, cluster);
    }
  }
  return values;
}

function selectorsOf(known: Known): readonly Selecting[] {
  const all: Selecting[] = [];
  const add = (document: Located<unknown>, path: Selecting['path'], selector: Selector | undefined): void => {
    all.push({ document, path, selector });
  };
  for (const release of known.releases.values()) add(release, ['spec', 'select'], release.value.spec.select);
  for (const strategy of known.strategies.values()) {
    for (const [at, phase] of strategy.value.spec.phases.entries()) add(strategy, ['spec', 'phases', at, 'select'], phase.select);
  }
  for (const rule of [...known.windows.values(), ...known.freezes.values(), ...known.operations.values()]) {
    add(rule, ['spec', 'select'], rule.value.spec.select);
  }
  for (const [at, rule] of (known.fleet?.value.spec.commands ?? []).entries()) {
    if (known.fleet !== undefined) add(known.fleet, ['spec', 'commands', at, 'select'], rule.select);
  }
  return all;
}

interface Term {
  readonly key: string;
  /** `undefined`: any value. */
  readonly value: string | undefined;
  readonly place: DocumentPlace;
}

function termsOf({ document, path, selector }: Selecting): readonly Term[] {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => ({
    key,
    value,
    place: placeIn(document, ...path, 'matchLabels', key),
  }));
  const expressions = (selector?.matchExpressions ?? []).flatMap(({ key, operator, values }, at): Term[] => {
    const term = [...path, 'matchExpressions', at];
    // What is kept out may not be there yet; a value that is kept out and never was is a typing error as well.
    if (values === undefined || operator === 'Exists' || operator === 'DoesNotExist')
      return operator === 'Exists' ? [{ key, value: undefined, place: placeIn(document, ...term, 'key') }] : [];
    return values.map((value, index) => ({ key, value, place: placeIn(document, ...term, 'values', index) }));
  });
  return [...labels, ...expressions];
}

function explain(
  key: string,
  value: string | undefined,
  values: ReadonlySet<string>,
  placement: Placement,
): { readonly message: string; readonly hint: string } {
  if (values.size > 0)
    return { message: `no cluster has \`${key}: ${value}\``, hint: hintFor(value ?? '', values, `known values of \`${key}\``) };
  const labels = new Set([...placement.clusters.values()].flatMap((cluster) => Object.keys(cluster.value.metadata.labels ?? {})));
  return { message: `no cluster has a label \`${key}\``, hint: hintFor(key, labels, 'known labels') };
}

function hintFor(word: string, known: ReadonlySet<string>, what: string): string {
  const names = [...known].sort();
  const meant = closest(word, names);
  const list = names.length === 0 ? 'there are none' : `${what}: ${nameList(names, MAX_NAMES_IN_MESSAGE)}`;
  return meant === undefined ? list : `did you mean \`${meant}\`? ${list}`;
}
