import { nameList } from '../model/name-list.ts';
import { newVersions } from './canary.ts';
import type { PlannedPhase, Risk } from './plan.ts';
import type { ReleasePlan } from './plan-release.ts';

/** A first phase with more than this share of its release is no trial. */
const FIRST_PHASE_MAX_PERCENT = 25;
/** Below this many clusters, shares say nothing: 1 of 3 is already a third. */
export const SHARE_MEMBERS_MIN = 8;
/** What is unusual about the order in which the clusters of one release move. */
export function phaseRisks(plan: ReleasePlan): readonly Risk[] {
  const { release, phases, targets } = plan.rollout;
  const own = phases.filter(({ members }) => members.length > 0);
  const [first, ...later] = own;
  // A single cluster has nothing to be tried on before it.
  if (first === undefined || targets.size < 2) return [];
  const risks: Risk[] = [...allAtOnce(plan), ...canaryRisks(plan, first)];
  const percent = Math.floor((first.members.length * 100) / targets.size);
  if (targets.size >= SHARE_MEMBERS_MIN && percent > FIRST_PHASE_MAX_PERCENT) {
    const share = `${first.members.length} of ${targets.size} (${percent} %)`;
    risks.push({ code: 'large-first-phase', words: `The first phase of ${release}, ${first.name}, has ${share} of its clusters` });
  }
  const hurried = own.slice(0, later.length).filter(({ soakMs, bakeMs }) => soakMs === 0 && bakeMs === 0);
  if (hurried.length > 0) {
    const names = nameList(hurried.map(({ name }) => name));
    risks.push({
      code: 'no-bake',
      words: `${release} does not wait after ${names}: the next phase starts as soon as its clusters are healthy`,
    });
  }
  return risks;
}

/** One phase has them all, no limit holds any of them back, and nobody is asked. */
function allAtOnce({ rollout: { release, phases, targets, limits } }: ReleasePlan): readonly Risk[] {
  const all = phases.find(({ members }) => members.length === targets.size);
  const limit = limits.find(({ kind }) => kind === 'release')?.count.count ?? targets.size;
  if (all === undefined || all.approval?.when === 'before' || Math.min(all.maxConcurrent.count, limit) < targets.size) return [];
  return [{ code: 'all-at-once', words: `All ${targets.size} clusters of ${release} move at once, without approval` }];
}

function canaryRisks({ rollout, moves }: ReleasePlan, first: PlannedPhase): readonly Risk[] {
  const canaries = rollout.phases.filter(({ canary }) => canary);
  const say = (why: string): readonly Risk[] => [{ code: 'no-canary', words: `${rollout.release} has no canary: ${why}` }];
  if (canaries.length === 0) return say(`strategy ${rollout.strategy} has no canary phase, so ${first.name} goes first`);
  const tried = new Set(canaries.flatMap(({ members }) => members.map((member) => rollout.targets.get(member)?.spec.version)));
  if (tried.size === 0) {
    const stand = canaries.flatMap(({ name, provenBy }) => (provenBy === undefined ? [] : [`${name}: ${provenBy}`]));
    return say(`none of its clusters moves, so ${first.name} goes first${stand.length === 0 ? '' : ` (${stand.join('; ')})`}`);
  }
  const untried = newVersions(moves).filter((version) => !tried.has(version));
  return untried.length === 0
    ? []
    : [
        {
          code: 'no-canary',
          words: `No canary of ${rollout.release} tries ${untried.join(', ')}: its canaries all get a different version`,
        },
      ];
}
