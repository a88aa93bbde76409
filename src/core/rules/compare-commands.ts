import type { Fleet } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import { compileSelector } from '../manifest/selector.ts';
import { canonicalJson } from '../model/hash.ts';
import { type CommandRule as CommandRight, DEFAULT_COMMANDS } from '../reconcile/policy.ts';
import type { RuleBook } from './rule-book.ts';
import { clustersOf, groupPairs, type Subject, type SubjectPair } from './subject.ts';

type CommandRule = NonNullable<Fleet['spec']['commands']>[number];
type CommandVerb = CommandRule['verbs'][number];

/** Verbs that only stop things: whoever may no longer use one of them was a protection. */
const STOPPING: ReadonlySet<string> = new Set<CommandVerb>(['pause', 'abort', 'stop', 'snooze']);

/** By principal, what it may: `approve`, or `approve in rest`. */
type Rights = ReadonlyMap<string, ReadonlySet<string>>;

/** Who may command what on each cluster. */
export function compareCommands(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[]): void {
  const [old, fresh] = [before.fleet.value.spec.commands, after.fleet.value.spec.commands];
  const isSame = canonicalJson(old ?? null) === canonicalJson(fresh ?? null);
  const concerned = isSame ? pairs.filter(({ moved }) => moved) : pairs;
  if (concerned.length === 0) return;
  const [then, next] = [matcher(old), matcher(fresh)];
  const groups = groupPairs(concerned, ({ was, is }) => `${then(was).join(',')};${next(is).join(',')}`);
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const [had, has] = [rightsOf(old, then(first.was)), rightsOf(fresh, next(first.is))];
    for (const principal of new Set([...had.keys(), ...has.keys()])) {
      const [was, is] = [had.get(principal) ?? NONE, has.get(principal) ?? NONE];
      const [given, taken] = [added(was, is), added(is, was)];
      if (given.length === 0 && taken.length === 0) continue;
      const loses = given.some((right) => !isStopping(right)) || taken.some(isStopping);
      const change = { before: listed(was), after: listed(is) };
      book.add({ kind: 'command', name: principal, effect: loses ? 'loses' : 'gains', ...change }, clustersOf(group));
    }
  }
}

const NONE: ReadonlySet<string> = new Set();
const isStopping = (right: string): boolean => STOPPING.has(right.split(' ')[0] ?? '');
const listed = (rights: ReadonlySet<string>): string | undefined => (rights.size === 0 ? undefined : [...rights].sort().join(', '));

/** Rights in `is` that `was` does not cover: a right for everything covers that for one phase. */
const added = (was: ReadonlySet<string>, is: ReadonlySet<string>): readonly string[] =>
  [...is].filter((right) => !was.has(right) && !was.has(right.split(' ')[0] ?? ''));

/** The rules that are about a cluster, by their places in the list. */
function matcher(rules: readonly CommandRule[] | undefined): (subject: Subject) => readonly number[] {
  const matchers = (rules ?? []).map(({ select }) => compileSelector(select ?? {}));
  return ({ labels }) => matchers.flatMap((matches, at) => (matches(labels) ? [at] : []));
}

/** Who may what without a list: whoever maintains a repository may write to it. */
const WITHOUT_LIST: Rights = new Map([
  ['people with write access', new Set(verbsOf('write'))],
  ['maintainers', new Set([...verbsOf('write'), ...verbsOf('maintain')])],
]);

function verbsOf(role: CommandRight['role']): readonly string[] {
  return DEFAULT_COMMANDS.flatMap((rule) => (rule.role === role ? rule.verbs : []));
}

function rightsOf(rules: readonly CommandRule[] | undefined, places: readonly number[]): Rights {
  if (rules === undefined) return WITHOUT_LIST;
  const rights = new Map<string, Set<string>>();
  for (const { verbs, teams = [], users = [], phases } of places.flatMap((at) => rules[at] ?? [])) {
    for (const principal of [...teams.map((team) => `team ${team}`), ...users]) {
      const known = rights.get(principal) ?? new Set();
      rights.set(principal, known);
      for (const verb of verbs) for (const right of phases?.map((phase) => `${verb} in ${phase}`) ?? [verb]) known.add(right);
    }
  }
  return rights;
}
