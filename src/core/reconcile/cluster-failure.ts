import type { ClusterId, RolloutId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { Version } from '../model/version.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { TargetState } from './state.ts';

/** The statuses of a target that count as a failure of its cluster: it is broken, or nobody can tell. */
export const FAILURE_STATUSES = ['failed', 'unreachable'] as const;
export type FailureStatus = WordOf<typeof FAILURE_STATUSES>;

/** One time that a cluster failed in a rollout. Kept when the rest of the rollout no longer is. */
export interface ClusterFailure {
  readonly cluster: ClusterId;
  readonly at: Instant;
  readonly status: FailureStatus;
  readonly rollout: RolloutId;
  readonly attempt: number;
  /** Of the order that it was under; `undefined` where it had none. */
  readonly version: Version | undefined;
  readonly detail: string | undefined;
}

/** What a target says of a failure, if it is one. A target that stays as it is fails once. */
export function failureOf({
  status,
  since,
  attempt,
  detail,
}: TargetState): Pick<ClusterFailure, 'at' | 'status' | 'attempt' | 'detail'> | undefined {
  return status === 'failed' || status === 'unreachable' ? { at: since, status, attempt, detail } : undefined;
}
