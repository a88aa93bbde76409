import { type Kysely, sql } from 'kysely';

/**
 * Identifiers and keys sort by code point (`collate "C"`) whatever the database's own collation is. Instants are
 * milliseconds since the epoch, as everywhere in Flotilla.
 */
const STATEMENTS: readonly string[] = [
  `create table fleets (
    id text collate "C" primary key,
    installation bigint not null,
    owner text not null,
    name text not null,
    default_branch text not null,
    clone_url text not null,
    seen_head text,
    good_head text,
    version bigint not null default 0 check (version >= 0)
  )`,

  `create table desired (
    fleet text collate "C" not null references fleets,
    cluster text collate "C" not null,
    revision text not null,
    spec jsonb not null,
    release text not null,
    data_plane text not null,
    labels jsonb not null,
    held_at jsonb,
    opt_out jsonb,
    commit text not null,
    primary key (fleet, cluster)
  )`,
  // One line for each revision that a cluster was given, and one without a revision when it left.
  `create table desired_history (
    id bigint generated always as identity primary key,
    fleet text collate "C" not null,
    cluster text collate "C" not null,
    revision text,
    commit text not null,
    at bigint not null
  )`,
  'create index desired_history_by_cluster on desired_history (fleet, cluster, id desc)',

  // A plan names no commit, so two rollouts may run the same one.
  `create table plans (
    fleet text collate "C" not null references fleets,
    digest text not null,
    plan jsonb not null,
    primary key (fleet, digest)
  )`,
  `create table rollouts (
    fleet text collate "C" not null references fleets,
    id text not null,
    seq bigint generated always as identity unique,
    digest text not null,
    commit text not null,
    kind text not null check (kind in ('rollout', 'rollback')),
    pull integer,
    author text not null,
    title text not null,
    status text not null check (status in
      ('awaiting-approval', 'running', 'paused', 'aborted', 'superseded', 'completed', 'completed-with-deferrals')),
    pause jsonb,
    approvals jsonb not null,
    created_at bigint not null,
    finished_at bigint,
    resumed_at bigint,
    primary key (fleet, id),
    foreign key (fleet, digest) references plans,
    check ((status = 'paused') = (pause is not null))
  )`,
  'create index rollouts_active on rollouts (fleet, seq) where finished_at is null',
  `create table rollout_phases (
    fleet text collate "C" not null,
    rollout text not null,
    phase text collate "C" not null,
    state jsonb not null,
    primary key (fleet, rollout, phase),
    foreign key (fleet, rollout) references rollouts
  )`,
  `create table rollout_targets (
    fleet text collate "C" not null,
    rollout text not null,
    cluster text collate "C" not null,
    rollout_seq bigint not null,
    status text not null,
    state jsonb not null,
    primary key (fleet, rollout, cluster),
    foreign key (fleet, rollout) references rollouts
  ) with (fillfactor = 70)`,
  'create index rollout_targets_by_cluster on rollout_targets (fleet, cluster, rollout_seq desc)',

  'create sequence order_seq',
  `create table orders (
    fleet text collate "C" not null references fleets,
    cluster text collate "C" not null,
    data_plane text not null,
    revision text not null,
    spec jsonb not null,
    mode text not null check (mode in ('run', 'hold')),
    epoch bigint not null check (epoch >= 1),
    rollout text,
    ordered_at bigint not null,
    seq bigint not null,
    reply jsonb,
    replied_at bigint,
    primary key (fleet, cluster),
    check ((reply is null) = (replied_at is null))
  ) with (fillfactor = 70)`,
  'create index orders_undelivered on orders (fleet, data_plane, seq) where reply is null',

  `create table observations (
    fleet text collate "C" not null references fleets,
    cluster text collate "C" not null,
    sampled_at bigint not null,
    observation jsonb not null,
    primary key (fleet, cluster)
  ) with (fillfactor = 70)`,
  `create table drifts (
    fleet text collate "C" not null references fleets,
    key text collate "C" not null,
    drift jsonb not null,
    primary key (fleet, key)
  )`,

  `create table audit (
    id bigint generated always as identity primary key,
    fleet text collate "C" not null,
    at bigint not null,
    actor text not null,
    kind text not null,
    subject text not null,
    rollout text,
    from_state text,
    to_state text,
    why text not null
  )`,
  'create index audit_by_fleet on audit (fleet, id desc)',
  'create index audit_by_subject on audit (fleet, subject, id desc)',

  `create table projections (
    fleet text collate "C" not null references fleets,
    key text collate "C" not null,
    remote_id bigint,
    hash text,
    memo jsonb not null,
    primary key (fleet, key)
  )`,

  `create table deliveries (
    guid text primary key,
    event text not null,
    action text,
    fleet text collate "C",
    payload jsonb not null,
    received_at bigint not null
  )`,
  'create index deliveries_by_age on deliveries (received_at)',

  // History is only ever added to, by whatever program and user.
  `create function refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'table % is append-only: % is refused', tg_table_name, tg_op using errcode = 'restrict_violation';
  end $$`,
  'create trigger audit_append_only before update or delete or truncate on audit for each statement execute function refuse_change()',
  'create trigger desired_history_append_only before update or delete or truncate on desired_history for each statement execute function refuse_change()',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
