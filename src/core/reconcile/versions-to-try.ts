import type { Version } from '../model/version.ts';
import type { PlannedPhase, PlannedRollout } from '../plan/plan.ts';

/** What the members of a canary phase must have soaked at, so that others may follow. */
export type VersionsToTry =
  /** Nothing that follows changes its version, or what it changes to is proven otherwise: any soak will do. */
  | { readonly kind: 'any' }
  /** A soak at each of these. */
  | { readonly kind: 'each'; readonly versions: readonly Version[] }
  /** Those that follow go to versions that no member goes to: only a person can let them pass. */
  | { readonly kind: 'none' };

/** A plan does not change, and this is asked at every decision. */
const known = new WeakMap<PlannedPhase, VersionsToTry>();

export function versionsToTry(planned: PlannedRollout, canary: PlannedPhase): VersionsToTry {
  const found = known.get(canary) ?? findVersions(planned, canary);
  known.set(canary, found);
  return found;
}

function findVersions({ phases, targets }: PlannedRollout, canary: PlannedPhase): VersionsToTry {
  if (canary.provenBy !== undefined) return { kind: 'any' };
  const wanted = new Set<Version>();
  for (const { members } of phases.slice(phases.indexOf(canary) + 1)) {
    for (const member of members) {
      const { kind, from, spec } = targets.get(member) ?? {};
      // Where nothing runs yet nothing can break, and to go back proves itself.
      if (kind === 'rollout' && from !== undefined && spec !== undefined && from.version !== spec.version) wanted.add(spec.version);
    }
  }
  if (wanted.size === 0) return { kind: 'any' };
  const tried = new Set(canary.members.flatMap((member) => targets.get(member)?.spec.version ?? []));
  const versions = [...tried].filter((version) => wanted.has(version));
  if (versions.length === 0) return { kind: 'none' };
  return tried.size === 1 ? { kind: 'any' } : { kind: 'each', versions };
}
