import type { DesiredSpec, Difference } from '../../../../core/desired/desired.ts';
import { normaliseSpec } from '../../../../core/desired/normalise.ts';
import { revisionOf } from '../../../../core/model/hash.ts';
import type { PlannedTargetBefore } from './rows-before.ts';

export interface KnownSpec {
  readonly revision: string;
  readonly spec: DesiredSpec;
}

/** Specs by the revision that they had: the hash of how they were written. Today it is that of their normal form. */
export class KnownSpecs {
  readonly #byRevision = new Map<string, KnownSpec>();

  /** @param revision - as it is stored. */
  learn(revision: string, spec: DesiredSpec): KnownSpec {
    const known = this.#byRevision.get(revision);
    if (known !== undefined) return known;
    const normal = normaliseSpec(spec);
    const found = { revision: revisionOf(normal), spec: normal };
    this.#byRevision.set(revision, found);
    return found;
  }

  /** A planned target also tells what was desired before it, less only where the plan does not say all that differs. */
  learnTarget({ revision, spec, from, differences }: PlannedTargetBefore): void {
    this.learn(revision, spec);
    if (from === undefined || this.#byRevision.has(from.revision)) return;
    const before = undo(spec, differences);
    if (revisionOf(before) === from.revision) this.learn(from.revision, before);
  }

  get(revision: string): KnownSpec | undefined {
    return this.#byRevision.get(revision);
  }

  /** The revision of today; what it was, where the spec is not known. */
  revisionOf(revision: string): string {
    return this.#byRevision.get(revision)?.revision ?? revision;
  }
}

/** The spec from which these differences lead to this one. */
function undo(spec: DesiredSpec, differences: readonly Difference[]): DesiredSpec {
  const fields: Record<string, unknown> = { ...spec };
  const config: Record<string, unknown> = { ...spec.config };
  const featureFlags: Record<string, unknown> = { ...spec.featureFlags };
  for (const { path, from } of differences) {
    const dot = path.indexOf('.');
    const within = dot < 0 ? fields : path.startsWith('config.') ? config : featureFlags;
    const name = path.slice(dot + 1);
    if (from === undefined) delete within[name];
    else within[name] = from;
  }
  // Believed only where its hash is the revision that is looked for.
  return { ...fields, config, featureFlags } as unknown as DesiredSpec;
}
