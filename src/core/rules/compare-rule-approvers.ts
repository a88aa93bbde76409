import type { FleetModel } from '../manifest/model.ts';
import { canonicalJson } from '../model/hash.ts';
import { formatDuration } from '../model/time.ts';
import { ruleApprovers } from './rule-approvers.ts';
import type { RuleBook } from './rule-book.ts';
import type { RuleApprovers } from './rule-change.ts';
import { clustersOf, type SubjectPair } from './subject.ts';

/**
 * Who may agree to a loss of protection, where the Fleet says it otherwise than before. What follows from the rights to approve is
 * compared with those rights.
 */
export function compareRuleApprovers(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[]): void {
  const [old, fresh] = [before, after].map((model) => canonicalJson(model.fleet.value.spec.ruleChanges ?? null));
  if (old === fresh) return;
  const all = clustersOf(pairs);
  const [was, is] = [ruleApprovers(before, all), ruleApprovers(after, all)];
  if (canonicalJson(was) === canonicalJson(is)) return;
  const effect = isAsStrict(is, was) ? 'gains' : 'loses';
  book.add({ kind: 'approval', name: 'rule changes', effect, before: wordsOf(was), after: wordsOf(is) }, all);
}

function isAsStrict(is: RuleApprovers, was: RuleApprovers): boolean {
  const [named, known] = [new Set(namesOf(is)), new Set(namesOf(was))];
  return (
    [...named].every((name) => known.has(name)) &&
    is.count >= was.count &&
    (is.notAuthor || !was.notAuthor) &&
    (!is.reviews || was.reviews) &&
    (was.validForMs === undefined || (is.validForMs !== undefined && is.validForMs <= was.validForMs))
  );
}

const namesOf = ({ teams, users, maintainers }: RuleApprovers): readonly string[] =>
  maintainers ? ['maintainers'] : [...teams.map((team) => `team ${team}`), ...users];

/** `2, by team kafka-leads or otto, nobody who took part in the change, reviews count`. */
function wordsOf(approvers: RuleApprovers): string {
  const { count, notAuthor, reviews, validForMs } = approvers;
  const expires = validForMs === undefined ? '' : `, each for ${formatDuration(validForMs)}`;
  return `${count}, by ${namesOf(approvers).join(' or ')}${notAuthor ? ', nobody who took part in the change' : ''}${reviews ? ', reviews count' : ''}${expires}`;
}
