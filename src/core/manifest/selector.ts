import type { LabelTerm, Selector } from './generated.ts';

export type LabelValues = Readonly<Record<string, string>>;
export type LabelMatcher = (labels: LabelValues) => boolean;

/**
 * Compiles a label selector once, so that a fleet can be tested against it quickly.
 *
 * As Kubernetes selects: all terms must hold, an empty selector selects everything, and `NotIn` holds
 * for a cluster that does not have the label at all.
 */
export function compileSelector(selector: Selector): LabelMatcher {
  const matchers = [
    ...Object.entries(selector.matchLabels ?? {}).map(
      ([key, value]) =>
        (labels: LabelValues) =>
          labelOf(labels, key) === value,
    ),
    ...(selector.matchExpressions ?? []).map(compileTerm),
  ];
  const [first, second] = matchers;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (labels) => matchers.every((matches) => matches(labels));
}

function compileTerm(term: LabelTerm): LabelMatcher {
  const { key } = term;
  const values = new Set(term.values ?? []);
  switch (term.operator) {
    case 'In':
      return (labels) => {
        const value = labelOf(labels, key);
        return value !== undefined && values.has(value);
      };
    case 'NotIn':
      return (labels) => {
        const value = labelOf(labels, key);
        return value === undefined || !values.has(value);
      };
    case 'Exists':
      return (labels) => labelOf(labels, key) !== undefined;
    case 'DoesNotExist':
      return (labels) => labelOf(labels, key) === undefined;
  }
}

/** The value of a label. Only own keys count: `toString` is a legal label key that no cluster has by birth. */
export const labelOf = (labels: LabelValues, key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);

/** A selector in words: `tier = canary and cloud in (aws, gcp)`. */
export function describeSelector(selector: Selector): string {
  const terms = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key} = ${value === '' ? '""' : value}`),
    ...(selector.matchExpressions ?? []).map(describeTerm),
  ];
  return terms.length === 0 ? 'every cluster' : terms.join(' and ');
}

function describeTerm(term: LabelTerm): string {
  const values = `(${(term.values ?? []).join(', ')})`;
  switch (term.operator) {
    case 'In':
      return `${term.key} in ${values}`;
    case 'NotIn':
      return `${term.key} not in ${values}`;
    case 'Exists':
      return `has ${term.key}`;
    case 'DoesNotExist':
      return `has no ${term.key}`;
  }
}
