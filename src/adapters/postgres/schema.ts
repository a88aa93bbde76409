import type { Generated, JSONColumnType } from 'kysely';

/** Rows as the driver gives them: bigint as number, jsonb as unknown until a parser has looked at it. */
type Jsonb = JSONColumnType<object, string, string>;

export interface Schema {
  readonly fleets: {
    readonly id: string;
    readonly installation: number;
    readonly owner: string;
    readonly name: string;
    readonly default_branch: string;
    readonly clone_url: string;
    readonly seen_head: string | null;
    readonly good_head: string | null;
    readonly version: number;
  };
  readonly desired: {
    readonly fleet: string;
    readonly cluster: string;
    readonly revision: string;
    readonly spec: Jsonb;
    readonly release: string;
    readonly data_plane: string;
    readonly labels: Jsonb;
    readonly held_at: Jsonb | null;
    readonly opt_out: Jsonb | null;
    readonly commit: string;
  };
  readonly plans: { readonly fleet: string; readonly digest: string; readonly plan: Jsonb };
  readonly rollouts: {
    readonly fleet: string;
    readonly id: string;
    readonly seq: Generated<number>;
    readonly digest: string;
    readonly commit: string;
    readonly kind: string;
    readonly pull: number | null;
    readonly author: string;
    readonly title: string;
    readonly status: string;
    readonly pause: Jsonb | null;
    readonly approvals: Jsonb;
    readonly created_at: number;
    readonly finished_at: number | null;
    readonly resumed_at: number | null;
  };
  readonly rollout_phases: { readonly fleet: string; readonly rollout: string; readonly phase: string; readonly state: Jsonb };
  readonly rollout_targets: {
    readonly fleet: string;
    readonly rollout: string;
    readonly cluster: string;
    readonly rollout_seq: number;
    readonly status: string;
    readonly state: Jsonb;
  };
  readonly orders: {
    readonly fleet: string;
    readonly cluster: string;
    readonly data_plane: string;
    readonly revision: string;
    readonly spec: Jsonb;
    readonly mode: string;
    readonly epoch: number;
    readonly rollout: string | null;
    readonly ordered_at: number;
    readonly seq: number;
    readonly reply: Jsonb | null;
    readonly replied_at: number | null;
  };
  readonly observations: { readonly fleet: string; readonly cluster: string; readonly sampled_at: number; readonly observation: Jsonb };
  readonly drifts: { readonly fleet: string; readonly key: string; readonly drift: Jsonb };
  readonly audit: {
    readonly id: Generated<number>;
    readonly fleet: string;
    readonly at: number;
    readonly actor: string;
    readonly kind: string;
    readonly subject: string;
    readonly rollout: string | null;
    readonly from_state: string | null;
    readonly to_state: string | null;
    readonly why: string;
  };
  readonly projections: {
    readonly fleet: string;
    readonly key: string;
    readonly remote_id: number | null;
    readonly hash: string | null;
    readonly memo: Jsonb;
  };
  readonly deliveries: {
    readonly guid: string;
    readonly event: string;
    readonly action: string | null;
    readonly fleet: string | null;
    readonly payload: Jsonb;
    readonly received_at: number;
  };
}
