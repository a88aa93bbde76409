import type { ClusterId } from '../model/ids.ts';
import { RULE_EFFECTS, RULE_KINDS, type RuleChange } from './rule-change.ts';

type Entry = Omit<RuleChange, 'clusters'>;

/** Collects what changes for whom: what changes in the same way for many clusters is one change. */
export class RuleBook {
  readonly #entries = new Map<string, { readonly entry: Entry; readonly clusters: Set<ClusterId> }>();

  add(entry: Entry, clusters: Iterable<ClusterId>): void {
    const key = JSON.stringify([entry.kind, entry.name, entry.effect, entry.before ?? null, entry.after ?? null]);
    const known = this.#entries.get(key) ?? { entry, clusters: new Set<ClusterId>() };
    this.#entries.set(key, known);
    for (const cluster of clusters) known.clusters.add(cluster);
  }

  /** What concerns no cluster changes nothing for any. */
  changes(): readonly RuleChange[] {
    return [...this.#entries.values()]
      .filter(({ clusters }) => clusters.size > 0)
      .map(({ entry, clusters }) => ({ ...entry, clusters: [...clusters].sort() }))
      .sort(byWeight);
  }
}

function byWeight(a: RuleChange, b: RuleChange): number {
  return (
    RULE_EFFECTS.indexOf(a.effect) - RULE_EFFECTS.indexOf(b.effect) ||
    RULE_KINDS.indexOf(a.kind) - RULE_KINDS.indexOf(b.kind) ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) ||
    b.clusters.length - a.clusters.length
  );
}
