import { describe, expect, it } from 'vitest';
import { policyOf } from '../../../src/core/reconcile/read-policy.ts';
import { cluster, type Documents, fleetModel, freeze, product } from '../../support/fleet-model.ts';

const clusters = Array.from({ length: 40 }, (_, n) => cluster(`c${n}`, {}, { dataPlane: n < 10 ? 'a' : 'b' }));
const policy = (documents: Documents = {}, speed = 1) => policyOf(fleetModel({ clusters, ...documents }), speed);

describe('the policy of a fleet', () => {
  it('has defaults', () => {
    expect(policy()).toMatchObject({
      fleetMaxConcurrent: 50,
      dataPlanes: [{ name: 'aws-eu', kind: 'simulated', urlFromEnv: undefined, context: undefined, maxConcurrent: undefined }],
      calendar: { rules: [] },
      evidenceMaxAgeMs: 60_000,
      unreachableAfterMs: 300_000,
      regressionAfterMs: 60_000,
      schedule: { tick: '*/15 * * * * *', sweep: '*/5 * * * *' },
      drift: { intervalMs: 300_000, maxIssues: 10, action: 'report' },
    });
  });

  it('is as the Fleet says; shares are of its clusters, and of those of the data plane', () => {
    const fleet: Documents['fleet'] = {
      maxConcurrent: '10%',
      dataPlanes: [
        { name: 'a', kind: 'kubernetes', urlFromEnv: 'FLOTILLA_A_URL', context: 'eu', maxConcurrent: '25%' },
        { name: 'b', kind: 'kafka', maxConcurrent: 7 },
      ],
      schedule: { sweep: '0 * * * *' },
      drift: { interval: '1h', action: 'heal', maxIssues: 3 },
    };
    expect(policy({ fleet, freezes: [freeze('f', { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' })] })).toMatchObject({
      fleetMaxConcurrent: 4,
      dataPlanes: [
        { name: 'a', kind: 'kubernetes', urlFromEnv: 'FLOTILLA_A_URL', context: 'eu', maxConcurrent: 2 },
        { name: 'b', kind: 'kafka', urlFromEnv: undefined, context: undefined, maxConcurrent: 7 },
      ],
      calendar: { rules: [{ name: 'f' }] },
      schedule: { tick: '*/15 * * * * *', sweep: '0 * * * *' },
      drift: { intervalMs: 3_600_000, maxIssues: 3, action: 'heal' },
    });
  });

  it('knows each product, and all that it requires', () => {
    const products = [
      product('connect', { requires: ['registry'], upgrades: { minimumInterval: '1d' } }),
      product('registry', { requires: ['kafka'] }),
      product('kafka'),
    ];
    const found = policy({ products }).products;
    expect(Object.entries(found).map(([name, { requires, minimumIntervalMs }]) => [name, requires, minimumIntervalMs])).toEqual([
      ['connect', ['kafka', 'registry'], 86_400_000],
      ['kafka', [], undefined],
      ['registry', ['kafka'], undefined],
    ]);
    expect(found['kafka']?.document).toEqual(products[2]);
  });

  it('runs its times faster in local mode, down to what clocks and reports bear', () => {
    const products = [product('kafka', { upgrades: { minimumInterval: '1h' } })];
    const fast = policy({ products }, 10);
    expect([fast.evidenceMaxAgeMs, fast.unreachableAfterMs, fast.regressionAfterMs, fast.drift.intervalMs]).toEqual([
      6_000, 30_000, 6_000, 30_000,
    ]);
    expect(fast.products['kafka']?.minimumIntervalMs).toBe(360_000);
    const faster = policy({ products }, 1_000_000);
    expect([faster.evidenceMaxAgeMs, faster.unreachableAfterMs, faster.regressionAfterMs, faster.drift.intervalMs]).toEqual([
      5_000, 10_000, 5_000, 1_000,
    ]);
  });

  it('is plain data', () =>
    expect(JSON.parse(JSON.stringify(policy({ products: [product('kafka')] })))).toMatchObject({ products: { kafka: {} } }));
});
