import type { FleetModel } from '../manifest/model.ts';
import { nameList } from '../model/name-list.ts';
import { compareVersions, versionScope } from '../model/version.ts';
import type { HeldJump } from './check-jumps.ts';
import type { Move } from './find-moves.ts';
import type { Risk } from './plan.ts';

/** What the new versions and sizes could do to the clusters, judged on what really runs. */
export function versionRisks(model: FleetModel, moves: readonly Move[]): readonly Risk[] {
  const majors = new Grouped();
  const downgrades = new Grouped();
  const withdrawn = new Grouped();
  const shrinking: string[] = [];
  for (const { to, from, kind, differences } of moves) {
    const { cluster, spec } = to;
    if (from !== undefined && from.version !== spec.version) {
      const jump = `${spec.product} ${from.version} to ${spec.version}`;
      if (versionScope(from.version, spec.version) === 'major') majors.add(jump, cluster);
      // A rollback says so in its first line: that it goes back is its purpose and not a risk.
      if (kind === 'rollout' && compareVersions(from.version, spec.version) > 0) downgrades.add(jump, cluster);
    }
    const reason = model.products.get(spec.product)?.value.spec.versions.find(({ version }) => version === spec.version)?.withdrawn;
    if (reason !== undefined) withdrawn.add(`${spec.product} ${spec.version} is withdrawn (${reason})`, cluster);
    const replicas = differences.find(({ path }) => path === 'replicas');
    if (replicas !== undefined && Number(replicas.to) < Number(replicas.from))
      shrinking.push(`${cluster} (${replicas.from} to ${replicas.to})`);
  }
  return [
    ...withdrawn.say('withdrawn', (what, who) => `${what}; it goes to ${who}`),
    ...majors.say('major-version', (jump, who) => `New major version: ${jump}, on ${who}`),
    ...downgrades.say('downgrade', (jump, who) => `Goes back to a version that was not proven there: ${jump}, on ${who}`),
    ...(shrinking.length === 0
      ? []
      : [
          {
            code: 'replicas-down' as const,
            words: `Fewer replicas, so data must move off first: ${nameList(shrinking.sort())}`,
          },
        ]),
  ];
}

/** Jumps that only what really runs makes illegal: these clusters wait, and the rest goes on. */
export function jumpRisks(held: readonly HeldJump[]): readonly Risk[] {
  return held.map(({ jump, clusters }) => ({
    code: 'illegal-path',
    words: `${nameList([...clusters].sort())} cannot start, because of what runs there: ${jump.message}. Way out: ${jump.hint}`,
  }));
}

/** Clusters by what they have in common. */
class Grouped {
  readonly #groups = new Map<string, string[]>();

  add(what: string, cluster: string): void {
    const group = this.#groups.get(what);
    if (group === undefined) this.#groups.set(what, [cluster]);
    else group.push(cluster);
  }

  say(code: Risk['code'], words: (what: string, who: string) => string): readonly Risk[] {
    return [...this.#groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([what, clusters]) => ({ code, words: words(what, nameList(clusters.sort())) }));
  }
}
