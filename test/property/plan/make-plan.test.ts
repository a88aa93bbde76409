import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeDesired } from '../../../src/core/desired/compute-desired.ts';
import { diffDesired } from '../../../src/core/desired/diff-desired.ts';
import type { Cluster } from '../../../src/core/manifest/generated.ts';
import { makePlan } from '../../../src/core/plan/make-plan.ts';
import { cluster, fleetModel, product, release, STANDARD } from '../../support/fleet-model.ts';

interface Shape {
  readonly tier: string;
  readonly product: string;
  readonly before: boolean;
  readonly after: boolean;
  readonly optOut: boolean;
  readonly replicas: number;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  tier: fc.constantFrom('canary', 'internal', 'prod'),
  product: fc.constantFrom('kafka', 'connect'),
  before: fc.boolean(),
  after: fc.boolean(),
  optOut: fc.boolean(),
  replicas: fc.integer({ min: 1, max: 5 }),
});

const documentOf = (shape: Shape, at: number): Cluster =>
  cluster(
    `c-${(at * 7919) % 1000}`,
    { tier: shape.tier },
    { product: shape.product, replicas: shape.replicas, ...(shape.optOut ? { optOut: { reason: 'audit' } } : {}) },
  );

function modelOf(clusters: readonly Cluster[], version: string, reversed: boolean) {
  const products = [product('kafka'), product('connect', { requires: ['kafka'] })];
  if (reversed) products.reverse();
  const releases = products.map(({ metadata }) => release(`${metadata.name}-all`, { product: metadata.name, version }));
  return fleetModel({ products, releases, clusters, strategies: [STANDARD] });
}

/** A change of a fleet, and the same with every list in another order. */
const change = fc.array(shape, { maxLength: 40 }).chain((shapes) =>
  fc.record({
    shapes: fc.constant(shapes),
    order: fc.shuffledSubarray([...shapes.keys()], { minLength: shapes.length }),
    version: fc.constantFrom('3.8.0', '3.9.0'),
  }),
);

function planOf(shapes: readonly (readonly [Shape, number])[], version: string, reversed = false) {
  const pick = (when: 'before' | 'after') => shapes.filter(([one]) => one[when]).map(([one, at]) => documentOf(one, at));
  const model = modelOf(pick('after'), version, reversed);
  const changes = diffDesired(computeDesired(modelOf(pick('before'), '3.8.0', reversed)), computeDesired(model));
  return { model, changes, ...makePlan({ model, changes, earlier: new Map() }) };
}

describe('a plan', () => {
  it('is the same in whatever order documents and changes come', () => {
    fc.assert(
      fc.property(change, fc.func(fc.integer()), ({ shapes, order, version }, rank) => {
        const numbered = shapes.map((one, at) => [one, at] as const);
        const straight = planOf(numbered, version);
        const reordered = order.flatMap((at) => numbered.slice(at, at + 1));
        const shuffled = planOf(reordered, version, true);
        const mixed = [...straight.changes].sort((a, b) => rank(a) - rank(b));
        const again = makePlan({ model: straight.model, changes: mixed, earlier: new Map() });
        expect(shuffled.plan).toEqual(straight.plan);
        expect([shuffled.plan.digest, again.plan.digest]).toEqual([straight.plan.digest, straight.plan.digest]);
      }),
    );
  });

  it('puts every target into exactly one phase, and every change somewhere', () => {
    fc.assert(
      fc.property(change, ({ shapes, version }) => {
        const { plan, changes, problems } = planOf(
          shapes.map((one, at) => [one, at] as const),
          version,
        );
        expect(problems).toEqual([]);
        const members = plan.phases.flatMap((phase) => phase.members);
        expect([...members].sort()).toEqual(Object.keys(plan.targets).sort());
        for (const { id, members } of plan.phases) for (const member of members) expect(plan.targets[member]?.phase).toBe(id);
        const accounted = members.length + plan.excluded.length + plan.removed.length;
        expect(accounted).toBe(changes.length);
      }),
    );
  });

  it('names phases that it has, and only earlier ones, to wait for', () => {
    fc.assert(
      fc.property(change, ({ shapes, version }) => {
        const { plan } = planOf(
          shapes.map((one, at) => [one, at] as const),
          version,
        );
        const seen = new Set<string>();
        for (const phase of plan.phases) {
          for (const before of phase.after) expect(seen).toContain(before);
          seen.add(phase.id);
        }
      }),
    );
  });
});
