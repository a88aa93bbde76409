import { calendarOf } from '../core/calendar/read-rules.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import { capacityOf } from '../core/model/quantity.ts';
import type { Policy } from '../core/reconcile/decision.ts';

/** Without a limit of its own, a fleet moves at most this many clusters at once. @see schemas/fleet.schema.json */
const FLEET_MAX_CONCURRENT = 50;
/** Twice the longest silence of a healthy data plane: it reports at least every 30 s. */
const EVIDENCE_MAX_AGE_MS = 60_000;
/** A broker of a large cluster may be silent while it recovers its log; longer than this and a person should know. */
const UNREACHABLE_AFTER_MS = 5 * 60_000;

const policies = new WeakMap<FleetModel, { readonly speed: number; readonly policy: Policy }>();

/** What holds for all rollouts of the fleet, read from the manifests of the default branch. Made once for each model. */
export function policyOf(model: FleetModel, speed: number): Policy {
  const known = policies.get(model);
  if (known?.speed === speed) return known.policy;
  const { spec } = model.fleet.value;
  const clustersOf = new Map<string, number>();
  for (const { value } of model.clusters.values()) clustersOf.set(value.spec.dataPlane, (clustersOf.get(value.spec.dataPlane) ?? 0) + 1);
  const limits = spec.dataPlanes.flatMap(({ name, maxConcurrent }) =>
    maxConcurrent === undefined ? [] : [[name, capacityOf(maxConcurrent, clustersOf.get(name) ?? 0).count] as const],
  );
  const policy: Policy = {
    fleetMaxConcurrent: capacityOf(spec.maxConcurrent ?? FLEET_MAX_CONCURRENT, model.clusters.size).count,
    dataPlaneMaxConcurrent: new Map(limits),
    calendar: calendarOf(model),
    evidenceMaxAgeMs: Math.max(EVIDENCE_MAX_AGE_MS / speed, 5_000),
    unreachableAfterMs: Math.max(UNREACHABLE_AFTER_MS / speed, 10_000),
  };
  policies.set(model, { speed, policy });
  return policy;
}
