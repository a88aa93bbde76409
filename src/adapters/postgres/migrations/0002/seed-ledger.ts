import type { DesiredSpec } from '../../../../core/desired/desired.ts';
import { type Instant, instant } from '../../../../core/model/time.ts';
import type { KnownSpecs } from './known-specs.ts';
import type { PlannedTargetBefore, TargetBefore } from './rows-before.ts';

interface Proven {
  readonly revision: string;
  readonly spec: DesiredSpec;
  readonly proof: 'soaked' | 'adopted';
  readonly at: Instant;
  readonly rollout: string | undefined;
}

interface Failed {
  readonly revision: string;
  readonly version: string;
  readonly rollout: string;
  readonly at: Instant;
}

interface Entry {
  proven: readonly Proven[];
  failed: readonly Failed[];
  observed: unknown;
}

const PROVEN_MAX = 10;
const FAILED_MAX = 10;
/** What the program of then wrote when it skipped a cluster that ran the spec already. */
const THERE_ALREADY = 'already there, and healthy';

/** What is known of each cluster, put together from what its rollouts left: they are told oldest first. */
export class LedgerSeed {
  readonly #known: KnownSpecs;
  readonly #entries = new Map<string, Entry>();

  constructor(known: KnownSpecs) {
    this.#known = known;
  }

  tell(planned: PlannedTargetBefore, target: TargetBefore, rollout: { readonly id: string; readonly createdAt: Instant }): void {
    const entry = this.#entryOf(planned.cluster);
    // Nobody saw it soak there, but that is where its first rollout found it.
    if (!this.#entries.has(planned.cluster) && planned.from !== undefined)
      this.#prove(entry, planned.from.revision, 'adopted', rollout.createdAt);
    this.#entries.set(planned.cluster, entry);
    const { status, since, detail } = target;
    if (status === 'succeeded') this.#prove(entry, planned.revision, 'soaked', since, rollout.id);
    else if (status === 'skipped' && detail === THERE_ALREADY) this.#prove(entry, planned.revision, 'adopted', since);
    else if (status === 'failed') {
      const revision = this.#known.revisionOf(planned.revision);
      const failure = { revision, version: planned.spec.version, rollout: rollout.id, at: since };
      entry.failed = [failure, ...entry.failed.filter((one) => one.revision !== revision)].slice(0, FAILED_MAX);
    }
  }

  /**
   * A cluster that was in no rollout is taken to run what was desired of it when it was last in step: now, or, if it has opted
   * out, at first.
   */
  adopt(cluster: string, revision: string, at: Instant = instant(0)): void {
    if (this.#entries.has(cluster)) return;
    const entry = this.#entryOf(cluster);
    this.#entries.set(cluster, entry);
    this.#prove(entry, revision, 'adopted', at);
  }

  see(cluster: string, observed: unknown): void {
    const entry = this.#entryOf(cluster);
    this.#entries.set(cluster, entry);
    entry.observed = observed;
  }

  rows(): readonly Record<string, unknown>[] {
    return [...this.#entries].map(([cluster, { proven, failed, observed }]) => ({ cluster, proven, failed, observed }));
  }

  #entryOf(cluster: string): Entry {
    return this.#entries.get(cluster) ?? { proven: [], failed: [], observed: undefined };
  }

  /** As the ledger does it: going back takes off what was above. A spec that nobody knows any more cannot be proven. */
  #prove(entry: Entry, revisionBefore: string, proof: Proven['proof'], at: Instant, rollout?: string): void {
    const known = this.#known.get(revisionBefore);
    if (known === undefined) return;
    const below = entry.proven.findIndex(({ revision }) => revision === known.revision);
    const rest = below < 0 ? entry.proven : entry.proven.slice(below + 1);
    entry.proven = [{ ...known, proof, at, rollout }, ...rest].slice(0, PROVEN_MAX);
    entry.failed = entry.failed.filter(({ revision }) => revision !== known.revision);
  }
}
