/** Which words a column takes is no part of the tables: see word-checks.ts. */
export const TABLES_BEFORE: readonly string[] = [
  `create table stops (
    fleet text collate "C" not null references fleets,
    id text collate "C" not null,
    scope jsonb not null,
    cause text not null,
    lets text not null,
    "by" text not null,
    reason text not null,
    at bigint not null,
    "until" bigint,
    rollout text,
    phase text,
    failed jsonb not null,
    lifted jsonb,
    primary key (fleet, id)
  )`,
  'create index stops_standing on stops (fleet, at, id) where lifted is null',

  // Entries are never removed: they outlive rollouts, and clusters.
  `create table ledger (
    fleet text collate "C" not null references fleets,
    cluster text collate "C" not null,
    proven jsonb not null,
    observed jsonb,
    failed jsonb not null,
    primary key (fleet, cluster)
  ) with (fillfactor = 70)`,

  `create table policy (
    fleet text collate "C" primary key references fleets,
    commit text,
    policy jsonb not null
  )`,

  'alter table rollouts drop constraint rollouts_kind_check, drop constraint rollouts_status_check, drop constraint rollouts_check',
  // The place in line is given by whoever makes the rollout, fleet by fleet.
  'alter table rollouts alter column seq drop identity, drop constraint rollouts_seq_key',
  `alter table rollouts
    add column release text,
    add column product text,
    add column intent text,
    add column urgency text,
    add column in_line_since bigint,
    add column started_at bigint,
    add column going_since bigint,
    add column stopped_since bigint,
    add column guard_until bigint,
    add column superseded_by text,
    add column takes_over boolean not null default false,
    add column overrides jsonb not null default '[]'`,
  'drop index rollouts_active',

  'alter table orders drop constraint orders_mode_check, drop constraint orders_check',
];

export const TABLES_AFTER: readonly string[] = [
  `update orders set reply =
    jsonb_strip_nulls(jsonb_build_object('kind', reply->'kind', 'at', replied_at, 'seen', reply->'seen', 'reason', reply->'reason'))
    where reply is not null`,
  'alter table orders drop column replied_at',

  // Until now there was one clock for both.
  `update observations set observation = observation || jsonb_build_object('receivedAt', sampled_at)`,
  'alter table observations rename column sampled_at to received_at',

  `alter table rollouts
    drop column pause,
    drop column resumed_at,
    alter column release set not null,
    alter column product set not null,
    alter column intent set not null,
    alter column urgency set not null,
    alter column in_line_since set not null,
    alter column takes_over drop default,
    alter column overrides drop default`,
  'alter table rollouts add constraint rollouts_seq unique (fleet, seq)',
  'create index rollouts_active on rollouts (fleet, seq) where finished_at is null or guard_until is not null',
  'create index rollouts_by_commit on rollouts (fleet, commit, seq)',
];
