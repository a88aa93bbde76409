import { trusted } from '../../model/ids.ts';
import type { Cluster, Freeze, Operation, Selector, Window } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import { compileSelector } from '../selector.ts';
import { checkSelector } from './entries.ts';
import { checkReference, type Known } from './known.ts';
import type { Placement } from './placement.ts';

type Rule = Window | Freeze | Operation;

/** For each rule one cluster that it concerns: as long as both stay as they are, nothing has to be searched again. */
export type Witnesses = ReadonlyMap<Rule, Located<Cluster>>;

/** Windows, freezes and operations that concern no cluster: a wrong label in a tenant's window would protect nobody. */
export function checkUnused(
  known: Known,
  placement: Placement,
  before: Witnesses,
): { readonly problems: readonly UnlocatedProblem[]; readonly witnesses: Witnesses } {
  const problems: UnlocatedProblem[] = [];
  const witnesses = new Map<Rule, Located<Cluster>>();
  const rules: readonly Located<Rule>[] = [...known.windows.values(), ...known.freezes.values(), ...known.operations.values()];
  for (const rule of rules) {
    const witness = stillThere(before.get(rule.value), placement) ?? findWitness(rule.value, placement);
    if (witness !== undefined) witnesses.set(rule.value, witness);
    else if (known.failures.complete('Cluster')) {
      const { kind, metadata, spec } = rule.value;
      const place = spec.select === undefined ? placeIn(rule, 'spec', 'products') : placeIn(rule, 'spec', 'select');
      problems.push(problemOf('rule-unused', place, `${kind} ${metadata.name} concerns no cluster`, 'correct its selection, or remove it'));
    }
  }
  return { problems, witnesses };
}

function stillThere(witness: Located<Cluster> | undefined, placement: Placement): Located<Cluster> | undefined {
  return witness !== undefined && placement.clusters.get(trusted.cluster(witness.value.metadata.name)) === witness ? witness : undefined;
}

function findWitness(rule: Rule, placement: Placement): Located<Cluster> | undefined {
  const matches = compileSelector(rule.spec.select ?? ({} satisfies Selector));
  const products = rule.kind === 'Operation' ? [rule.spec.product] : rule.spec.products;
  for (const cluster of placement.clusters.values()) {
    const concerned = products === undefined || products.includes(cluster.value.spec.product);
    if (concerned && matches(cluster.value.metadata.labels ?? {})) return cluster;
  }
  return undefined;
}

export function checkOperations(known: Known): readonly UnlocatedProblem[] {
  return [...known.operations.values()].flatMap((operation) => [
    ...checkReference(known, 'Product', operation.value.spec.product, placeIn(operation, 'spec', 'product')),
    ...checkReference(known, 'Strategy', operation.value.spec.strategy, placeIn(operation, 'spec', 'strategy')),
    ...checkSelector(operation, ['spec', 'select'], operation.value.spec.select),
  ]);
}
