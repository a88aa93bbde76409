import type { CalendarRule } from '../../../src/core/calendar/rules.ts';
import type { Product } from '../../../src/core/manifest/generated.ts';
import { type DurationMs, durationMs } from '../../../src/core/model/time.ts';
import { DEFAULT_SCHEDULE, type Policy, type ProductPolicy } from '../../../src/core/reconcile/policy.ts';
import { PRODUCT, version } from './plans.ts';

const VERSIONS = 100;

export interface ProductShape {
  readonly skipMinors?: boolean;
  readonly requires?: readonly string[];
  readonly minimumIntervalMs?: number;
}

/** A product that lists every version of the small world. */
export function productPolicy(name: string, { skipMinors = true, requires = [], minimumIntervalMs }: ProductShape = {}): ProductPolicy {
  const document: Product = {
    apiVersion: 'flotilla.dev/v1',
    kind: 'Product',
    metadata: { name },
    spec: {
      workload: { kind: 'StatefulSet' },
      versions: Array.from({ length: VERSIONS }, (_, number) => ({ version: version(number) })),
      upgrades: { skipMinors },
    },
  };
  const interval: DurationMs | undefined = minimumIntervalMs === undefined ? undefined : durationMs(minimumIntervalMs);
  return { document, requires, minimumIntervalMs: interval };
}

/** Nothing in the way: each test narrows what it is about. */
export const POLICY: Policy = {
  fleetMaxConcurrent: 100,
  dataPlanes: [],
  calendar: { rules: [] },
  products: { [PRODUCT]: productPolicy(PRODUCT) },
  evidenceMaxAgeMs: 60_000,
  unreachableAfterMs: 300_000,
  regressionAfterMs: 120_000,
  commands: [],
  schedule: DEFAULT_SCHEDULE,
  drift: { intervalMs: 3_600_000, maxIssues: 10, action: 'report' },
};

export const dataPlane = (name: string, maxConcurrent: number) => ({
  name,
  kind: 'simulated',
  urlFromEnv: undefined,
  context: undefined,
  maxConcurrent,
});

/** A freeze, or a window, from one instant to just before another. */
export const ruleOf = (kind: CalendarRule['kind'], fromMs: number, toMs: number, more: Partial<CalendarRule> = {}): CalendarRule => ({
  kind,
  name: `${kind}-${fromMs}`,
  select: {},
  products: [],
  when: { kind: 'range', fromMs, toMs },
  scope: 'all',
  allowRollback: true,
  allowExpedite: false,
  overrun: 'finish',
  reason: 'by hand',
  ...more,
});
