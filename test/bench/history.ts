import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openState } from '../../src/adapters/postgres/connect.ts';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { EmbeddedServer } from '../../src/adapters/postgres/embedded-server.ts';
import { keepHistory } from '../../src/adapters/postgres/retention.ts';
import { makeWeek, WEEKLY_TABLES, weekOf } from '../../src/adapters/postgres/weekly.ts';
import type { AuditLine } from '../../src/core/change/fleet-change.ts';
import { durationMs, instant } from '../../src/core/model/time.ts';
import type { TargetState } from '../../src/core/reconcile/state.ts';
import type { StateChange, StateStore } from '../../src/ports/state-store.ts';
import { change, FLEET, fleetRecord, planOf, sha } from '../support/state/builders.ts';
import { memoryLog } from '../support/state/test-database.ts';
import { atMost, type Figure, noGoal, quantile } from './figure.ts';
import { largeFleet, NEW_SPEC, NOW, observation } from './large-rollout.ts';

const CLUSTERS = 2_000;
const ROLLOUTS_A_DAY = 20;
const DAYS_A_WEEK = 7;
const DAYS_A_YEAR = 365;
const DAY_MS = 86_400_000;
const KEPT = durationMs(30 * DAY_MS);
/** Of so many days there is detail at most: of 30, and of the rest of the week that these begin in. */
const WEEKS_KEPT = (30 + 7) / 7;
/** Of each hundred targets one fails, and soaks in a second attempt. */
const FAILURES_OF = 100;
const QUERIES = 200;

/**
 * A year of a fleet in which each of 20 rollouts a day moves every cluster: more than any fleet does, and so an upper bound.
 *
 * One rollout is written by the store itself, step by step. Its rows are then multiplied by SQL: the detail of one week exactly,
 * which is scaled by the weeks that are kept, and of the year what is kept for good.
 */
export async function history(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-history-'));
  let server = await EmbeddedServer.start(join(folder, 'postgres'), memoryLog());
  try {
    const figures = await grow(server);
    // Nothing that was written is in the memory of the new one.
    await server.stop();
    server = await EmbeddedServer.start(join(folder, 'postgres'), memoryLog());
    return [...figures, ...(await askFailures(server))];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const DATABASE = 'history';

async function grow(server: EmbeddedServer): Promise<readonly Figure[]> {
  const admin = await connected(server, 'postgres');
  await admin.query(`create database ${DATABASE}`);
  await admin.end();
  const state = await openState(server.connection(DATABASE), memoryLog());
  const sql = await connected(server, DATABASE);
  await sql.query('set search_path = flotilla');
  await sql.query('set synchronous_commit = off');
  const week = weekOf(Date.now(), -13);
  await makeWeeks(server, week.from);
  await oneRollout(state.store, week.from);
  await multiply(sql, week.from);
  await sql.query('vacuum analyze');
  const before = await sizes(sql);
  const db = openDatabase(server.connection(DATABASE), memoryLog());
  const began = performance.now();
  await keepHistory(db, KEPT, memoryLog());
  const tookMs = performance.now() - began;
  await db.destroy();
  await sql.query('vacuum full plans');
  const after = await sizes(sql);
  await sql.end();
  await state.close();
  const kept = [...before].map(([table, bytes]) => {
    const stays = after.get(table) ?? 0;
    return { table, detail: Math.max(0, bytes - stays), stays, bytes: stays + Math.max(0, bytes - stays) * WEEKS_KEPT };
  });
  const all = kept.reduce((sum, { bytes }) => sum + bytes, 0);
  const year = `a year of ${CLUSTERS.toLocaleString('en')} clusters, ${ROLLOUTS_A_DAY} rollouts of all of them a day`;
  return [
    atMost('G18', `${year} (one week of detail generated, times ${WEEKS_KEPT.toFixed(1)})`, all / GB, 'GB', 6),
    ...kept
      .filter(({ bytes }) => bytes > MB)
      .sort((a, b) => b.bytes - a.bytes)
      .map(({ table, detail, bytes }) =>
        noGoal('', `  ${table}, of which a week of detail is ${(detail / MB).toFixed(0)} MB`, bytes / MB, 'MB'),
      ),
    noGoal('', `  to forget a week of ${ROLLOUTS_A_DAY * DAYS_A_WEEK} rollouts`, tookMs / 1_000, 's'),
  ];
}

const MB = 1e6;
const GB = 1e9;

async function makeWeeks(server: EmbeddedServer, ms: number): Promise<void> {
  const db = openDatabase(server.connection(DATABASE), memoryLog());
  for (const table of WEEKLY_TABLES) await db.transaction().execute((tx) => makeWeek(tx, table, weekOf(ms)));
  await db.destroy();
}

/** From landing to end as the bot writes it: every cluster is ordered, rolls, soaks and is proven. */
async function oneRollout(store: StateStore, ms: number): Promise<void> {
  const at = instant(ms);
  const { desired, ledger, policy, rollouts } = largeFleet(CLUSTERS, 0);
  const [active] = rollouts;
  if (active === undefined) throw new Error('a fleet has a rollout');
  const plan = planOf(active.planned);
  const state = { ...active.state, digest: plan.digest, createdAt: at };
  await store.saveFleet(fleetRecord());
  const commit = async (nth: number, over: Partial<StateChange>): Promise<void> => {
    if ((await store.commit(change(nth, { at, ...over }))) !== 'committed') throw new Error('nobody else writes');
  };
  const newRollouts = { plan, states: [state], pull: 1, author: 'octocat', title: 'Kafka 4.1' };
  const proven = [...ledger.values()].map((entry) => ({
    ...entry,
    proven: Array.from({ length: 10 }, () => entry.proven)
      .flat()
      .slice(0, 10),
  }));
  await commit(0, { desired: { commit: sha('0'), set: [...desired.values()], remove: [] }, policy, newRollouts, ledger: proven });
  const clusters = [...desired.keys()];
  const step = (from: string, to: TargetState['status'], why: string): Partial<StateChange> => ({
    rollouts: [{ ...state, phases: new Map(), targets: new Map(clusters.map((cluster) => [cluster, targetAt(to, at)])) }],
    audit: clusters.map((cluster) => ({ ...line(cluster, state.id), from, to, why, at })),
  });
  const orders = [...desired.values()].map(({ cluster, revision }) => ({
    ...{ cluster, dataPlane: 'plane-0', revision, spec: NEW_SPEC, mode: 'run' as const },
    ...{ epoch: 1, rollout: state.id, orderedAt: at },
  }));
  const ordered = orders.map(({ cluster, revision }) => {
    const to = `run ${revision} epoch 1`;
    return { ...line(cluster, state.id), kind: 'order' as const, from: undefined, to, why: 'its turn in phase-1, in order of hash', at };
  });
  const start = step('waiting', 'applying', 'its turn in phase-1, in order of hash');
  await commit(1, { ...start, orders, audit: [...(start.audit ?? []), ...ordered] });
  await commit(2, step('applying', 'rolling', '0 of 3 brokers at 4.1.0'));
  await commit(3, step('rolling', 'soaking', 'healthy at 4.1.0; it soaks for 1 minute'));
  await commit(4, {
    ...step('soaking', 'succeeded', 'healthy for 1 minute'),
    observations: clusters.map((one) => observation(one, true, NOW)),
  });
  const phases = [...state.phases.keys()].flatMap((phase) =>
    ['running', 'baking', 'done'].map((to) => ({
      ...line(phase, state.id),
      kind: 'phase' as const,
      from: 'waiting',
      to,
      why: 'all its clusters soaked',
      at,
    })),
  );
  const ended = { ...state, status: 'completed' as const, finishedAt: instant(ms + 3_600_000), targets: new Map(), phases: new Map() };
  await commit(5, { rollouts: [ended], audit: phases });
  await store.savePull(FLEET, { number: 1, isOpen: false, closings: 1, planned: undefined, asked: undefined, digest: plan.digest });
}

const line = (subject: string, rollout: AuditLine['rollout']): Omit<AuditLine, 'from' | 'to' | 'why'> => ({
  actor: 'flotilla',
  kind: 'target',
  subject,
  rollout,
});

const targetAt = (status: TargetState['status'], at: TargetState['since']): TargetState => ({
  ...{ status, since: at, attempt: 1, epoch: 1, startedAt: at, exemptMs: 0, rescue: false, probe: false, healthySince: at },
  ...{ brokenSince: undefined, sampledAt: at, seenAt: at, unseenSince: undefined, progress: { done: 3, total: 3 } },
  ...{ detail: 'healthy for 1 minute', acknowledged: undefined, supersededBy: undefined },
});

/** The rows of one rollout, again for each: `n` of the week with all their detail, and of the year with what is kept for good. */
async function multiply(sql: pg.Client, from: number): Promise<void> {
  const inWeek = ROLLOUTS_A_DAY * DAYS_A_WEEK;
  const inYear = ROLLOUTS_A_DAY * DAYS_A_YEAR;
  const everyMs = Math.floor(DAY_MS / ROLLOUTS_A_DAY);
  const id = `overlay(rollout placing lpad(n::text, 8, '0') from 1)`;
  const copies = `generate_series(1, ${inWeek - 1}) n`;
  const later = `n::bigint * ${everyMs}`;
  // A plan differs from the next in its digest, and compresses as well as any.
  await sql.query(`insert into plans select fleet, lpad(to_hex(n), 16, '0'), plan from plans, ${copies}`);
  const rollouts = (series: string, at: string, counts: string): string => `
    insert into rollouts select (r).* from (
      select jsonb_populate_record(r, jsonb_build_object('id', overlay(r.id placing lpad(n::text, 8, '0') from 1), 'seq', r.seq + n,
        'in_line_since', r.seq + n, 'digest', lpad(to_hex(n), 16, '0'), 'created_at', ${at}, 'finished_at', ${at} + 3600000,
        'counts', ${counts})) as r
      from rollouts r, ${series} where r.seq = 1) made`;
  await sql.query(rollouts(copies, `r.created_at + ${later}`, 'null::jsonb'));
  // Those of the rest of the year have only a summary left.
  const summed = `'{"succeeded": ${CLUSTERS}}'::jsonb`;
  await sql.query(rollouts(`generate_series(${inWeek}, ${inYear - 1}) n`, `r.created_at - ${later} + ${inWeek * everyMs}`, summed));
  await sql.query(`insert into rollout_phases select fleet, overlay(rollout placing lpad(n::text, 8, '0') from 1), phase, state
    from rollout_phases, generate_series(1, ${inYear - 1}) n`);
  const columns = await columnsOf(sql, 'rollout_targets', {
    rollout: id,
    rollout_seq: 'rollout_seq + n',
    created_at: `created_at + ${later}`,
  });
  await sql.query(`insert into rollout_targets select ${columns} from rollout_targets, ${copies}`);
  const steps = await columnsOf(sql, 'audit_steps', { id: `nextval('audit_seq')`, rollout: id, at: `at + ${later}` });
  await sql.query(`insert into audit select ${steps} from audit_steps, ${copies}`);
  const kept = await columnsOf(sql, 'audit_kept', { id: `nextval('audit_seq')`, rollout: id, at: `at + ${later}` });
  await sql.query(`insert into audit select ${kept} from audit_kept, generate_series(1, ${inYear - 1}) n`);
  await sql.query(`insert into desired_history select fleet, cluster, revision, commit, at + ${later} from desired_history, ${copies}`);
  await sql.query(`insert into failures
    select fleet, cluster, (extract(epoch from now()) * 1000)::bigint - n::bigint * ${everyMs}, ${id}, 1, 'failed', '4.1.0', 'broker 2 is in a crash loop'
    from (select fleet, cluster, rollout from rollout_targets where rollout_seq = 1) t, generate_series(1, ${inYear}) n
    where (hashtext(cluster) + n) % ${FAILURES_OF} = 0`);
  await sql.query(`insert into pulls select fleet, n, false, 1, digest, ${`'${'a'.repeat(40)}'`}, ${`'${'b'.repeat(40)}'`}, 'main', 'octocat',
    'Kafka 4.1 for everybody', false, 'closed', true, false, ${`'${'c'.repeat(40)}'`} from pulls, generate_series(2, ${inYear}) n`);
  await sql.query(`insert into projections select '${FLEET}', kind || n, n, md5(n::text), jsonb_build_object('head', repeat('a', 40), 'digest', 'x')
    from generate_series(1, ${inYear}) n, unnest(array['comment:', 'check:plan:', 'check:rollout:']) kind`);
  // Of each pull request ten deliveries, whose payload is that of a push with some commits.
  await sql.query(`insert into deliveries select md5(n::text), 'push', null, '${FLEET}',
      (select jsonb_object_agg(i, md5((n * 1000 + i)::text)) from generate_series(1, 200) i), ${from} + n::bigint * ${Math.floor(everyMs / 10)}
    from generate_series(1, ${inWeek * 10}) n`);
}

/** The columns of a table, some of them as given. */
async function columnsOf(sql: pg.Client, table: string, given: Readonly<Record<string, string>>): Promise<string> {
  const { rows } = await sql.query<{ readonly name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  return rows.map(({ name }) => given[name] ?? name).join(', ');
}

/** Bytes of each table with its indexes, partitions together. */
async function sizes(sql: pg.Client): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql.query<{ readonly table: string; readonly bytes: string }>(`
    select regexp_replace(c.relname, '_(default|\\d{4}_\\d{2}_\\d{2})$', '') as table, sum(pg_total_relation_size(c.oid))::text as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'flotilla' group by 1`);
  return new Map(rows.map(({ table, bytes }) => [table, Number(bytes)]));
}

async function askFailures(server: EmbeddedServer): Promise<readonly Figure[]> {
  const state = await openState(server.connection(DATABASE), memoryLog());
  const { store } = state;
  const since = instant(Date.now() - 183 * DAY_MS);
  // Connected as a bot is that has run for a while; of the failures, nothing has been read.
  const clusters = [...(await store.desired(FLEET)).keys()];
  const took: number[] = [];
  const roundTrips: number[] = [];
  let found = 0;
  for (let nth = 0; nth < QUERIES; nth += 1) {
    const cluster = clusters[Math.floor(Math.random() * clusters.length)];
    if (cluster === undefined) throw new Error('there are clusters');
    const began = performance.now();
    found += (await store.failures(FLEET, cluster, since)).length;
    const asked = performance.now();
    took.push(asked - began);
    await store.healthy();
    roundTrips.push(performance.now() - asked);
  }
  await state.close();
  const what = `failures of a cluster in half a year (${(found / QUERIES).toFixed(0)} of them), p99 of ${QUERIES} random ones after a restart`;
  return [
    atMost('G18', what, quantile(took, 0.99), 'ms', 20),
    noGoal('', '  their median', quantile(took, 0.5), 'ms'),
    noGoal('', '  p99 of a round trip to the database between them, which asks for nothing', quantile(roundTrips, 0.99), 'ms'),
  ];
}

async function connected(server: EmbeddedServer, database: string): Promise<pg.Client> {
  const client = new pg.Client({ ...server.connection(database) });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
