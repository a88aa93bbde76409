import { type Kysely, sql } from 'kysely';
import type { Decoded } from '../../../../core/model/decode.ts';
import type { Instant } from '../../../../core/model/time.ts';
import { inChunks, jsonb, recordset } from '../../rows.ts';
import { convertPlan } from './convert-plan.ts';
import { convertRollouts } from './convert-rollouts.ts';
import { FirstRows } from './first-rows.ts';
import { KnownSpecs } from './known-specs.ts';
import type { desiredBefore } from './rows-before.ts';
import { LedgerSeed } from './seed-ledger.ts';

/** Everything of one fleet. */
export async function convertFleet(db: Kysely<unknown>, fleet: string): Promise<void> {
  const before = new FirstRows(db, fleet);
  const known = new KnownSpecs();
  const desired = await before.desired();
  const orders = await before.orders();
  for (const { revision, spec } of [...desired, ...orders]) known.learn(revision, spec);
  for (const digest of await before.digests())
    for (const target of Object.values((await before.plan(digest)).targets)) known.learnTarget(target);

  const ledger = new LedgerSeed(known);
  const idFor = await convertRollouts(before, ledger);
  for (const digest of await before.digests()) {
    const plan = convertPlan(await before.plan(digest), known);
    await sql`update plans set plan = ${jsonb(plan)} where fleet = ${fleet} and digest = ${digest}`.execute(db);
  }
  await seed(before, ledger, desired);

  const renamed = orders.map((order) => ({ ...order, to: order.rollout === undefined ? undefined : idFor(order.rollout, order.cluster) }));
  for (const some of inChunks(renamed.filter(({ revision, rollout, to }) => known.revisionOf(revision) !== revision || to !== rollout))) {
    const rows = some.map(({ cluster, revision, spec, to }) => ({ cluster, rollout: to, ...known.learn(revision, spec) }));
    await sql`
      update orders set revision = x.revision, spec = x.spec, rollout = x.rollout
      from ${recordset(rows, { cluster: 'text', revision: 'text', spec: 'jsonb', rollout: 'text' })}
      where orders.fleet = ${fleet} and orders.cluster = x.cluster`.execute(db);
  }
  for (const some of inChunks(desired.filter(({ revision }) => known.revisionOf(revision) !== revision))) {
    const rows = some.map(({ cluster, revision, spec }) => ({ cluster, ...known.learn(revision, spec) }));
    await sql`
      update desired set revision = x.revision, spec = x.spec
      from ${recordset(rows, { cluster: 'text', revision: 'text', spec: 'jsonb' })}
      where desired.fleet = ${fleet} and desired.cluster = x.cluster`.execute(db);
  }
}

async function seed(before: FirstRows, ledger: LedgerSeed, desired: readonly Decoded<typeof desiredBefore>[]): Promise<void> {
  const first = new Map<string, { readonly revision: string; readonly at: Instant }>();
  const last = new Map<string, Instant>();
  for (const { cluster, revision, at } of await before.history()) {
    if (!first.has(cluster)) first.set(cluster, { revision, at });
    last.set(cluster, at);
  }
  for (const { cluster, revision, opt_out: optOut } of desired) {
    const inStep = (optOut && first.get(cluster)) ?? { revision, at: last.get(cluster) };
    ledger.adopt(cluster, inStep.revision, inStep.at);
  }
  for (const { cluster, observation } of await before.observations()) {
    const { kind, dataPlane, running, sampledAt } = observation;
    if (kind === 'observed') ledger.see(cluster, { dataPlane, running, receivedAt: sampledAt });
  }
  for (const some of inChunks(ledger.rows())) {
    await sql`
      insert into ledger (fleet, cluster, proven, observed, failed)
      select ${before.fleet}, x.cluster, x.proven, x.observed, x.failed
      from ${recordset(some, { cluster: 'text', proven: 'jsonb', observed: 'jsonb', failed: 'jsonb' })}`.execute(before.db);
  }
}
