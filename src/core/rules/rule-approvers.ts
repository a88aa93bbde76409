import type { Approval } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import { compileSelector } from '../manifest/selector.ts';
import type { ClusterId } from '../model/ids.ts';
import { duration } from '../model/time.ts';
import type { RuleApprovers } from './rule-change.ts';

/**
 * Who may agree that these clusters lose protection: those whom the Fleet names for it, else those whom the manifests let approve what
 * happens to each of them. Whoever may approve for one tenant must not answer for all. Asked of the manifests before the change, so that
 * nobody can give himself the right.
 */
export function ruleApprovers(model: FleetModel, clusters: readonly ClusterId[]): RuleApprovers {
  const own = model.fleet.value.spec.ruleChanges ?? {};
  const isNamed = (own.teams ?? []).length + (own.users ?? []).length > 0;
  const { teams, users } = isNamed ? namesOf([own]) : namedForAll(model, clusters);
  const counts = [...releasesOf(model, clusters)].flatMap((release) => approvalsOf(model, release).map(({ count }) => count));
  return {
    teams: [...teams].sort(),
    users: [...users].sort(),
    maintainers: teams.size + users.size === 0,
    // One person alone must not take away that two must agree.
    count: own.count ?? Math.max(1, ...counts),
    notAuthor: own.notAuthor ?? true,
    reviews: own.reviews ?? false,
    ...(own.validFor === undefined ? {} : { validForMs: duration(own.validFor) }),
  };
}

interface Named {
  readonly teams?: readonly string[];
  readonly users?: readonly string[];
}
interface Names {
  readonly teams: ReadonlySet<string>;
  readonly users: ReadonlySet<string>;
}

const namesOf = (named: readonly Named[]): Names => ({
  teams: new Set(named.flatMap(({ teams }) => teams ?? [])),
  users: new Set(named.flatMap(({ users }) => users ?? [])),
});

const releasesOf = (model: FleetModel, clusters: readonly ClusterId[]): ReadonlySet<string | undefined> =>
  new Set(clusters.map((cluster) => model.releaseOf.get(cluster)));

/** Named for every one of the clusters; many are subject to the same rules, and looked at once. */
function namedForAll(model: FleetModel, clusters: readonly ClusterId[]): Names {
  const rights = (model.fleet.value.spec.commands ?? [])
    .filter(({ verbs, phases }) => verbs.includes('approve') && phases === undefined)
    .map((rule) => ({ rule, matches: compileSelector(rule.select ?? {}) }));
  const sorts = new Map<string, Names>();
  for (const cluster of clusters) {
    const labels = model.clusters.get(cluster)?.value.metadata.labels ?? {};
    const release = model.releaseOf.get(cluster);
    const places = rights.flatMap(({ matches }, at) => (matches(labels) ? [at] : []));
    const key = JSON.stringify([release ?? null, places]);
    if (!sorts.has(key)) sorts.set(key, namesOf([...places.flatMap((at) => rights[at]?.rule ?? []), ...approvalsOf(model, release)]));
  }
  const [first, ...others] = sorts.values();
  const inAll = (names: ReadonlySet<string> | undefined, of: (names: Names) => ReadonlySet<string>) =>
    new Set([...(names ?? [])].filter((name) => others.every((other) => of(other).has(name))));
  return { teams: inAll(first?.teams, ({ teams }) => teams), users: inAll(first?.users, ({ users }) => users) };
}

function approvalsOf(model: FleetModel, release: string | undefined): readonly Approval[] {
  const strategy = release === undefined ? undefined : model.releases.get(release)?.value.spec.strategy;
  const phases = model.strategies.get(strategy ?? model.fleet.value.spec.defaultStrategy)?.value.spec.phases ?? [];
  return phases.flatMap(({ approval }) => approval ?? []);
}
