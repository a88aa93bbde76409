import { canonicalJson, digestOf } from '../model/hash.ts';
import type { Plan, PlannedRollout, PlannedTarget } from './plan.ts';

/**
 * Gives a plan its digest. The specs of targets are hashed in their revisions already, and so are the differences between two of them:
 * leaving them out loses nothing, and at 100,000 targets saves seconds.
 */
export function sealPlan(plan: Omit<Plan, 'digest'>): Plan {
  return { digest: digestOf({ ...plan, rollouts: plan.rollouts.map(rolloutText) }), ...plan };
}

/** Targets stand in the order of the phases' members, and most differ in nothing but their name: what they share is said once. */
function rolloutText({ targets, phases, ...rest }: PlannedRollout): unknown {
  const ways = new Map<string, number>();
  const names: string[] = [];
  for (const target of targets.values()) {
    const text = wayOf(target);
    const way = ways.get(text) ?? ways.size;
    ways.set(text, way);
    names.push(`${target.cluster} ${way}`);
  }
  return { ...rest, phases: phases.map(({ members, ...phase }) => phase), ways: [...ways.keys()], targets: names.join('\n') };
}

function wayOf({ phase, dataPlane, change, kind, from, revision, differences, deadlineMs }: PlannedTarget): string {
  const seen = from?.revision === undefined ? canonicalJson([from?.version, differences]) : `${from.revision} ${from.version}`;
  return [phase, dataPlane, change, kind, revision, deadlineMs, seen].join(' ');
}
