import type { Generated, JSONColumnType } from 'kysely';

/** Rows as the driver gives them: bigint as number, jsonb as unknown until a parser has looked at it. */
type Jsonb = JSONColumnType<object, string, string>;

export interface Schema {
  readonly fleets: {
    readonly id: string;
    readonly repository: number | null;
    readonly installation: number;
    readonly owner: string;
    readonly name: string;
    readonly default_branch: string;
    readonly clone_url: string;
    readonly retired_why: string | null;
    readonly retired_since: number | null;
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
    readonly workload: Jsonb | null;
    readonly labels: Jsonb;
    readonly held_at: Jsonb | null;
    readonly opt_out: Jsonb | null;
    readonly commit: string;
  };
  readonly plans: { readonly fleet: string; readonly digest: string; readonly plan: Jsonb };
  readonly policy: { readonly fleet: string; readonly commit: string | null; readonly policy: Jsonb };
  readonly ledger: {
    readonly fleet: string;
    readonly cluster: string;
    readonly proven: Jsonb;
    readonly observed: Jsonb | null;
    readonly failed: Jsonb;
  };
  readonly stops: {
    readonly fleet: string;
    readonly id: string;
    readonly scope: Jsonb;
    readonly cause: string;
    readonly lets: string;
    readonly by: string;
    readonly reason: string;
    readonly at: number;
    readonly until: number | null;
    readonly rollout: string | null;
    readonly phase: string | null;
    readonly failed: Jsonb;
    readonly lifted: Jsonb | null;
  };
  readonly rollouts: {
    readonly fleet: string;
    readonly id: string;
    readonly seq: number;
    readonly in_line_since: number;
    readonly digest: string;
    readonly commit: string;
    readonly release: string;
    readonly product: string;
    readonly kind: string;
    readonly intent: string;
    readonly urgency: string;
    readonly pull: number | null;
    readonly author: string;
    readonly title: string;
    readonly origin: string | null;
    readonly status: string;
    readonly created_at: number;
    readonly started_at: number | null;
    readonly going_since: number | null;
    readonly stopped_since: number | null;
    readonly finished_at: number | null;
    readonly guard_until: number | null;
    readonly superseded_by: string | null;
    readonly takes_over: boolean;
    readonly approvals: Jsonb;
    readonly overrides: Jsonb;
    readonly counts: Jsonb | null;
  };
  readonly rollout_phases: { readonly fleet: string; readonly rollout: string; readonly phase: string; readonly state: Jsonb };
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
  };
  readonly observations: { readonly fleet: string; readonly cluster: string; readonly received_at: number; readonly observation: Jsonb };
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
    readonly given_at: number | null;
  };
  readonly commands: {
    readonly id: Generated<number>;
    readonly fleet: string;
    readonly key: string | null;
    readonly by: string;
    readonly verb: string;
    readonly body: Jsonb;
    readonly given_at: number;
    readonly carried_out_at: number | null;
    readonly outcome: Jsonb | null;
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
