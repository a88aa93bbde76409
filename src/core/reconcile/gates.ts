import { calendarVerdict } from '../calendar/calendar-gate.ts';
import { provenAt } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { earliest, formatDuration, formatInstant, type Instant, instant } from '../model/time.ts';
import type { PlannedTarget } from '../plan/plan.ts';
import type { HoldReason, Wait } from './decision.ts';
import { expeditedUntil, isExpedited } from './overrides.ts';
import type { RolloutDraft } from './rollout-draft.ts';
import { freshlyObserved, patienceEnds, sightingOf } from './sight.ts';
import { stoppedWait } from './stopped-wait.ts';

/** What the gates say of one target, and until when they say so if nothing but time changes. */
export interface GateVerdict {
  /** Why it may not start now; `undefined` lets it pass. */
  readonly wait: Wait | undefined;
  readonly validUntil: Instant | undefined;
}

interface Candidate {
  readonly draft: RolloutDraft;
  readonly cluster: ClusterId;
  readonly planned: PlannedTarget;
}

/**
 * Cheapest first, and what stops or closes it before what it shows: nobody waits for evidence of what may not be touched. Each is about
 * this target alone; slots that it shares with others are looked at last, by the caller.
 */
type StartGate = (candidate: Candidate) => GateVerdict | undefined;

const START_GATES: readonly StartGate[] = [slotOnDataPlane, stopped, outsideCalendar, unseen, movedElsewhere, offPath, tooSoon];

/** The first gate that holds a target; or that none does, and for how long that stays true by time alone. */
export function judgeStart(draft: RolloutDraft, cluster: ClusterId): GateVerdict {
  const candidate = { draft, cluster, planned: draft.plannedTarget(cluster) };
  let validUntil: Instant | undefined;
  for (const gate of START_GATES) {
    const verdict = gate(candidate);
    if (verdict === undefined) continue;
    validUntil = earliest(validUntil, verdict.validUntil);
    if (verdict.wait !== undefined) return { wait: verdict.wait, validUntil };
  }
  return { wait: undefined, validUntil };
}

const hold = (reason: HoldReason, until?: Instant): GateVerdict => ({ wait: { reason, until }, validUntil: until });

/** A cluster that has its slot there already needs no second one. */
function slotOnDataPlane({ draft, planned: { dataPlane } }: Candidate): GateVerdict | undefined {
  const limit = draft.fleet.dataPlaneLimit(dataPlane);
  if (limit === undefined || !draft.fleet.isFull(dataPlane)) return undefined;
  return hold({ kind: 'concurrency', of: 'data-plane', name: dataPlane, limit });
}

function stopped({ draft, cluster }: Candidate): GateVerdict | undefined {
  const wait = stoppedWait(draft.stopsOver(cluster));
  return wait && { wait, validUntil: wait.until };
}

/** Nothing is started blind. */
function unseen({ draft, cluster }: Candidate): GateVerdict | undefined {
  const sighting = sightingOf(draft, cluster);
  if (sighting.seen) return { wait: undefined, validUntil: sighting.staleAt };
  return hold({ kind: 'no-evidence', cause: sighting.cause }, patienceEnds(draft, draft.target(cluster)));
}

/** A move that another rollout has begun comes to rest first. */
function movedElsewhere({ draft, cluster }: Candidate): GateVerdict | undefined {
  const other = draft.fleet.flights.get(cluster);
  return other === undefined || other === draft ? undefined : hold({ kind: 'other-rollout', rollout: other.id });
}

/** Judged on what it runs now, broker by broker: what was planned may have been overtaken. */
function offPath({ draft, cluster, planned }: Candidate): GateVerdict | undefined {
  const product = draft.fleet.policy.products[planned.spec.product];
  const seen = freshlyObserved(draft, cluster);
  if (seen === undefined) return undefined;
  if (product === undefined) {
    return hold({
      kind: 'path',
      message: `nothing is known of the product ${planned.spec.product}`,
      hint: 'describe it in a Product manifest',
    });
  }
  for (const version of new Set([seen.running.version, ...seen.brokers.map((broker) => broker.version)])) {
    const check = draft.fleet.judgeJump(product.document, version, planned.spec.version);
    if (!check.ok) return hold({ kind: 'path', message: check.message, hint: check.hint });
  }
  return undefined;
}

/** The least time between two upgrades of one cluster. To go back, and to finish what was left half-way, is never too soon. */
function tooSoon({ draft, cluster, planned }: Candidate): GateVerdict | undefined {
  const { fleet, now } = draft;
  const minimumMs = fleet.policy.products[planned.spec.product]?.minimumIntervalMs;
  const last = provenAt(fleet.ledger(cluster));
  if (
    minimumMs === undefined ||
    last === undefined ||
    last.proof !== 'soaked' ||
    planned.kind === 'rollback' ||
    draft.target(cluster).rescue
  )
    return undefined;
  if (last.spec.version === planned.spec.version) return undefined;
  const until = instant(last.at + minimumMs);
  return now >= until
    ? undefined
    : hold(
        {
          kind: 'interval',
          words: `upgraded at ${formatInstant(last.at)}; the least time between two upgrades is ${formatDuration(minimumMs)}`,
        },
        until,
      );
}

function outsideCalendar({ draft, cluster, planned }: Candidate): GateVerdict | undefined {
  const { fleet, now } = draft;
  // The newest that is known, however old: nothing is started blind, and old evidence must not change whether it may be touched.
  const seen = fleet.observation(cluster);
  const verdict = calendarVerdict(fleet.calendar, {
    product: planned.spec.product,
    labels: fleet.desired(cluster)?.labels ?? {},
    from: seen?.kind === 'observed' ? seen.running.version : planned.from?.version,
    to: planned.spec.version,
    kind: planned.kind,
    expedited: isExpedited(draft, planned.phase),
  });
  if (!verdict.open) return hold({ kind: verdict.rule.kind, name: verdict.rule.name, words: verdict.words }, verdict.opensAt);
  const { closesAt } = verdict;
  const expedited = expeditedUntil(draft, planned.phase);
  const tookMs = provenAt(fleet.ledger(cluster))?.tookMs;
  if (closesAt === undefined || tookMs === undefined || planned.kind === 'rollback')
    return { wait: undefined, validUntil: earliest(closesAt, expedited) };
  // From here on it is too late.
  const lateAt = instant(closesAt - tookMs + 1);
  if (now < lateAt) return { wait: undefined, validUntil: earliest(lateAt, expedited) };
  const words = `would not be finished when its window closes at ${formatInstant(closesAt)}: it took ${formatDuration(tookMs)} the last time`;
  return hold({ kind: 'window', name: 'closing', words }, closesAt);
}
