import type { CalendarRule } from '../../../../src/core/calendar/rules.ts';
import { checkJump } from '../../../../src/core/manifest/upgrade-path.ts';
import type { ClusterId } from '../../../../src/core/model/ids.ts';
import { versionScope } from '../../../../src/core/model/version.ts';
import type { PlannedPhase } from '../../../../src/core/plan/plan.ts';
import { SETTLED } from '../../../../src/core/reconcile/state.ts';
import type { SoakWitness } from '../soak-witness.ts';
import { covering } from './covering.ts';
import { type FleetStep, inForce, isInFlight, isOpen, law, type RolloutStep, type Start, startsOf, targetOf } from './step.ts';

/** What must be true of every target that a decision starts. */
export function startsAreLawful(fleet: FleetStep, witness: SoakWitness): void {
  const starts = fleet.rollouts.flatMap(startsOf);
  for (const step of fleet.rollouts) phasesBeginApproved(step);
  for (const start of starts) {
    isWanted(fleet, start);
    isSeen(fleet, start);
    nothingStopsIt(fleet, start);
    isItsTurn(fleet, start, witness);
    isApproved(start);
    isRescueConfirmed(fleet, start);
    isOnPath(fleet, start);
    isOpenByCalendar(fleet, start);
    requiredIsDone(fleet, start);
    isUnderLimits(fleet, start);
    epochGrows(fleet, start);
  }
  rollbacksComeFirst(fleet, starts);
}

const nameOf = ({ cluster, step }: Start): string => `${cluster} of ${step.next.id} (seq ${step.next.seq})`;

/** Law 10: people change the manifests while a rollout runs; nobody gets what is not wanted of them by now. */
function isWanted({ input, rollouts }: FleetStep, start: Start): void {
  const { cluster, planned, step } = start;
  const desired = input.desired.get(cluster);
  law(desired !== undefined, () => `law 10: ${nameOf(start)} has left, and was started`);
  law(desired.optOut === undefined, () => `law 10: ${nameOf(start)} has opted out, and was started`);
  law(desired.release === step.planned.release, () => `law 10: ${nameOf(start)} is in another release by now`);
  if (desired.revision === planned.revision) return;
  law(
    desired.pinnedBy === undefined || desired.spec.version === planned.spec.version,
    () => `law 10: ${nameOf(start)} is pinned, and was started`,
  );
  const newer = rollouts.some(
    ({ next, planned: { release, targets } }) =>
      next.seq > step.next.seq &&
      release === step.planned.release &&
      isOpen(next) &&
      targets.has(cluster) &&
      targetOf(next, cluster).status === 'waiting',
  );
  law(newer, () => `law 10: ${nameOf(start)} was started to what nobody wants any more`);
}

/** Law 2: nothing is started blind. */
function isSeen({ input }: FleetStep, start: Start): void {
  const seen = input.observations.get(start.cluster);
  const isFresh = seen !== undefined && Math.abs(input.now - seen.receivedAt) <= input.policy.evidenceMaxAgeMs;
  const isThere = seen?.kind === 'observed' || (seen?.missing === true && start.planned.change === 'create');
  law(isFresh && isThere, () => `law 2: ${nameOf(start)} was started, and was not seen`);
}

/** Laws 6 and 12: under a stop, a quarantine too, nothing starts. */
function nothingStopsIt(fleet: FleetStep, start: Start): void {
  // What stops it may have come to light after it, in the same decision: then no order to run has gone out.
  const hasGoneOut = fleet.order(start.cluster)?.mode === 'run';
  const stops = covering(fleet, start.step, start.cluster).filter(
    ({ id }) => hasGoneOut || fleet.input.stops.some((stop) => stop.id === id),
  );
  law(
    stops.length === 0,
    () => `law 6: ${nameOf(start)} was started under ${stops.map(({ cause, scope }) => `${cause} on ${scope.kind}`).join()}`,
  );
  const { status, finishedAt } = start.step.next;
  law(finishedAt === undefined || start.step.next.targets.size > 0, () => `law 8: ${nameOf(start)} was started by a rollout that is over`);
  law(
    !hasGoneOut || !['pending', 'aborted', 'superseded'].includes(status),
    () => `law 8: ${nameOf(start)} was started by a rollout that is ${status}`,
  );
}

/** Law 4: phases follow one another, and a canary phase is behind only when a member has really soaked. */
function isItsTurn(fleet: FleetStep, start: Start, witness: SoakWitness): void {
  if (start.target.rescue) return;
  const { step, phase } = start;
  const { next, before, planned } = step;
  const hadBegun = before.phases.get(phase.name)?.startedAt !== undefined;
  for (const earlier of planned.phases.slice(0, planned.phases.indexOf(phase))) {
    law(
      isCanaryProven(fleet, start, earlier.name, witness),
      () => `law 4: ${nameOf(start)} was started, and no canary of ${earlier.name} has soaked`,
    );
    // A target of a phase that had begun may be started again, or late, while an earlier one moves again.
    if (hadBegun) continue;
    const status = next.phases.get(earlier.name)?.status ?? 'waiting';
    law(status === 'done' || status === 'skipped', () => `law 4: ${nameOf(start)} was started while ${earlier.name} is ${status}`);
    const moving = earlier.members.find((cluster) => !SETTLED.has(targetOf(next, cluster).status));
    law(moving === undefined, () => `law 4: ${nameOf(start)} was started before ${moving} of ${earlier.name} was settled`);
  }
}

function isCanaryProven(fleet: FleetStep, { step }: Start, name: string, witness: SoakWitness): boolean {
  const phase = step.planned.phases.find((one) => one.name === name);
  if (phase === undefined || !phase.canary || phase.members.length === 0) return true;
  if (inForce(step.next, 'waiver', name, fleet.input.now)) return true;
  return phase.members.some((cluster) => {
    const target = targetOf(step.next, cluster);
    if (target.status === 'succeeded')
      return (
        witness.soakedMs(step.next.id, cluster, target.attempt) >= 0 ||
        hasSoaked(fleet, step.planned.targets.get(cluster)?.revision, cluster)
      );
    return target.status === 'skipped' && hasSoaked(fleet, step.planned.targets.get(cluster)?.revision, cluster);
  });
}

function hasSoaked(fleet: FleetStep, revision: string | undefined, cluster: ClusterId): boolean {
  const [proven] = fleet.ledger(cluster)?.proven ?? [];
  return proven?.proof === 'soaked' && proven.revision === revision;
}

/** Law 4: each person counts once, and only for this plan. */
function isApproved({ step, phase, ...start }: Start): void {
  law(
    phase.approval?.when !== 'before' || hasApproval(step, phase),
    () => `law 4: ${nameOf({ step, phase, ...start })} was started, and ${phase.name} is not approved`,
  );
}

function hasApproval({ next }: RolloutStep, { name, approval }: PlannedPhase): boolean {
  const given = next.approvals.filter((one) => one.phase === name && one.digest === next.digest);
  return new Set(given.map(({ by }) => by)).size >= (approval?.count ?? 0);
}

/** Law 4: a phase begins when what comes before it has been approved. One that has begun goes on, whatever is retried before it. */
function phasesBeginApproved(step: RolloutStep): void {
  const { planned, before, next } = step;
  for (const [at, { name }] of planned.phases.entries()) {
    if (before.phases.get(name)?.startedAt !== undefined || next.phases.get(name)?.startedAt === undefined) continue;
    for (const earlier of planned.phases.slice(0, at)) {
      if (earlier.approval?.when !== 'after' || next.phases.get(earlier.name)?.status === 'skipped') continue;
      law(hasApproval(step, earlier), () => `law 4: ${name} of ${next.id} has begun, and ${earlier.name} is not approved`);
    }
  }
}

/** Law 8: who goes before its turn was left half-way, and two samples show it. */
function isRescueConfirmed(fleet: FleetStep, start: Start): void {
  const { target, step, cluster } = start;
  if (!target.rescue) return;
  const before = targetOf(step.before, cluster);
  const seen = fleet.input.observations.get(cluster);
  law(before.brokenSince !== undefined, () => `law 8: ${nameOf(start)} was rescued at first sight`);
  law(seen?.sampledAt !== before.sampledAt, () => `law 8: ${nameOf(start)} was rescued on one sample`);
}

/** Law 12: judged on what every broker runs, with the least time between two upgrades. */
function isOnPath({ input }: FleetStep, start: Start): void {
  const { cluster, planned, target } = start;
  const seen = input.observations.get(cluster);
  const product = input.policy.products[planned.spec.product];
  law(product !== undefined, () => `law 12: nothing is known of ${planned.spec.product}`);
  for (const from of seen?.kind === 'observed' ? [seen.running.version, ...seen.brokers.map(({ version }) => version)] : []) {
    law(
      checkJump(product.document, from, planned.spec.version).ok,
      () => `law 12: ${nameOf(start)} jumps from ${from} to ${planned.spec.version}`,
    );
  }
  const [last] = input.ledger.get(cluster)?.proven ?? [];
  const { minimumIntervalMs } = product;
  if (last === undefined || minimumIntervalMs === undefined || planned.kind === 'rollback' || target.rescue) return;
  if (last.proof !== 'soaked' || last.spec.version === planned.spec.version) return;
  law(input.now - last.at >= minimumIntervalMs, () => `law 12: ${nameOf(start)} was upgraded too soon`);
}

/** Law 11: an active freeze beats an active window; no window means allowed. */
function isOpenByCalendar({ input }: FleetStep, start: Start): void {
  const { cluster, planned, step, phase } = start;
  const seen = input.observations.get(cluster);
  const from = seen?.kind === 'observed' ? seen.running.version : undefined;
  const scope = from === undefined ? 'same' : versionScope(from, planned.spec.version);
  const labels = input.desired.get(cluster)?.labels ?? {};
  const isExpedited = inForce(step.next, 'expedite', phase.name, input.now);
  const concerns = (rule: CalendarRule) =>
    (rule.products.length === 0 || rule.products.includes(planned.spec.product)) &&
    (rule.scope === 'all' || (rule.scope === 'minor' && (scope === 'minor' || scope === 'major')) || scope === rule.scope) &&
    Object.entries(rule.select.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const isLifted = (rule: CalendarRule) => (planned.kind === 'rollback' && rule.allowRollback) || (isExpedited && rule.allowExpedite);
  const isActive = ({ when }: CalendarRule) => when.kind === 'range' && input.now >= when.fromMs && input.now < when.toMs;
  const rules = input.policy.calendar.rules.filter(concerns);
  const freeze = rules.find((rule) => rule.kind === 'freeze' && !isLifted(rule) && isActive(rule));
  law(freeze === undefined, () => `law 11: ${nameOf(start)} was started in freeze ${freeze?.name}`);
  const windows = rules.filter(({ kind }) => kind === 'window');
  law(windows.every(isLifted) || windows.some(isActive), () => `law 11: ${nameOf(start)} was started outside of its window`);
}

/** Products in their order, across landings. */
function requiredIsDone({ rollouts }: FleetStep, start: Start): void {
  const { planned, next } = start.step;
  if (planned.kind === 'rollback') return;
  const required = rollouts.find(
    (other) =>
      other !== start.step &&
      planned.requires.includes(other.planned.product) &&
      isOpen(other.next) &&
      (other.next.inLineSince <= next.inLineSince || other.next.commit === next.commit),
  );
  law(required === undefined, () => `law 12: ${nameOf(start)} was started before ${required?.next.id} of a product that it requires`);
}

/** Law 3: after a start, no more is unproven than each limit says. What comes back into sight may exceed them, and starts nothing. */
function isUnderLimits({ input, rollouts }: FleetStep, start: Start): void {
  const { step, phase, planned, target } = start;
  const flying = [...step.next.targets].filter(([, one]) => isInFlight(one));
  const check = (count: number, limit: number, what: string) =>
    law(count <= limit, () => `law 3: ${count} in flight in ${what} after ${nameOf(start)} was started, at most ${limit}`);
  if (!target.rescue) {
    const ofPhase = flying.filter(([cluster, one]) => !one.rescue && step.planned.targets.get(cluster)?.phase === phase.name);
    check(ofPhase.length, phase.maxConcurrent.count, `phase ${phase.name}`);
  }
  for (const { kind, count } of step.planned.limits) {
    if (kind === 'release') check(flying.length, count.count, 'its release');
    if (kind === 'rescue' && target.rescue) check(flying.filter(([, one]) => one.rescue).length, count.count, 'rescues');
  }
  const all = new Map(
    rollouts.flatMap(({ next, planned: { targets } }) =>
      [...next.targets].flatMap(([cluster, one]) => (isInFlight(one) ? [[cluster, targets.get(cluster)?.dataPlane] as const] : [])),
    ),
  );
  check(all.size, input.policy.fleetMaxConcurrent, 'the fleet');
  const limit = input.policy.dataPlanes.find(({ name }) => name === planned.dataPlane)?.maxConcurrent;
  const there = [...all.values()].filter((dataPlane) => dataPlane === planned.dataPlane).length;
  if (limit !== undefined) check(there, limit, `data plane ${planned.dataPlane}`);
}

/** An order outranks all that we, or the data plane, have seen. */
function epochGrows({ input }: FleetStep, start: Start): void {
  const { cluster, target, step } = start;
  const seen = input.observations.get(cluster);
  const standing = input.orders.get(cluster);
  const accepted = seen?.kind === 'observed' ? (seen.accepted?.epoch ?? 0) : 0;
  const highest = Math.max(accepted, standing?.epoch ?? 0, standing?.reply?.seen ?? 0, targetOf(step.before, cluster).epoch);
  law(target.epoch > highest, () => `law 16: epoch ${target.epoch} of ${nameOf(start)} does not outrank ${highest}`);
}

/** To go back comes first: a free slot of the fleet, or a data plane, goes to no other while somebody who goes back lacks nothing else. */
function rollbacksComeFirst(fleet: FleetStep, starts: readonly Start[]): void {
  const others = starts.filter(({ step }) => step.planned.kind !== 'rollback');
  if (others.length === 0) return;
  for (const step of fleet.rollouts) {
    if (step.planned.kind !== 'rollback' || !isOpen(step.next)) continue;
    const { phases, clusters } = step.decision.holds;
    const ready = [...clusters].flatMap(([cluster, wait]) => (isReady(fleet, step, cluster) ? [wait] : []));
    for (const { reason } of [...phases.values(), ...ready]) {
      if (reason.kind !== 'concurrency' || (reason.of !== 'fleet' && reason.of !== 'data-plane')) continue;
      const first = others.find((one) => reason.of === 'fleet' || one.planned.dataPlane === reason.name);
      law(first === undefined, () => `law 9: ${first && nameOf(first)} was started before the rollback ${step.next.id}`);
    }
  }
}

/** A slot is looked for first, on a data plane; what else is in the way comes after it. */
function isReady({ input }: FleetStep, step: RolloutStep, cluster: ClusterId): boolean {
  const { planned, next } = step;
  const seen = input.observations.get(cluster);
  const target = planned.targets.get(cluster);
  // A rescue has to be confirmed by a second look.
  if (targetOf(next, cluster).rescue) return false;
  if (seen?.kind !== 'observed' || target === undefined || Math.abs(input.now - seen.receivedAt) > input.policy.evidenceMaxAgeMs)
    return false;
  const product = input.policy.products[target.spec.product]?.document;
  const flying = [...next.targets].filter(([, one]) => isInFlight(one)).map(([name]) => planned.targets.get(name)?.phase);
  const ofPhase = planned.phases.find(({ name }) => name === target.phase)?.maxConcurrent.count ?? 0;
  const ofRelease = planned.limits.find(({ kind }) => kind === 'release')?.count.count ?? Number.POSITIVE_INFINITY;
  return (
    input.policy.calendar.rules.length === 0 &&
    flying.length < ofRelease &&
    flying.filter((phase) => phase === target.phase).length < ofPhase &&
    seen.brokers.every(({ version }) => product !== undefined && checkJump(product, version, target.spec.version).ok)
  );
}
