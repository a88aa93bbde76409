import { type Kysely, sql } from 'kysely';

/**
 * What grows with time is kept in partitions by week, which are dropped whole. Their names and weeks: see weekly.ts. Rows of before go
 * to the default partitions, and are moved or removed from there.
 *
 * Of a target, each part has a column of its own, so that the log of the database holds what changed of it.
 */
const STATEMENTS: readonly string[] = [
  'set local statement_timeout = 0',

  // The history. What clusters went through is detail, and most of it; what people and rollouts did is kept.
  'alter table audit rename to audit_before',
  'create sequence audit_seq',
  `create table audit (
    id bigint not null default nextval('audit_seq'),
    fleet text collate "C" not null,
    at bigint not null,
    actor text not null,
    kind text not null,
    subject text not null,
    rollout text,
    from_state text,
    to_state text,
    why text not null
  ) partition by list (kind)`,
  'create table audit_kept partition of audit default',
  `create table audit_steps partition of audit for values in ('target', 'order') partition by range (at)`,
  'create table audit_steps_default partition of audit_steps default',
  `insert into audit (id, fleet, at, actor, kind, subject, rollout, from_state, to_state, why)
    select id, fleet, at, actor, kind, subject, rollout, from_state, to_state, why from audit_before order by id`,
  `select setval('audit_seq', (select coalesce(max(id), 0) + 1 from audit_before), false)`,

  'alter table desired_history rename to desired_history_before',
  `create table desired_history (
    fleet text collate "C" not null,
    cluster text collate "C" not null,
    revision text,
    commit text not null,
    at bigint not null
  ) partition by range (at)`,
  'create table desired_history_default partition of desired_history default',
  `insert into desired_history (fleet, cluster, revision, commit, at)
    select fleet, cluster, revision, commit, at from desired_history_before order by id`,

  // One line for each time that a target failed or could not be seen any more: kept, and read by cluster.
  `create table failures (
    fleet text collate "C" not null references fleets,
    cluster text collate "C" not null,
    at bigint not null,
    rollout text not null,
    attempt integer not null,
    status text not null,
    version text,
    detail text,
    primary key (fleet, cluster, at, rollout)
  )`,
  `insert into failures (fleet, cluster, at, rollout, attempt, status, version, detail)
    select t.fleet, t.cluster, (t.state->>'since')::bigint, t.rollout, (t.state->>'attempt')::integer, t.status,
      (select o.spec->>'version' from orders o
        where o.fleet = t.fleet and o.cluster = t.cluster and o.rollout = t.rollout and o.epoch = (t.state->>'epoch')::bigint),
      t.state->>'detail'
    from rollout_targets t where t.status in ('failed', 'unreachable')`,
  // Those that were tried again since. The line of the history that is about the same moment is not a second failure.
  `insert into failures (fleet, cluster, at, rollout, attempt, status, detail)
    select a.fleet, a.subject, a.at, a.rollout, 0, a.to_state, a.why
    from audit_before a
    where a.kind = 'target' and a.to_state in ('failed', 'unreachable') and a.rollout is not null
      and exists (select from fleets where id = a.fleet)
      and not exists (
        select from failures f where f.fleet = a.fleet and f.cluster = a.subject and f.rollout = a.rollout and f.status = a.to_state
          and abs(f.at - a.at) < 60000
      )
    on conflict do nothing`,

  'alter table rollout_targets rename to rollout_targets_before',
  // Neither an index nor the key holds anything that changes. To refer to the rollout would lock its table when a week is dropped.
  `create table rollout_targets (
    rollout_seq bigint not null,
    created_at bigint not null,
    fleet text collate "C" not null,
    rollout text not null,
    cluster text collate "C" not null,
    rescue boolean not null,
    probe boolean not null,
    superseded_by text,
    acknowledged_attempt integer,
    acknowledged_status text,
    attempt integer not null,
    status text not null,
    epoch bigint not null,
    since bigint not null,
    started_at bigint,
    detail text,
    progress_done integer,
    progress_total integer,
    exempt_ms bigint not null,
    broken_since bigint,
    unseen_since bigint,
    healthy_since bigint,
    sampled_at bigint,
    seen_at bigint
  ) partition by range (created_at)`,
  'create table rollout_targets_default partition of rollout_targets default with (fillfactor = 70)',
  // Of a target of a rollout whose detail is gone: why its cluster lags must be known for as long as it does.
  'create table last_targets (like rollout_targets)',
  `insert into rollout_targets (rollout_seq, created_at, fleet, rollout, cluster, rescue, probe, superseded_by, acknowledged_attempt,
      acknowledged_status, attempt, status, epoch, since, started_at, detail, progress_done, progress_total, exempt_ms, broken_since,
      unseen_since, healthy_since, sampled_at, seen_at)
    select t.rollout_seq, r.created_at, t.fleet, t.rollout, t.cluster, (state->>'rescue')::boolean, (state->>'probe')::boolean,
      state->>'supersededBy', (state->'acknowledged'->>'attempt')::integer, state->'acknowledged'->>'status', (state->>'attempt')::integer,
      t.status, (state->>'epoch')::bigint, (state->>'since')::bigint, (state->>'startedAt')::bigint, state->>'detail',
      (state->'progress'->>'done')::integer, (state->'progress'->>'total')::integer, (state->>'exemptMs')::bigint,
      (state->>'brokenSince')::bigint, (state->>'unseenSince')::bigint, (state->>'healthySince')::bigint, (state->>'sampledAt')::bigint,
      (state->>'seenAt')::bigint
    from rollout_targets_before t join rollouts r on r.fleet = t.fleet and r.id = t.rollout`,

  'alter table deliveries rename to deliveries_before',
  `create table deliveries (
    guid text not null,
    event text not null,
    action text,
    fleet text collate "C",
    payload jsonb not null,
    received_at bigint not null
  ) partition by range (received_at)`,
  'create table deliveries_default partition of deliveries default',
  'insert into deliveries select guid, event, action, fleet, payload, received_at from deliveries_before',

  'drop table audit_before, desired_history_before, rollout_targets_before, deliveries_before',
  'create index audit_by_fleet on audit (fleet, id desc)',
  'create index audit_by_subject on audit (fleet, subject, id desc)',
  'create index desired_history_by_cluster on desired_history (fleet, cluster, at desc)',
  'alter table rollout_targets add primary key (fleet, rollout, cluster, created_at)',
  'create index rollout_targets_by_cluster on rollout_targets (fleet, cluster, rollout_seq desc)',
  'alter table last_targets add primary key (fleet, cluster)',
  'create index deliveries_by_guid on deliveries (guid)',

  // A trigger of a partitioned table does not see who writes to a partition by its name.
  ...['audit', 'audit_kept', 'audit_steps', 'audit_steps_default', 'desired_history', 'desired_history_default', 'failures'].map(
    (table) =>
      `create trigger append_only before update or delete or truncate on ${table} for each statement execute function refuse_change()`,
  ),

  // Set once its detail is no longer kept: then the plan goes as well, unless another rollout is of it.
  'alter table rollouts add column counts jsonb, drop constraint rollouts_fleet_digest_fkey',
  'create index rollouts_detailed on rollouts (created_at) where counts is null',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
