import type { FleetModel } from '../manifest/model.ts';
import { digestOf } from '../model/hash.ts';
import type { Instant } from '../model/time.ts';
import { compareCalendar } from './compare-calendar.ts';
import { compareCommands } from './compare-commands.ts';
import { compareFleet, compareProducts, compareWaivers } from './compare-fleet.ts';
import { compareRuleApprovers } from './compare-rule-approvers.ts';
import { compareWays } from './compare-ways.ts';
import { ruleApprovers } from './rule-approvers.ts';
import { RuleBook } from './rule-book.ts';
import type { RulesReview } from './rule-change.ts';
import { subjectPairs } from './subject.ts';

/**
 * Which rules a change of the manifests changes, and for whom. Compared is what each cluster is subject to, never the text: a freeze
 * that moves to another file, or is renamed, is no change; one that no longer selects a cluster is a loss for that cluster.
 *
 * @param now - a freeze that is over protects nobody.
 * @returns `undefined` when every cluster is subject to what it was.
 */
export function compareRules(before: FleetModel, after: FleetModel, now: Instant): RulesReview | undefined {
  if (before === after) return undefined;
  const book = new RuleBook();
  const pairs = subjectPairs(before, after);
  compareCalendar(book, before, after, pairs, now);
  compareWays(book, before, after, pairs);
  compareCommands(book, before, after, pairs);
  compareRuleApprovers(book, before, after, pairs);
  compareFleet(book, before, after, pairs);
  compareProducts(book, before, after, pairs);
  compareWaivers(book, before, after, pairs);
  const changes = book.changes();
  if (changes.length === 0) return undefined;
  const losing = [...new Set(changes.flatMap(({ effect, clusters }) => (effect === 'loses' ? clusters : [])))].sort();
  const approvers = ruleApprovers(before, losing);
  // Who agreed to this under other rules has not agreed to it under these.
  return { digest: digestOf({ changes, approvers }), changes, losing, approvers };
}
