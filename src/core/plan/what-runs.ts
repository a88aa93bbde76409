import type { DesiredSpec, Difference } from '../desired/desired.ts';
import { differencesOf, normaliseValue } from '../desired/normalise.ts';
import type { Running } from '../evidence/observation.ts';
import type { StandingOrder } from '../evidence/order.ts';
import type { LedgerEntry } from '../ledger/ledger.ts';
import { provenAt } from '../ledger/record.ts';
import type { Revision } from '../model/ids.ts';

/** What a cluster really runs, as far as it is known: what it was last seen to run, else what it was last proven at. */
export interface WhatRuns {
  /** The spec of ours that it runs. `undefined`: none; it is half-way between two, or somebody changed it by hand. */
  readonly known: { readonly revision: Revision; readonly spec: DesiredSpec } | undefined;
  /** What was seen, where it is no spec of ours. */
  readonly seen: Running | undefined;
  readonly version: string;
}

type Known = NonNullable<WhatRuns['known']>;

/** @param desired - may be what runs there too: a cluster that is new in the manifests often runs it already. */
export function whatRuns(
  entry: LedgerEntry | undefined,
  order: StandingOrder | undefined,
  desired: Known & { readonly dataPlane: string },
): WhatRuns | undefined {
  const running = seenAt(entry, desired.dataPlane);
  const proven = provenAt(entry);
  if (running === undefined) return proven && { known: proven, seen: undefined, version: proven.spec.version };
  const known = knownAs(running, entry?.proven ?? [], order, desired);
  return { known, seen: known === undefined ? running : undefined, version: running.version };
}

/** Was the cluster seen to run just this? Then there is nothing to roll out. */
export function runsAlready(
  entry: LedgerEntry | undefined,
  { spec, dataPlane }: { readonly spec: DesiredSpec; readonly dataPlane: string },
): boolean {
  const running = seenAt(entry, dataPlane);
  return running !== undefined && fits(spec, running);
}

/** What was seen on another data plane says nothing about this one. */
const seenAt = (entry: LedgerEntry | undefined, dataPlane: string): Running | undefined =>
  entry?.observed?.dataPlane === dataPlane ? entry.observed.running : undefined;

function knownAs(running: Running, proven: readonly Known[], order: StandingOrder | undefined, desired: Known): Known | undefined {
  for (const candidate of proven) if (fits(candidate.spec, running)) return candidate;
  if (order !== undefined && fits(order.spec, running)) return order;
  return fits(desired.spec, running) ? desired : undefined;
}

/**
 * Where the desired spec differs from what runs. A setting that is seen there and that neither the desired spec nor the one before it
 * describes is the cluster's own, and no difference; nor is an image that nobody chose.
 */
export function differencesFrom(runs: WhatRuns, desired: DesiredSpec, before: DesiredSpec | undefined): readonly Difference[] {
  const { known, seen } = runs;
  if (known !== undefined) return differencesOf(known.spec, desired);
  if (seen === undefined) return [];
  const described = { ...before?.config, ...desired.config };
  const config = Object.fromEntries(Object.entries(seen.config).filter(([name]) => Object.hasOwn(described, name)));
  const chosen = desired.image !== undefined && seen.image !== undefined;
  return differencesOf({ ...seen, image: chosen ? seen.image : desired.image, config }, desired);
}

/** Is this spec what was seen to run? Asked of every cluster of a release, so it makes no lists. */
function fits(spec: DesiredSpec, running: Running): boolean {
  if (spec.version !== running.version || spec.replicas !== running.replicas) return false;
  if (spec.image !== undefined && running.image !== undefined && spec.image !== running.image) return false;
  for (const name in spec.config) {
    const seen = Object.hasOwn(running.config, name) ? running.config[name] : undefined;
    const wanted = spec.config[name];
    if (seen !== wanted && (seen === undefined || (String(wanted) !== seen && normaliseValue(seen) !== wanted))) return false;
  }
  for (const name in spec.featureFlags) if (spec.featureFlags[name] === true && running.featureFlags[name] !== true) return false;
  for (const name in running.featureFlags) if (running.featureFlags[name] === true && spec.featureFlags[name] !== true) return false;
  return true;
}
