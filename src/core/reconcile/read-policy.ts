import { calendarOf } from '../calendar/read-rules.ts';
import type { FleetModel } from '../manifest/model.ts';
import { requiredProducts } from '../manifest/requires.ts';
import { capacityOf } from '../model/quantity.ts';
import { duration, durationMs } from '../model/time.ts';
import { type CommandRule, type DataPlanePolicy, DEFAULT_COMMANDS, DEFAULT_SCHEDULE, type Policy, type ProductPolicy } from './policy.ts';

/** @see schemas/fleet.schema.json for the defaults */
const FLEET_MAX_CONCURRENT = 50;
const DRIFT = { interval: '5m', maxIssues: 10, action: 'report' } as const;

/** A time that local mode runs faster, and how short it may become: clocks, timers and reports have limits of their own. */
interface Patience {
  readonly ms: number;
  readonly leastMs: number;
}

/** Twice the longest silence of a healthy data plane: it reports at least every 30 s. */
const EVIDENCE_MAX_AGE: Patience = { ms: 60_000, leastMs: 5_000 };
/** A broker of a large cluster may be silent while it recovers its log; longer than this and a person should know. */
const UNREACHABLE_AFTER: Patience = { ms: 5 * 60_000, leastMs: 10_000 };
/** A broker that is moved by its own platform may be away for a moment. */
const REGRESSION_AFTER: Patience = { ms: 60_000, leastMs: 5_000 };
const DRIFT_INTERVAL_LEAST_MS = 1_000;

/**
 * What holds for all rollouts of the fleet, from the manifests of the default branch.
 *
 * @param speed - how much faster than written times run; 1 outside of local mode.
 */
export function policyOf(model: FleetModel, speed: number): Policy {
  const { maxConcurrent, schedule, drift } = model.fleet.value.spec;
  return {
    fleetMaxConcurrent: capacityOf(maxConcurrent ?? FLEET_MAX_CONCURRENT, model.clusters.size).count,
    dataPlanes: dataPlanesOf(model),
    calendar: calendarOf(model),
    products: productsOf(model, speed),
    evidenceMaxAgeMs: atSpeed(EVIDENCE_MAX_AGE, speed),
    unreachableAfterMs: atSpeed(UNREACHABLE_AFTER, speed),
    regressionAfterMs: atSpeed(REGRESSION_AFTER, speed),
    commands: commandsOf(model),
    schedule: { tick: schedule?.tick ?? DEFAULT_SCHEDULE.tick, sweep: schedule?.sweep ?? DEFAULT_SCHEDULE.sweep },
    drift: {
      intervalMs: atSpeed({ ms: duration(drift?.interval ?? DRIFT.interval), leastMs: DRIFT_INTERVAL_LEAST_MS }, speed),
      maxIssues: drift?.maxIssues ?? DRIFT.maxIssues,
      action: drift?.action ?? DRIFT.action,
    },
  };
}

const atSpeed = ({ ms, leastMs }: Patience, speed: number): number => Math.max(ms / speed, leastMs);

function commandsOf(model: FleetModel): readonly CommandRule[] {
  const given = model.fleet.value.spec.commands;
  if (given === undefined) return DEFAULT_COMMANDS;
  return given.map(({ verbs, teams, users, phases, select }) => ({
    verbs,
    teams: teams ?? [],
    users: users ?? [],
    role: undefined,
    phases,
    select,
  }));
}

function dataPlanesOf(model: FleetModel): readonly DataPlanePolicy[] {
  const clusters = new Map<string, number>();
  for (const { value } of model.clusters.values()) clusters.set(value.spec.dataPlane, (clusters.get(value.spec.dataPlane) ?? 0) + 1);
  return model.fleet.value.spec.dataPlanes.map(({ name, kind, urlFromEnv, context, maxConcurrent }) => ({
    name,
    kind,
    urlFromEnv,
    context,
    maxConcurrent: maxConcurrent === undefined ? undefined : capacityOf(maxConcurrent, clusters.get(name) ?? 0).count,
  }));
}

function productsOf(model: FleetModel, speed: number): Readonly<Record<string, ProductPolicy>> {
  const policies = [...model.products].map(([name, { value }]): [string, ProductPolicy] => {
    const interval = value.spec.upgrades?.minimumInterval;
    const minimumIntervalMs = interval === undefined ? undefined : durationMs(duration(interval) / speed);
    return [name, { document: value, requires: requiredProducts(model, name), minimumIntervalMs }];
  });
  return Object.fromEntries(policies.sort(([a], [b]) => (a < b ? -1 : 1)));
}
