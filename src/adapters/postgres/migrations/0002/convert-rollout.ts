import { hash16 } from '../../../../core/model/hash.ts';
import type { Instant } from '../../../../core/model/time.ts';
import { releasesOf } from './convert-plan.ts';
import type { PhaseBefore, PlanBefore, RolloutBefore, TargetBefore } from './rows-before.ts';

/** Which rollout of today runs a release's part of a rollout of then. */
export interface Parts {
  /** The first release keeps the id, by which reports and the history know it. */
  idOf(rollout: string, release: string | undefined): string;
}

export interface RolloutAfter {
  readonly id: string;
  readonly seq: number;
  readonly release: string;
  readonly product: string;
  readonly urgency: string;
  status: string;
  readonly startedAt: Instant | undefined;
  readonly goingSince: Instant | undefined;
  readonly stoppedSince: Instant | undefined;
  readonly finishedAt: Instant | undefined;
  supersededBy: string | undefined;
  readonly approvals: readonly unknown[];
  readonly phases: ReadonlyMap<string, unknown>;
  readonly targets: ReadonlyMap<string, { readonly before: TargetBefore; readonly after: { readonly status: string } }>;
}

export const partId = (rollout: RolloutBefore, release: string): string =>
  `${rollout.commit.slice(0, 12)}-${hash16(`${release} ${rollout.digest} ${rollout.created_at}`)}`;

/** One rollout for each release of the plan, with its share of phases, targets and approvals. `seq` is that of the first. */
export function convertRollout(
  rollout: RolloutBefore,
  plan: PlanBefore,
  from: { readonly phases: ReadonlyMap<string, PhaseBefore>; readonly targets: ReadonlyMap<string, TargetBefore> },
  { seq, parts }: { readonly seq: number; readonly parts: Parts },
): readonly RolloutAfter[] {
  return releasesOf(plan).map(({ release, product, urgency }, nth) => {
    const planned = plan.phases.filter((phase) => phase.release === release);
    const members = planned.flatMap((phase) => phase.members);
    const targets = new Map(
      members.flatMap((member) => {
        const before = from.targets.get(member);
        return before === undefined ? [] : [[member, { before, after: targetOf(before, rollout, release, parts) }] as const];
      }),
    );
    const phases = new Map(
      planned.flatMap(({ id, name }) => {
        const before = from.phases.get(id);
        return before === undefined ? [] : [[name, phaseOf(before)] as const];
      }),
    );
    const startedAt = startOf(
      rollout,
      [...targets.values()].map(({ before }) => before),
      [...from.phases.values()],
    );
    return {
      id: parts.idOf(rollout.id, release),
      seq: seq + nth,
      release,
      product,
      urgency,
      status: statusOf(
        rollout,
        [...targets.values()].map(({ before }) => before),
      ),
      startedAt,
      goingSince: rollout.resumed_at ?? startedAt,
      stoppedSince: rollout.pause?.at,
      finishedAt: rollout.finished_at,
      supersededBy: takenOverBy(
        rollout,
        [...targets.values()].map(({ before }) => before),
        release,
        parts,
      ),
      approvals: rollout.approvals.flatMap((approval) => {
        const phase = planned.find(({ id }) => id === approval.phase);
        return phase === undefined ? [] : [{ ...approval, phase: phase.name }];
      }),
      phases,
      targets,
    };
  });
}

const LEFT_BEHIND: ReadonlySet<string> = new Set(['failed', 'unreachable', 'deferred']);

/** A part in which nothing was left behind is not blamed for another one. */
function statusOf({ status }: RolloutBefore, targets: readonly TargetBefore[]): string {
  if (status !== 'completed-with-deferrals') return status;
  return targets.some((target) => LEFT_BEHIND.has(target.status)) ? status : 'completed';
}

function startOf(rollout: RolloutBefore, targets: readonly TargetBefore[], phases: readonly PhaseBefore[]): Instant | undefined {
  const starts = [...targets, ...phases].flatMap(({ startedAt }) => startedAt ?? []).sort((a, b) => a - b);
  return starts[0] ?? (rollout.status === 'awaiting-approval' ? undefined : rollout.created_at);
}

function takenOverBy({ status }: RolloutBefore, targets: readonly TargetBefore[], release: string, parts: Parts): string | undefined {
  if (status !== 'superseded') return undefined;
  const by = targets.findLast(({ supersededBy }) => supersededBy !== undefined)?.supersededBy;
  return by === undefined ? undefined : parts.idOf(by, release);
}

function phaseOf({ status, startedAt, finishedAt, pausedMs }: PhaseBefore) {
  return { status, startedAt, bakingSince: undefined, finishedAt, stoppedMs: pausedMs, heldParts: [] };
}

/** Before the start, `seenAt` said since when a cluster could not be seen; after it, when the newest evidence was sampled. */
function targetOf(before: TargetBefore, { resumed_at: resumedAt }: RolloutBefore, release: string, parts: Parts) {
  const { status, since, attempt, epoch, startedAt, exemptMs, rescued, healthySince, brokenSince, seenAt, progress, detail, supersededBy } =
    before;
  const isWaiting = status === 'waiting';
  // What had gone wrong when a person resumed was seen by them.
  const wasSeen = LEFT_BEHIND.has(status) && resumedAt !== undefined && since <= resumedAt;
  return {
    ...{ status, since, attempt, epoch, startedAt, exemptMs },
    rescue: rescued,
    probe: false,
    healthySince,
    brokenSince,
    sampledAt: isWaiting ? undefined : seenAt,
    seenAt: isWaiting ? undefined : seenAt,
    unseenSince: isWaiting ? seenAt : undefined,
    progress,
    detail,
    acknowledged: wasSeen ? { attempt, status } : undefined,
    supersededBy: supersededBy === undefined ? undefined : parts.idOf(supersededBy, release),
  };
}

const isGoing = ({ status, finishedAt }: RolloutAfter): boolean =>
  finishedAt === undefined && status !== 'aborted' && status !== 'superseded';
const hasOrdered = ({ targets }: RolloutAfter): boolean => [...targets.values()].some(({ before }) => before.attempt > 0);

/**
 * Of each release at most one rollout is under way and one waits behind it. Where there were more, the oldest goes on and the
 * newest waits, as long as that has ordered nothing; otherwise the newest goes on. The others wind down.
 *
 * @param rollouts - by `seq`.
 */
export function lineUp(rollouts: readonly RolloutAfter[]): void {
  for (const [, all] of Map.groupBy(rollouts.filter(isGoing), ({ release }) => release)) {
    const [oldest, newest] = [all[0], all.at(-1)];
    if (oldest === undefined || newest === undefined || oldest === newest) continue;
    const waits = !hasOrdered(newest);
    if (waits) newest.status = 'pending';
    for (const one of all) {
      if (one === newest || (waits && one === oldest)) continue;
      one.status = 'superseded';
      one.supersededBy = newest.id;
    }
  }
}
