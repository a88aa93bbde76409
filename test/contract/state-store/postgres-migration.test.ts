import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normaliseSpec } from '../../../src/core/desired/normalise.ts';
import { revisionOf } from '../../../src/core/model/hash.ts';
import type { Plan } from '../../../src/core/plan/plan.ts';
import type { RolloutState } from '../../../src/core/reconcile/state.ts';
import type { RolloutSummary, StateStore } from '../../../src/ports/state-store.ts';
import { c, entry, FLEET, OTHER_FLEET, sha, spec, t, target } from '../../support/state/builders.ts';
import { type TestDatabase, TestServer } from '../../support/state/test-database.ts';

type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Written by the program of that time: two releases in one plan, pauses, a rescue, resumed failures, quoted numbers. */
const rowsOfThen = async (): Promise<Rows> =>
  JSON.parse(await readFile(new URL('../../support/state/first-schema-rows.json', import.meta.url), 'utf8')) as Rows;

const CONNECT = {
  product: 'connect',
  image: undefined,
  replicas: 2,
  config: { 'tasks.max': 4, umask: '0640' },
  featureFlags: { metrics: true },
};
const connect = (version: string) => ({ ...CONNECT, version });

let server: TestServer;
let database: TestDatabase;
let store: StateStore;
/** Oldest first. */
let rollouts: readonly RolloutSummary[];
beforeAll(async () => {
  server = await TestServer.start();
  database = await server.firstSchema(await rowsOfThen());
  ({ store } = await database.open());
  rollouts = (await store.recentRollouts(FLEET, 100)).toReversed();
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const summaryOf = (commit: string, release: string): RolloutSummary => {
  const found = rollouts.find((one) => one.commit === sha(commit) && one.release === release);
  if (found === undefined) throw new Error(`no rollout of ${release} at ${commit}`);
  return found;
};
async function stateOf(commit: string, release: string): Promise<RolloutState> {
  const read = await store.rollout(FLEET, summaryOf(commit, release).id);
  if (read === undefined) throw new Error('it is listed, and cannot be read');
  return read.state;
}
async function planOf(commit: string): Promise<Plan> {
  const digest = rollouts.find((one) => one.commit === sha(commit))?.digest;
  const plan = digest === undefined ? undefined : await store.plan(FLEET, digest);
  if (plan === undefined) throw new Error(`no plan of ${commit}`);
  return plan;
}

describe('rollouts of the first schema', () => {
  it('are one for each release, required products first, in the old order', () => {
    expect(rollouts.map(({ commit, release, product, seq, status }) => [commit.charAt(0), release, product, seq, status])).toEqual([
      ['a', 'kafka-main', 'kafka', 1, 'completed-with-deferrals'],
      ['a', 'connect-main', 'connect', 2, 'completed'],
      ['f', 'old-main', 'kafka', 3, 'superseded'],
      ['b', 'kafka-main', 'kafka', 4, 'paused'],
      ['b', 'connect-main', 'connect', 5, 'paused'],
      ['c', 'zk-main', 'zookeeper', 6, 'paused'],
      ['d', 'kafka-main', 'kafka', 7, 'pending'],
      ['e', 'new-main', 'kafka', 8, 'aborted'],
    ]);
  });

  it('stay what they were called, landed by, and counted as', async () => {
    const { rollouts: old } = await rowsOfThen();
    const id = old?.find(({ commit }) => commit === sha('a'))?.['id'];
    expect(summaryOf('a', 'kafka-main')).toMatchObject({
      id,
      pull: 12,
      author: 'octocat',
      title: 'landing a',
      kind: 'rollout',
      intent: 'release',
      urgency: 'hotfix',
      createdAt: t(100),
      startedAt: t(150),
      finishedAt: t(450),
      guardUntil: undefined,
      counts: { succeeded: 2, failed: 1, skipped: 1 },
    });
    expect(summaryOf('a', 'connect-main')).toMatchObject({ pull: 12, title: 'landing a', urgency: 'routine', counts: { succeeded: 2 } });
    expect(summaryOf('a', 'connect-main').id).toMatch(/^a{12}-[0-9a-f]{16}$/);
    expect((await store.rolloutsOfCommit(FLEET, sha('a'))).map(({ release }) => release)).toEqual(['kafka-main', 'connect-main']);
    expect(summaryOf('f', 'old-main')).toMatchObject({ kind: 'rollback', supersededBy: summaryOf('b', 'kafka-main').id });
  });

  it('that are not finished are active, and can all be read', async () => {
    const active = await store.activeRollouts(FLEET);
    expect(active.map(({ planned, state }) => [planned.release, state.seq])).toEqual([
      ['kafka-main', 4],
      ['connect-main', 5],
      ['zk-main', 6],
      ['kafka-main', 7],
      ['new-main', 8],
    ]);
    for (const { planned, state } of active) expect([...state.targets.keys()]).toEqual([...planned.targets.keys()]);
    expect((await store.activeRollouts(OTHER_FLEET)).length).toBe(0);
    expect((await store.recentRollouts(OTHER_FLEET, 9)).map(({ seq, release }) => [seq, release])).toEqual([[7, 'kafka-main']]);
  });

  it('have phases and approvals by name', async () => {
    const state = await stateOf('a', 'kafka-main');
    const done = { status: 'done', startedAt: t(150), bakingSince: undefined, finishedAt: t(420), stoppedMs: 7, heldParts: [] };
    expect([...state.phases]).toStrictEqual([
      ['canary', done],
      ['all', done],
    ]);
    expect(state.approvals).toStrictEqual([{ phase: 'all', by: 'hubot', digest: state.digest, at: t(205) }]);
    expect((await stateOf('a', 'connect-main')).approvals).toEqual([]);
    expect((await stateOf('a', 'connect-main')).phases.get('canary')?.status).toBe('skipped');
  });

  it('keep their clocks', async () => {
    expect(await stateOf('b', 'kafka-main')).toMatchObject({ startedAt: t(510), goingSince: t(510), stoppedSince: t(520), inLineSince: 4 });
    expect(await stateOf('c', 'zk-main')).toMatchObject({ startedAt: t(510), goingSince: t(570), stoppedSince: t(581) });
    expect(await stateOf('d', 'kafka-main')).toMatchObject({ takesOver: false, overrides: [], finishedAt: undefined });
  });

  it('have targets with what was known of them', async () => {
    const { targets } = await stateOf('b', 'kafka-main');
    expect(targets.get(c('k1'))).toStrictEqual(
      target({
        status: 'held',
        since: t(530),
        attempt: 1,
        epoch: 3,
        startedAt: t(510),
        exemptMs: 4,
        rescue: true,
        sampledAt: t(529),
        seenAt: t(529),
        progress: { done: 1, total: 3 },
      }),
    );
    // Before the start, it was the time since when it could not be seen.
    expect(targets.get(c('k2'))).toStrictEqual(target({ since: t(500), unseenSince: t(505) }));
    expect((await stateOf('f', 'old-main')).targets.get(c('old'))?.supersededBy).toBe(summaryOf('b', 'kafka-main').id);
  });

  it('have what a person had seen when they resumed acknowledged, and not what came after', async () => {
    const { targets } = await stateOf('c', 'zk-main');
    expect(targets.get(c('z1'))?.acknowledged).toEqual({ attempt: 1, status: 'failed' });
    expect(targets.get(c('z2'))?.acknowledged).toBeUndefined();
  });

  it('are found as the last of their clusters', async () => {
    const last = await store.lastTargets(FLEET, ['k1', 'k3', 'c2', 'idle'].map(c));
    expect([...last].map(([name, one]) => [name, one.rollout, one.target.status]).sort()).toEqual([
      ['c2', summaryOf('b', 'connect-main').id, 'superseded'],
      ['k1', summaryOf('b', 'kafka-main').id, 'held'],
      ['k3', summaryOf('a', 'kafka-main').id, 'failed'],
    ]);
  });
});

describe('plans of the first schema', () => {
  it('have a rollout for each release, with its own phases, soaks and limits', async () => {
    const { rollouts: planned, ...rest } = await planOf('a');
    expect(rest).toMatchObject({
      excluded: [{ cluster: 'out', release: 'kafka-main', reason: 'opted-out', words: 'audit' }],
      removed: ['gone'],
      risks: [{ code: 'opted-out', words: 'out is left out' }],
    });
    const [kafka, other] = planned;
    expect(kafka).toMatchObject({
      release: 'kafka-main',
      product: 'kafka',
      strategy: 'careful',
      requires: [],
      selected: 5,
      guardMs: 1_800_000,
    });
    expect(kafka?.budgets).toStrictEqual({ failed: { count: 1, words: '1' } });
    expect(kafka?.phases.map(({ name, soakMs, bakeMs, members }) => [name, soakMs, bakeMs, members])).toEqual([
      ['canary', 60_000, 0, ['k1']],
      ['all', 60_000, 0, ['k4', 'k2', 'k3']],
    ]);
    expect(kafka?.phases[1]).toMatchObject({
      approval: { when: 'before', teams: ['sre'], notAuthor: true },
      maxDurationMs: 3_600_000,
      kind: 'rollout',
    });
    expect(kafka?.limits.map(({ id, kind, name, count }) => [id, kind, name, count.count])).toEqual([
      ['phase:canary', 'phase', 'canary', 1],
      ['phase:all', 'phase', 'all', 1],
      ['release', 'release', 'kafka-main', 2],
      ['rescue', 'rescue', 'kafka-main', 1],
    ]);
    expect(other).toMatchObject({ release: 'connect-main', requires: ['kafka'] });
    expect(other?.limits.map(({ id }) => id)).toEqual(['phase:all', 'rescue']);
  });

  it('have targets whose spec and revision are in the form of today', async () => {
    const moved = (await planOf('a')).rollouts[1]?.targets.get(c('c1'));
    expect(moved).toMatchObject({ phase: 'all', change: 'update', kind: 'rollout', spec: connect('2.0.0'), deadlineMs: 600_000 });
    expect(moved?.revision).toBe(revisionOf(connect('2.0.0')));
    expect(moved?.from).toEqual({ revision: revisionOf(connect('1.0.0')), version: '1.0.0' });
    expect(moved?.differences).toStrictEqual([{ path: 'version', from: '1.0.0', to: '2.0.0' }]);
    expect((await planOf('f')).rollouts[0]?.targets.get(c('old'))?.kind).toBe('rollback');
    expect((await planOf('e')).rollouts[0]?.targets.get(c('new'))).toMatchObject({ change: 'create', from: undefined });
  });
});

describe('stops from pauses of the first schema', () => {
  it('hold the release where a person paused, and the rollout where a budget was spent', async () => {
    const stops = await store.stops(FLEET);
    expect(
      stops.map(({ scope, cause, lets, by, reason, at, phase, failed, rollout }) => ({
        scope,
        cause,
        lets,
        by,
        reason,
        at,
        phase,
        failed,
        rollout,
      })),
    ).toEqual(
      expect.arrayContaining([
        ...['kafka-main', 'connect-main'].map((release) => ({
          scope: { kind: 'release', release },
          cause: 'person',
          lets: 'nothing',
          by: 'octocat',
          reason: 'looks odd',
          at: t(520),
          phase: undefined,
          failed: [],
          rollout: summaryOf('b', release).id,
        })),
        {
          scope: { kind: 'rollout', rollout: summaryOf('c', 'zk-main').id },
          cause: 'failed-budget',
          lets: 'rollbacks',
          by: 'flotilla',
          reason: 'phase zk-main/all: z2 failed',
          at: t(581),
          phase: 'all',
          failed: ['z1', 'z2'],
          rollout: summaryOf('c', 'zk-main').id,
        },
      ]),
    );
    expect(stops).toHaveLength(3);
    expect(new Set(stops.map(({ id }) => id)).size).toBe(3);
  });
});

describe('desired state and orders of the first schema', () => {
  it('have specs and revisions in the form of today', async () => {
    const desired = await store.desired(FLEET);
    for (const one of desired.values()) {
      expect(one.spec).toStrictEqual(normaliseSpec(one.spec));
      expect(one.revision).toBe(revisionOf(one.spec));
    }
    expect(desired.get(c('idle'))?.workload).toBeUndefined();
    expect(desired.get(c('idle'))?.spec).toStrictEqual(connect('1.0.0'));
    expect(desired.get(c('k1'))?.revision).toBe(revisionOf(spec('3.0.0')));
    const orders = await store.orders(FLEET);
    for (const one of orders.values()) expect(one.revision).toBe(revisionOf(one.spec));
    expect(orders.get(c('c1'))?.spec).toStrictEqual(connect('2.0.0'));
  });

  it('keep the answers to orders, and which rollout gave them', async () => {
    const orders = await store.orders(FLEET);
    expect(orders.get(c('k2'))?.reply).toStrictEqual({ kind: 'accepted', at: t(460) });
    expect(orders.get(c('c2'))?.reply).toStrictEqual({ kind: 'stale', at: t(460), seen: 9 });
    expect(orders.get(c('k3'))?.reply).toStrictEqual({ kind: 'refused', at: t(460), reason: 'no quota' });
    expect(orders.get(c('k1'))).toMatchObject({ mode: 'hold', epoch: 3, reply: undefined, rollout: summaryOf('b', 'kafka-main').id });
    expect(orders.get(c('c1'))?.rollout).toBe(summaryOf('a', 'connect-main').id);
    expect((await store.undelivered(FLEET, 'aws-eu-1', 9)).map(({ cluster }) => cluster)).toEqual(['k1', 'z1', 'z2', 'new']);
  });

  it('keep evidence, drifts, audit, projections and the fleet', async () => {
    const seen = await store.observations(FLEET);
    expect(seen.get(c('k1'))).toMatchObject({ kind: 'observed', sampledAt: t(440), receivedAt: t(440) });
    expect(seen.get(c('k3'))).toMatchObject({ kind: 'unknown', receivedAt: t(430) });
    expect((await store.drifts(FLEET)).map(({ key }) => key)).toEqual(['cluster:k3']);
    expect((await store.audit(FLEET, { limit: 9 })).map(({ kind }) => kind)).toEqual(['drift', 'order', 'rollout', 'target', 'desired']);
    expect(await store.projections(FLEET, 'rollout:')).toHaveLength(1);
    expect(await store.fleet(FLEET)).toMatchObject({ goodHead: sha('e'), version: 3 });
    expect(await store.policy(FLEET)).toBeUndefined();
  });

  it('is of a fleet that has no id yet, and keeps all it has when it gets one', async () => {
    const fleet = await store.fleet(FLEET);
    if (fleet === undefined) throw new Error('the fleet of before is known');
    expect(fleet).toMatchObject({ repository: undefined, retired: undefined });
    await store.saveFleet({ ...fleet, repository: 4_711, owner: 'acme', name: 'renamed-since' });
    expect(await store.fleetOfRepository(4_711)).toEqual({ ...fleet, repository: 4_711, owner: 'acme', name: 'renamed-since' });
    expect((await store.desired(FLEET)).size).toBeGreaterThan(0);
    await store.saveFleet(fleet);
  });
});

describe('failures of before', () => {
  it('are known by what targets and the history tell of them', async () => {
    const failures = async (name: string) =>
      (await store.failures(FLEET, c(name), t(0))).map(({ at, status, rollout, detail }) => [at, status, rollout, detail]);
    const { rollouts: states } = { rollouts: await Promise.all(rollouts.map(({ commit, release }) => stateOf(commit.charAt(0), release))) };
    const failed = states.flatMap(({ id, targets }) =>
      [...targets].flatMap(([cluster, one]) =>
        one.status === 'failed' || one.status === 'unreachable' ? [[cluster, [one.since, one.status, id, one.detail]] as const] : [],
      ),
    );
    expect(failed.map(([cluster]) => cluster).sort()).toEqual(['k3', 'z1', 'z2']);
    for (const [cluster, failure] of failed) expect(await failures(cluster)).toContainEqual(failure);
    expect(await failures('k2')).toEqual([]);
  });

  it('that were tried again are in the history alone, and one that both tell of counts once', async () => {
    const rows = await rowsOfThen();
    const line = { actor: 'flotilla', kind: 'target', from_state: 'rolling', why: 'crash loop' };
    const { rollouts: stored = [] } = rows;
    const rollout = stored.find(({ commit }) => commit === sha('a'))?.['id'];
    const audit = [
      { ...line, id: 901, fleet: FLEET, at: t(50), subject: 'k3', rollout, to_state: 'failed' },
      { ...line, id: 902, fleet: FLEET, at: t(330), subject: 'k3', rollout, to_state: 'failed' },
      { ...line, id: 903, fleet: FLEET, at: t(-900_000), subject: 'k3', rollout, to_state: 'unreachable' },
      { ...line, id: 904, fleet: 'not/known', at: t(1), subject: 'k3', rollout, to_state: 'failed' },
    ];
    const other = await server.firstSchema({ ...rows, audit });
    const { store: opened } = await other.open();
    const found = await opened.failures(FLEET, c('k3'), t(-1_000_000));
    expect(found.map(({ at, status }) => [at, status])).toEqual([
      [t(320), 'failed'],
      [t(-900_000), 'unreachable'],
    ]);
    // The order of the history goes on where it was.
    await opened.commit({ fleet: FLEET, expectedVersion: 3, at: t(9), audit: [entry('k9', 'after')] });
    expect((await opened.audit(FLEET, { limit: 9 })).map(({ subject, at }) => [subject, at])).toEqual([
      ['k9', t(1)],
      ['k3', t(-900_000)],
      ['k3', t(330)],
      ['k3', t(50)],
    ]);
    await other.close();
  });
});

describe('the ledger after the first schema', () => {
  const stackOf = async (name: string, fleet = FLEET) =>
    (await store.ledger(fleet)).get(c(name))?.proven.map(({ spec: { version }, proof, at }) => [version, proof, at]);

  it.each<[string, string, readonly (readonly [string, string, number])[]]>([
    [
      'has soaked under a rollout, and was found at another spec',
      'k2',
      [
        ['2.0.0', 'soaked', t(300)],
        ['1.0.0', 'adopted', t(100)],
      ],
    ],
    [
      'is on its way from what it soaked at',
      'k1',
      [
        ['2.0.0', 'soaked', t(200)],
        ['1.0.0', 'adopted', t(100)],
      ],
    ],
    ['failed: what it was found at is what it is known to run', 'k3', [['1.0.0', 'adopted', t(100)]]],
    [
      'was there already',
      'k4',
      [
        ['2.0.0', 'adopted', t(210)],
        ['1.0.0', 'adopted', t(100)],
      ],
    ],
    [
      'has soaked in the second release of a plan',
      'c1',
      [
        ['2.0.0', 'soaked', t(400)],
        ['1.0.0', 'adopted', t(100)],
      ],
    ],
    ['was in no rollout', 'idle', [['1.0.0', 'adopted', t(1)]]],
    ['has opted out, and stays where it was', 'out', [['1.0.0', 'adopted', t(1)]]],
    ['is new, and not there yet', 'new', []],
    ['has left, and was found at a spec that only differences tell of', 'old', [['0.9.0', 'adopted', t(90)]]],
  ])('of a cluster that %s', async (_name, cluster, stack) => {
    expect(await stackOf(cluster)).toEqual(stack);
  });

  it('says by which rollout, at the revision of today, what failed, and what was last seen', async () => {
    const ledger = await store.ledger(FLEET);
    const first = ledger.get(c('c1'))?.proven[0];
    expect(first).toMatchObject({
      revision: revisionOf(connect('2.0.0')),
      spec: connect('2.0.0'),
      rollout: summaryOf('a', 'connect-main').id,
    });
    expect(ledger.get(c('k3'))?.failed).toEqual([
      { revision: revisionOf(spec('2.0.0')), version: '2.0.0', rollout: summaryOf('a', 'kafka-main').id, at: t(320) },
    ]);
    expect(ledger.get(c('k2'))?.failed).toEqual([]);
    expect(ledger.get(c('k1'))?.observed).toMatchObject({ dataPlane: 'aws-eu-1', running: { version: '2.0.0' }, receivedAt: t(440) });
    expect(ledger.get(c('k3'))?.observed).toBeUndefined();
    expect(await stackOf('k1', OTHER_FLEET)).toEqual([
      ['1.0.0', 'soaked', t(750)],
      ['0.9.0', 'adopted', t(700)],
    ]);
  });

  it('knows every desired cluster', async () => {
    const ledger = await store.ledger(FLEET);
    expect([...(await store.desired(FLEET)).keys()].filter((name) => !ledger.has(name))).toEqual([]);
  });
});

describe('pull requests of before', () => {
  const info = (over: object = {}) =>
    JSON.stringify({
      number: 7,
      headSha: sha('a'),
      baseRef: 'main',
      author: 'octocat',
      title: 'Kafka "3.9"',
      draft: false,
      state: 'closed',
      merged: true,
      fork: true,
      mergeCommit: sha('c'),
      ...over,
    });
  const planned = { pull: '7', base: sha('b'), info: info(), digest: '0123456789abcdef' };

  it('are rows of their own, whatever of them can be read; what was written on the code host stays', async () => {
    const pulls: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'pull:7': { ...planned, state: 'closed', closings: '2' },
      'pull:8': { ...planned, state: 'open', info: info({ number: 8, mergeCommit: undefined }) },
      'pull:9': { ...planned, state: 'open', info: '{' },
      'pull:10': { ...planned, state: 'closed', base: 'main', digest: 'x' },
      'pull:x': { state: 'open' },
      'comment:7': { head: sha('a') },
    };
    const projections = Object.entries(pulls).map(([key, memo]) => ({ fleet: FLEET, key, remote_id: null, hash: null, memo }));
    const other = await server.firstSchema({ ...(await rowsOfThen()), projections });
    const { store: opened } = await other.open();
    expect(await opened.pull(FLEET, 7)).toMatchObject({
      isOpen: false,
      closings: 2,
      digest: '0123456789abcdef',
      planned: { base: sha('b'), info: { number: 7, title: 'Kafka "3.9"', merged: true, mergeCommit: sha('c') } },
    });
    const open = await opened.openPulls(FLEET);
    // Open ones are planned anew: nobody was asked whether they take protection away.
    expect(open.map(({ number, closings, planned: made }) => [number, closings, made?.info.headSha, made?.base])).toEqual([
      [8, 0, sha('a'), '0'.repeat(40)],
      [9, 0, undefined, undefined],
    ]);
    // An older program counted none: one that is closed was closed once. What cannot be read is looked at again.
    expect(await opened.pull(FLEET, 10)).toStrictEqual({
      ...{ number: 10, isOpen: false, closings: 1, planned: undefined, digest: undefined },
      // Nobody was asked to agree before that was written down.
      asked: undefined,
    });
    expect(await opened.ruleApprovals(FLEET, 8)).toEqual([]);
    expect((await opened.projections(FLEET, '')).map(({ key }) => key)).toEqual(['comment:7', 'pull:x']);
    await other.close();
  });
});

describe('a database of the first schema', () => {
  it('is left alone when a row cannot be read, which is named', async () => {
    const rows = await rowsOfThen();
    const broken = await server.firstSchema({
      ...rows,
      rollout_targets: (rows['rollout_targets'] ?? []).map((row, nth) => (nth === 0 ? { ...row, state: { status: 'odd' } } : row)),
    });
    await expect(broken.open()).rejects.toThrow(/table rollout_targets .* column state.status: one of waiting/);
    const { rows: applied } = await broken.sql.query('select name from flotilla.migrations');
    expect(applied).toEqual([{ name: '0001-initial' }]);
    expect(await broken.count('rollouts')).toBe(7);
    await broken.close();
  });

  it('without rows is a database like any other', async () => {
    const empty = await server.firstSchema({});
    const opened = await empty.open();
    expect(await opened.store.fleets()).toEqual([]);
    await empty.close();
  });
});

describe('jobs in the queue of before, which was another program’s', () => {
  const QUEUE_OF_BEFORE = `
    create schema graphile_worker;
    create table graphile_worker._private_tasks (id int primary key, identifier text not null);
    create table graphile_worker._private_job_queues (id int primary key, queue_name text not null);
    create table graphile_worker._private_jobs (
      id bigint primary key, job_queue_id int, task_id int not null, payload json not null, run_at timestamptz not null, attempts smallint not null,
      max_attempts smallint not null, last_error text, key text, locked_at timestamptz, locked_by text
    );
    insert into graphile_worker._private_tasks values (1, 'tick'), (2, 'publish');
    insert into graphile_worker._private_job_queues values (5, 'tick:acme/clusters');
    insert into graphile_worker._private_jobs values
      (1, 5, 1, '{"fleet": "acme/clusters"}', '2026-11-01T10:00:00Z', 2, 32000, null, 'tick:acme/clusters', now(), 'pool-of-before'),
      (2, null, 2, '{"fleet": "acme/clusters", "what": "drift"}', '2026-11-01T11:00:00Z', 32000, 32000, 'suspended', 'publish', null, null),
      (3, null, 2, '{}', '2026-11-01T12:00:00Z', 1, 32000, null, null, now(), 'pool-of-before')`;

  it('wait in the queue of today, also what ran and what was parked; what was replaced while it ran is gone, and so is the old queue', async () => {
    const earlier = await server.firstSchema({});
    await earlier.sql.query(QUEUE_OF_BEFORE);
    await earlier.open();
    const at = (text: string): number => Date.parse(text);
    const fleet = 'acme/clusters';
    expect(await earlier.waitingJobs()).toEqual([
      {
        key: `tick:${fleet}`,
        task: 'tick',
        queue: `tick:${fleet}`,
        payload: { fleet },
        runAtMs: at('2026-11-01T10:00:00Z'),
        attempts: 2,
        lastError: null,
        parked: false,
      },
      {
        key: 'publish',
        task: 'publish',
        queue: null,
        payload: { fleet, what: 'drift' },
        runAtMs: at('2026-11-01T11:00:00Z'),
        attempts: 1,
        lastError: 'suspended',
        parked: true,
      },
    ]);
    const { rows } = await earlier.sql.query("select from pg_namespace where nspname = 'graphile_worker'");
    expect(rows).toEqual([]);
    await earlier.close();
  });
});
