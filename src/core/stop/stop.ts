import type { ConfigValue } from '../desired/desired.ts';
import type { ClusterId, RolloutId, StopId } from '../model/ids.ts';
import type { Instant } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';

/** Why nothing may move forward in a scope. It ends by a person who may, or by its own condition. One on a rollout alone ends with that; no other does. */
export interface Stop {
  /** Made from its cause and place, so that deciding twice sets it once. */
  readonly id: StopId;
  readonly scope: StopScope;
  readonly cause: StopCause;
  /** What may move all the same. */
  readonly lets: WordOf<typeof STOP_LETS>;
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
  /** It ends by itself then. */
  readonly until: Instant | undefined;
  /** The rollout it came from. */
  readonly rollout: RolloutId | undefined;
  readonly phase: string | undefined;
  /** For a quarantine that failures set: who failed. One of them that soaks in another attempt lifts it. */
  readonly failed: readonly ClusterId[];
  readonly lifted: { readonly by: string; readonly at: Instant; readonly reason: string } | undefined;
}

export const STOP_LETS = ['nothing', 'rollbacks'] as const;

export const STOP_CAUSES = [
  'person',
  'failed-budget',
  'unreachable-budget',
  'deferred-budget',
  'unproven-canary',
  /** A cluster broke after its rollout had ended. */
  'regression',
  /** The version failed its canary, or spent a budget. */
  'quarantine',
  /** A person aborted the rollout to this version. */
  'aborted',
  /** A person rolled back from this version. */
  'rolled-back',
  /** The default branch was replaced by one that shares no commit with it. */
  'unrelated-history',
] as const;
export type StopCause = WordOf<typeof STOP_CAUSES>;

export const STOP_SCOPES = ['fleet', 'product', 'release', 'rollout', 'phase', 'data-plane', 'cluster', 'version'] as const;

export type StopScope =
  | { readonly kind: 'fleet' }
  | { readonly kind: 'product'; readonly product: string }
  | { readonly kind: 'release'; readonly release: string }
  | { readonly kind: 'rollout'; readonly rollout: RolloutId }
  | { readonly kind: 'phase'; readonly rollout: RolloutId; readonly phase: string }
  | { readonly kind: 'data-plane'; readonly dataPlane: string }
  | { readonly kind: 'cluster'; readonly cluster: ClusterId }
  /** Every target that would move to one of these traits, by whatever plan. */
  | { readonly kind: 'version'; readonly product: string; readonly traits: readonly Trait[] };

/** What makes a version the one that failed: its number, or, where that did not change, the settings that did. */
export interface Trait {
  /** `version`, `image`, `config.NAME`, `featureFlags.NAME`. */
  readonly path: string;
  readonly value: ConfigValue | undefined;
}

/** Lifted by somebody, or ended by itself. */
export const isLifted = (stop: Stop, now: Instant): boolean => stop.lifted !== undefined || (stop.until !== undefined && now >= stop.until);

export const inForce = (stops: readonly Stop[], now: Instant): readonly Stop[] => stops.filter((stop) => !isLifted(stop, now));
