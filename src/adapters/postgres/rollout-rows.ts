import { type Decoder, flag, listOf, mapped, maybe, object, text, word } from '../../core/model/decode.ts';
import { OVERRIDE_KINDS, PHASE_STATUSES, type PhaseState, ROLLOUT_STATUSES, type RolloutState } from '../../core/reconcile/state.ts';
import { STOP_LETS } from '../../core/stop/stop.ts';
import { at, commitSha, integer, planDigest, rolloutId, stopId } from './decoders.ts';
import { scope } from './stops.ts';

const phaseState: Decoder<PhaseState> = object({
  status: word(PHASE_STATUSES),
  startedAt: maybe(at),
  bakingSince: maybe(at),
  finishedAt: maybe(at),
  stoppedMs: integer,
  // Rows of before have none.
  heldParts: mapped(
    maybe(listOf(object({ stop: stopId, scope, lets: word(STOP_LETS), since: at, until: maybe(at) }))),
    (parts) => parts ?? [],
  ),
});
export const phaseRow = object({ state: phaseState });

export const rolloutStatus = word(ROLLOUT_STATUSES);

export const headRow: Decoder<Omit<RolloutState, 'phases' | 'targets'>> = mapped(
  object({
    id: rolloutId,
    digest: planDigest,
    commit: commitSha,
    release: text,
    seq: integer,
    in_line_since: integer,
    status: rolloutStatus,
    created_at: at,
    started_at: maybe(at),
    going_since: maybe(at),
    stopped_since: maybe(at),
    finished_at: maybe(at),
    guard_until: maybe(at),
    superseded_by: maybe(rolloutId),
    takes_over: flag,
    approvals: listOf(object({ phase: text, by: text, digest: planDigest, at })),
    overrides: listOf(
      object({
        kind: word(OVERRIDE_KINDS),
        phase: maybe(text),
        product: maybe(text),
        by: text,
        reason: text,
        at,
        until: maybe(at),
      }),
    ),
  }),
  ({ id, digest, commit, release, seq, status, approvals, overrides, ...row }) => ({
    ...{ id, digest, commit, release, seq, status, approvals, overrides },
    inLineSince: row.in_line_since,
    createdAt: row.created_at,
    startedAt: row.started_at,
    goingSince: row.going_since,
    stoppedSince: row.stopped_since,
    finishedAt: row.finished_at,
    guardUntil: row.guard_until,
    supersededBy: row.superseded_by,
    takesOver: row.takes_over,
  }),
);
