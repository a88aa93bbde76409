import type { Strategy } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import { checkApproval, checkDuplicates, checkNotZero, checkSelector } from './entries.ts';
import type { Known } from './known.ts';

type Phase = Strategy['spec']['phases'][number];

export function checkStrategies(known: Known): readonly UnlocatedProblem[] {
  return [...known.strategies.values()].flatMap((strategy) => [
    ...checkDuplicates(
      strategy,
      ['spec', 'phases'],
      'name',
      strategy.value.spec.phases.map(({ name }) => name),
    ),
    ...checkCover(strategy),
    ...strategy.value.spec.phases.flatMap((phase, at) => checkPhase(strategy, phase, at)),
  ]);
}

/**
 * The phases together. A `rest` phase may stand anywhere; but cohorts need one, because their percentages
 * round down: two of 50 % leave one of 41 clusters in no phase.
 */
function checkCover(strategy: Located<Strategy>): readonly UnlocatedProblem[] {
  const { phases } = strategy.value.spec;
  const problems: UnlocatedProblem[] = [];
  const rests = phases.flatMap((phase, at) => (phase.rest === true ? [at] : []));
  for (const at of rests.slice(1)) {
    const message = `phase ${phases[at]?.name} takes the rest, and so does ${phases[rests[0] ?? 0]?.name}`;
    problems.push(problemOf('two-rest-phases', placeIn(strategy, 'spec', 'phases', at, 'rest'), message, 'keep one of the two'));
  }
  const shares = phases.flatMap(({ cohort }) => (typeof cohort?.size === 'string' ? [Number(cohort.size.slice(0, -1))] : []));
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum > 100) {
    const message = `the cohorts add up to ${shares.join(' + ')} = ${sum} % of the same pool`;
    problems.push(problemOf('cohorts-over-100', placeIn(strategy, 'spec', 'phases'), message, 'lower them to 100 % or less in total'));
  }
  const cohorts = phases.filter(({ cohort }) => cohort !== undefined);
  if (cohorts.length > 0 && rests.length === 0 && !shares.includes(100)) {
    const message = 'no phase takes the clusters that the cohorts leave: percentages round down';
    problems.push(problemOf('no-rest-phase', placeIn(strategy, 'spec', 'phases'), message, 'make the last phase `rest: true`'));
  }
  return problems;
}

function checkPhase(strategy: Located<Strategy>, phase: Phase, at: number): readonly UnlocatedProblem[] {
  const path = ['spec', 'phases', at];
  return [
    ...checkSelector(strategy, [...path, 'select'], phase.select),
    ...checkApproval(strategy, [...path, 'approval'], phase.approval),
    ...checkNotZero(strategy, [...path, 'maxDuration'], phase.maxDuration, 'every cluster of the phase would be deferred'),
    ...checkOrder(strategy, phase, path),
  ];
}

function checkOrder(strategy: Located<Strategy>, phase: Phase, path: readonly (string | number)[]): readonly UnlocatedProblem[] {
  const { order } = phase;
  if (order === undefined || (order.by === 'label') === (order.label !== undefined)) return [];
  const place = placeIn(strategy, ...path, 'order', order.by === 'label' ? 'by' : 'label');
  return order.by === 'label'
    ? [problemOf('order-without-label', place, 'order by label needs the label', 'add `label: ...`')]
    : [problemOf('order-without-label', place, 'order by hash takes no label', 'write `by: label`, or remove `label`')];
}
