import { duration } from '../../model/time.ts';
import type { Code } from '../codes.ts';
import type { Approval, Product, Selector } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';

type Steps = readonly (string | number)[];

/** Entries of one list with the same name. */
export function checkDuplicates(
  document: Located<unknown>,
  list: Steps,
  key: string,
  names: readonly string[],
): readonly UnlocatedProblem[] {
  const firsts = new Map<string, number>();
  return names.flatMap((name, at) => {
    const first = firsts.get(name);
    if (first === undefined) {
      firsts.set(name, at);
      return [];
    }
    const message = `\`${name}\` is in this list already, as entry ${first + 1}`;
    return [problemOf('duplicate-entry', placeIn(document, ...list, at, key), message, 'rename or remove one of the two')];
  });
}

/** Terms that need values and have none, or the reverse; a schema error in Kubernetes too. */
export function checkSelector(document: Located<unknown>, path: Steps, selector: Selector | undefined): readonly UnlocatedProblem[] {
  return (selector?.matchExpressions ?? []).flatMap((term, at) => {
    const takesValues = term.operator === 'In' || term.operator === 'NotIn';
    if (takesValues === (term.values !== undefined)) return [];
    const place = placeIn(document, ...path, 'matchExpressions', at, 'operator');
    const message = takesValues ? `${term.operator} needs \`values\`` : `${term.operator} takes no \`values\``;
    return [problemOf('selector-values', place, message, takesValues ? 'add `values: [...]`' : 'remove `values`, or use In')];
  });
}

/** An approval that nobody could ever give would hold a rollout for ever. */
export function checkApproval(document: Located<unknown>, path: Steps, approval: Approval | undefined): readonly UnlocatedProblem[] {
  if (approval === undefined) return [];
  return [
    ...checkNotZero(document, [...path, 'validFor'], approval.validFor, 'no approval would ever count'),
    ...checkApprovers(document, path, approval),
  ];
}

function checkApprovers(document: Located<unknown>, path: Steps, approval: Approval): readonly UnlocatedProblem[] {
  if ((approval.teams ?? []).length > 0) return [];
  const users = new Set((approval.users ?? []).map((user) => user.toLowerCase())).size;
  if (users >= approval.count) return [];
  const message =
    users === 0 ? 'nobody could approve: neither teams nor users are named' : `${approval.count} must approve, but only ${users} may`;
  return [problemOf('nobody-may-approve', placeIn(document, ...path), message, 'add `teams: [...]` or `users: [...]`')];
}

export function checkNotZero(document: Located<unknown>, path: Steps, text: string | undefined, why: string): readonly UnlocatedProblem[] {
  if (text === undefined || duration(text) > 0) return [];
  return [problemOf('zero-duration', placeIn(document, ...path), `0 is no time: ${why}`, 'give it a length, such as 1h')];
}

/** A version that the product does not list, or, where it is to be rolled out, has withdrawn. */
export function checkVersion(
  document: Located<unknown>,
  path: Steps,
  wanted: { readonly product: Product; readonly version: string; readonly rolledOut: boolean },
): readonly UnlocatedProblem[] {
  const { product, version, rolledOut } = wanted;
  const { name } = product.metadata;
  const entry = product.spec.versions.find((known) => known.version === version);
  const found = (code: Code, message: string, hint: string) => [problemOf(code, placeIn(document, ...path), message, hint)];
  const usable = product.spec.versions.filter(({ withdrawn }) => withdrawn === undefined).map((known) => known.version);
  if (entry === undefined) {
    return found(
      'unknown-version',
      `Product ${name} lists no version ${version}`,
      `add it to spec.versions of the Product, or use a listed one${usable.length === 0 ? '' : `; known: ${usable.join(', ')}`}`,
    );
  }
  if (entry.withdrawn === undefined || !rolledOut) return [];
  return found(
    'withdrawn-version',
    `version ${version} of ${name} is withdrawn: ${entry.withdrawn}`,
    `use another version: ${usable.join(', ')}`,
  );
}
