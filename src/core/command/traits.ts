import { canonicalJson } from '../model/hash.ts';
import type { PlannedRollout, PlannedTarget } from '../plan/plan.ts';
import type { Trait } from '../stop/stop.ts';

export { carries } from '../stop/traits.ts';

/** What a target moves to: the version where that changes, else the image, else the settings. */
function traitsOf({ from, spec, differences }: PlannedTarget): readonly Trait[] {
  if (from === undefined || differences.some(({ path }) => path === 'version')) return [{ path: 'version', value: spec.version }];
  const image = differences.filter(({ path }) => path === 'image');
  const settings = differences.filter(({ path }) => path !== 'replicas');
  return (image.length > 0 ? image : settings).map(({ path, to }) => ({ path, value: to }));
}

/** What the targets of a rollout move forward to. Those that go back count for nothing: going back is never put down. */
export function forwardTraits({ targets }: PlannedRollout): readonly Trait[] {
  const found = new Map<string, Trait>();
  for (const target of targets.values()) {
    if (target.kind === 'rollback') continue;
    for (const trait of traitsOf(target)) found.set(canonicalJson([trait.path, trait.value]), trait);
  }
  return [...found.values()];
}
