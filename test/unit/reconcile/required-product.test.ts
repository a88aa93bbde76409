import { describe, expect, it } from 'vitest';
import { applyCommand } from '../../../src/core/command/apply-command.ts';
import type { RolloutCommand } from '../../../src/core/command/command.ts';
import { Scene } from '../../support/engine/scene.ts';
import type { PlanShape } from '../../support/small-world/plans.ts';
import { POLICY, productPolicy } from '../../support/small-world/policy.ts';

const KAFKA: PlanShape = { from: 1, to: 2, phases: [{ members: ['east-a'], soakMs: 30_000 }] };
const CONNECT: PlanShape = {
  from: 1,
  to: 2,
  phases: [{ members: ['east-b'] }],
  rollout: { product: 'connect', release: 'connect', requires: ['kafka', 'schema-registry'] },
};

/** Connect waits for Kafka. */
function waiting(): Scene {
  const scene = new Scene(KAFKA);
  scene.policy = { ...POLICY, products: { kafka: productPolicy('kafka'), connect: productPolicy('connect') } };
  scene.land(CONNECT);
  scene.decide(0);
  expect(scene.hold('east-b', 1)).toBe('required-product: kafka r1');
  return scene;
}

function waive(scene: Scene, more: Partial<RolloutCommand>): string {
  const { rollouts, stops, desired, ledger, now } = scene;
  const input = { rollouts, rollout: scene.rollout(1), stops, desired, ledger, now };
  const applied = applyCommand(input, { verb: 'waive', rollout: scene.state(1).id, by: 'ada', reason: 'does not matter', ...more });
  if (!applied.ok) return applied.error;
  for (const { next } of applied.value.rollouts) scene.change(next, 1);
  return 'waived';
}

describe('a required product that is not done', () => {
  it('can be passed by name, with a reason', () => {
    const scene = waiting();
    expect(waive(scene, { product: 'kafka' })).toBe('waived');
    expect(scene.decide(1_000).given).toEqual(['run east-b #1']);
    expect(scene.state(1).overrides).toMatchObject([{ kind: 'requirement', product: 'kafka', by: 'ada', reason: 'does not matter' }]);
  });

  it('is passed for that product alone', () => {
    const scene = waiting();
    expect(waive(scene, { product: 'schema-registry' })).toBe('waived');
    expect(scene.decide(1_000).given).toEqual([]);
  });

  it.each([
    [
      'a product that it does not require',
      { product: 'ksqldb' },
      'release connect does not require ksqldb; it requires kafka, schema-registry',
    ],
    [
      'nothing by name',
      {},
      'no canary phase is left to be waived; to start before a product that it requires, name that: product kafka, schema-registry',
    ],
  ])('is not passed for %s', (_, more, words) => {
    expect(waive(waiting(), more)).toBe(words);
  });

  it('is not passed twice', () => {
    const scene = waiting();
    waive(scene, { product: 'kafka' });
    expect(waive(scene, { product: 'kafka' })).toBe('ada lets it start before kafka is done already: does not matter');
  });
});
