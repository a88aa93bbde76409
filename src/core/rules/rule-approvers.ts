import type { FleetModel } from '../manifest/model.ts';
import { compileSelector } from '../manifest/selector.ts';
import type { ClusterId } from '../model/ids.ts';
import type { RuleApprovers } from './rule-change.ts';

/**
 * Who may agree that these clusters lose protection: those whom the manifests let approve what happens to one of them. Asked of the
 * manifests before the change, so that nobody can give himself the right.
 */
export function ruleApprovers(model: FleetModel, clusters: readonly ClusterId[]): RuleApprovers {
  const [teams, users] = [new Set<string>(), new Set<string>()];
  const add = (named: { readonly teams?: readonly string[]; readonly users?: readonly string[] }): void => {
    for (const team of named.teams ?? []) teams.add(team);
    for (const user of named.users ?? []) users.add(user);
  };
  const labels = clusters.map((cluster) => model.clusters.get(cluster)?.value.metadata.labels ?? {});
  for (const rule of model.fleet.value.spec.commands ?? []) {
    const matches = compileSelector(rule.select ?? {});
    if (rule.verbs.includes('approve') && rule.phases === undefined && labels.some(matches)) add(rule);
  }
  for (const release of new Set(clusters.map((cluster) => model.releaseOf.get(cluster)))) {
    const strategy = release === undefined ? undefined : model.releases.get(release)?.value.spec.strategy;
    const phases = model.strategies.get(strategy ?? model.fleet.value.spec.defaultStrategy)?.value.spec.phases ?? [];
    for (const { approval } of phases) if (approval !== undefined) add(approval);
  }
  return { teams: [...teams].sort(), users: [...users].sort(), maintainers: teams.size + users.size === 0 };
}
