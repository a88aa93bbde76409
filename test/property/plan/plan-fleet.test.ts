import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import type { DesiredState } from '../../../src/core/desired/desired.ts';
import type { Cluster } from '../../../src/core/manifest/generated.ts';
import type { ClusterId } from '../../../src/core/model/ids.ts';
import { assumedLedger } from '../../../src/core/plan/assumed-ledger.ts';
import { type PlannedFleet, planFleet } from '../../../src/core/plan/plan-fleet.ts';
import { parsePlan, planToJson } from '../../../src/core/plan/serialise.ts';
import { FleetLedger } from '../../support/fleet-ledger.ts';
import { cluster, fleetModel, product, release, STANDARD } from '../../support/fleet-model.ts';

const VERSIONS = ['3.8.0', '3.8.1', '3.9.0'] as const;

/** One cluster through three commits, and what became of it. */
interface Story {
  readonly tier: string;
  readonly product: string;
  readonly described: readonly boolean[];
  readonly replicas: readonly number[];
  readonly optOut: readonly boolean[];
  readonly pin: string | undefined;
  /** Of the first two commits, which one it was proven at last; `undefined`: none. */
  readonly proven: 0 | 1 | undefined;
  readonly ordered: 0 | 1 | 2 | undefined;
  readonly seen: { readonly version: string; readonly replicas: number } | undefined;
}

const three = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 3, maxLength: 3 });
const story: fc.Arbitrary<Story> = fc.record({
  tier: fc.constantFrom('canary', 'internal', 'prod'),
  product: fc.constantFrom('kafka', 'connect'),
  described: three(fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false))),
  replicas: three(fc.integer({ min: 3, max: 4 })),
  optOut: three(fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true))),
  pin: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, fc.constantFrom(...VERSIONS)),
  proven: fc.constantFrom(0, 1, 1, undefined),
  ordered: fc.constantFrom(0, 1, 2, undefined, undefined),
  seen: fc.option(fc.record({ version: fc.constantFrom(...VERSIONS), replicas: fc.integer({ min: 3, max: 4 }) }), { nil: undefined }),
});

interface Fleet {
  readonly stories: readonly Story[];
  readonly versions: readonly string[];
}

const fleets: fc.Arbitrary<Fleet> = fc.record({
  stories: fc.array(story, { maxLength: 30 }),
  versions: three(fc.constantFrom(...VERSIONS)),
});

const nameOf = (at: number): string => `c-${(at * 7919) % 1000}`;

function documentOf(one: Story, at: number, when: number): Cluster {
  return cluster(
    nameOf(at),
    { tier: one.tier },
    {
      product: one.product,
      replicas: one.replicas[when] ?? 3,
      ...(one.optOut[when] === true ? { optOut: { reason: 'audit' } } : {}),
      ...(one.pin === undefined ? {} : { pin: { version: one.pin, reason: 'disks', expires: '2030-01-01T00:00:00Z' } }),
    },
  );
}

type Numbered = readonly (readonly [Story, number])[];

function modelAt(stories: Numbered, version: string, when: number, reversed: boolean) {
  const products = [product('kafka'), product('connect', { requires: ['kafka'] })];
  if (reversed) products.reverse();
  const releases = products.map(({ metadata }) => release(`${metadata.name}-all`, { product: metadata.name, version }));
  const clusters = stories.filter(([one]) => one.described[when]).map(([one, at]) => documentOf(one, at, when));
  return fleetModel({ products, releases, clusters, strategies: [STANDARD] });
}

interface Told extends PlannedFleet {
  readonly before: DesiredState;
  readonly desired: DesiredState;
  readonly known: FleetLedger;
}

/** The plan of the third commit, in a fleet in which the first two got as far as the stories tell. */
function tell(stories: Numbered, versions: readonly string[], reversed = false): Told {
  const models = versions.map((version, when) => modelAt(stories, version, when, reversed));
  const line = models.map((model) => computeDesired(model));
  const [first, before, desired, model] = [line[0], line[1], line[2], models[2]];
  if (first === undefined || before === undefined || desired === undefined || model === undefined) throw new Error('three commits');
  const known = new FleetLedger();
  for (const [one, at] of stories) {
    const name = nameOf(at);
    const reached = one.proven === undefined ? [] : one.proven === 0 ? [first] : [first, before];
    const entry = [...assumedLedger(reached)].find(([id]) => id === name)?.[1];
    if (entry !== undefined) known.change(name, () => entry);
    const order = one.ordered === undefined ? undefined : line[one.ordered];
    if (order !== undefined && [...order.keys()].some((id) => id === name)) known.ordered(order, name);
    const { seen } = one;
    if (seen !== undefined && [...desired.keys()].some((id) => id === name)) known.seen(desired, name, seen);
  }
  const { entries: ledger, orders } = known;
  return { before, desired, known, ...planFleet({ model, before, desired, ledger, orders, stops: [] }) };
}

const numbered = (stories: readonly Story[]): Numbered => stories.map((one, at) => [one, at] as const);

const membersOf = ({ plan }: Told): readonly ClusterId[] =>
  plan?.rollouts.flatMap(({ phases }) => phases.flatMap(({ members }) => members)) ?? [];

describe('a plan', () => {
  it('is the same in whatever order documents, entries and orders come', () => {
    fc.assert(
      fc.property(fleets, fc.infiniteStream(fc.integer()), ({ stories, versions }, ranks) => {
        const straight = tell(numbered(stories), versions);
        const shuffled = numbered(stories)
          .map((one) => ({ one, rank: ranks.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ one }) => one);
        const other = tell(shuffled, versions, true);
        expect(other.plan).toEqual(straight.plan);
        expect(new Set(other.problems.map((problem) => JSON.stringify(problem)))).toEqual(
          new Set(straight.problems.map((problem) => JSON.stringify(problem))),
        );
      }),
    );
  });

  it('puts every target into exactly one phase of one rollout, in their order', () => {
    fc.assert(
      fc.property(fleets, ({ stories, versions }) => {
        const told = tell(numbered(stories), versions);
        const members = membersOf(told);
        expect(new Set(members).size).toBe(members.length);
        for (const { targets, phases, limits } of told.plan?.rollouts ?? []) {
          expect(targets.size).toBeGreaterThan(0);
          expect([...targets.keys()]).toEqual(phases.flatMap((phase) => phase.members));
          for (const { name, members: own } of phases) for (const member of own) expect(targets.get(member)?.phase).toBe(name);
          expect(new Set(limits.map(({ id }) => id)).size).toBe(limits.length);
        }
      }),
    );
  });

  it('has as targets exactly what the ledger has not proven, of the releases that changed', () => {
    fc.assert(
      fc.property(fleets, ({ stories, versions }) => {
        const told = tell(numbered(stories), versions);
        const { desired, known, changes } = told;
        const touched = new Set(changes.flatMap((change) => (change.kind === 'removed' ? [] : [change.to.release])));
        const created = new Set(changes.flatMap((change) => (change.kind === 'created' ? [change.to.cluster] : [])));
        const members = new Set(membersOf(told));
        for (const { cluster: id, release: name, revision, optOut, spec } of desired.values()) {
          const entry = known.entries.get(id);
          const order = known.orders.get(id);
          const isHome = entry?.proven[0]?.revision === revision && (order === undefined || order.revision === revision);
          const running = entry?.observed?.running;
          const adopted =
            created.has(id) &&
            running?.version === spec.version &&
            running.replicas === spec.replicas &&
            (order === undefined || order.revision === revision);
          expect([id, members.has(id)]).toEqual([id, touched.has(name) && optOut === undefined && !isHome && !adopted]);
        }
        for (const member of members) expect(desired.has(member)).toBe(true);
      }),
    );
  });

  it('accounts for every change', () => {
    fc.assert(
      fc.property(fleets, ({ stories, versions }) => {
        const told = tell(numbered(stories), versions);
        const excluded = new Set(told.plan?.excluded.map(({ cluster: id }) => id));
        const members = new Set(membersOf(told));
        for (const id of excluded) expect(members.has(id)).toBe(false);
        expect(told.plan?.removed ?? []).toEqual(
          told.changes.flatMap((change) => (change.kind === 'removed' ? [change.from.cluster] : [])),
        );
      }),
    );
  });

  it('goes back only to what was proven there, and never up', () => {
    fc.assert(
      fc.property(fleets, ({ stories, versions }) => {
        const { plan, known } = tell(numbered(stories), versions);
        for (const { targets, kind, phases } of plan?.rollouts ?? []) {
          for (const { cluster: id, kind: own, revision, spec, from } of targets.values()) {
            const proven = known.entries.get(id)?.proven.some((one) => one.revision === revision) === true;
            const runs = known.entries.get(id)?.observed?.running.version ?? known.orders.get(id)?.spec.version ?? from?.version ?? '';
            expect([id, own]).toEqual([id, proven && spec.version <= runs ? 'rollback' : 'rollout']);
          }
          const all = [...targets.values()].every((target) => target.kind === 'rollback');
          expect(kind).toBe(all ? 'rollback' : 'rollout');
          for (const { kind: own, members } of phases)
            if (members.length > 0) expect(own).toBe(members.every((id) => targets.get(id)?.kind === 'rollback') ? 'rollback' : 'rollout');
        }
      }),
    );
  });

  it('comes back from the database as it went in', () => {
    fc.assert(
      fc.property(fleets, ({ stories, versions }) => {
        const { plan } = tell(numbered(stories), versions);
        if (plan !== undefined) expect(parsePlan(JSON.parse(JSON.stringify(planToJson(plan))))).toEqual({ ok: true, value: plan });
      }),
    );
  });

  it('leaves nothing to plan once the ledger says that it was done', () => {
    fc.assert(
      fc.property(fleets, ({ stories, versions }) => {
        const models = versions.map((version, when) => modelAt(numbered(stories), version, when, false));
        const line = models.map((model) => computeDesired(model));
        const [model, desired, before] = [models[2], line[2], line[1]];
        if (model === undefined || desired === undefined || before === undefined) throw new Error('three commits');
        const { plan } = planFleet({ model, before, desired, ledger: assumedLedger(line), orders: new Map(), stops: [] });
        expect(plan?.rollouts ?? []).toEqual([]);
      }),
    );
  });
});
