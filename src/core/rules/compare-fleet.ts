import type { Product } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import { canonicalJson } from '../model/hash.ts';
import { type Compared, compareAllowance, compareHaste, comparePatience, comparePermission, compareText, msOf } from './compare-values.ts';
import type { RuleBook } from './rule-book.ts';
import type { RuleEffect, RuleKind } from './rule-change.ts';
import { clustersOf, groupPairs, type SubjectPair } from './subject.ts';

/** What the Fleet says of all clusters, and of those on each data plane. */
export function compareFleet(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[]): void {
  const [was, is] = [before.fleet.value.spec, after.fleet.value.spec];
  const all = clustersOf(pairs);
  const note = (kind: RuleKind, name: string, compared: Compared | undefined, clusters = all): void => {
    if (compared !== undefined) book.add({ kind, name, ...compared }, clusters);
  };
  note('limit', 'fleet', compareAllowance(was.maxConcurrent ?? FLEET_MAX, is.maxConcurrent ?? FLEET_MAX, all.length));
  note('drift', 'fleet', compareText(was.drift?.action ?? 'report', is.drift?.action ?? 'report'));
  for (const { name, kind } of was.signals ?? []) {
    const isGone = is.signals?.every((signal) => signal.name !== name || signal.kind !== kind) ?? true;
    if (isGone) note('signal', name, { effect: 'loses', before: kind, after: undefined });
  }
  const planesBefore = new Map(was.dataPlanes.map((plane) => [plane.name, plane]));
  const planesAfter = new Map(is.dataPlanes.map((plane) => [plane.name, plane]));
  for (const group of groupPairs(pairs, (pair) => JSON.stringify([pair.was.dataPlane, pair.is.dataPlane])).values()) {
    const [first] = group;
    const [then, next] = first === undefined ? [] : [planesBefore.get(first.was.dataPlane), planesAfter.get(first.is.dataPlane)];
    if (then === undefined || next === undefined) continue;
    note('limit', next.name, compareAllowance(then.maxConcurrent, next.maxConcurrent, group.length), clustersOf(group));
    if (then.name === next.name) note('data-plane', next.name, compareText(reached(then), reached(next)), clustersOf(group));
  }
}

/** @see schemas/fleet.schema.json for the default */
const FLEET_MAX = 50;

const reached = ({ kind, urlFromEnv, context }: { kind: string; urlFromEnv?: string; context?: string }): string =>
  [kind, ...(urlFromEnv === undefined ? [] : [`at ${urlFromEnv}`]), ...(context === undefined ? [] : [`context ${context}`])].join(', ');

/** Waivers of releases. */
export function compareWaivers(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[]): void {
  for (const [name, { value }] of after.releases) {
    const [was, is] = [before.releases.get(name)?.value.spec.canaryWaiver, value.spec.canaryWaiver];
    if ((was === undefined) === (is === undefined)) continue;
    const clusters = clustersOf(pairs.filter((pair) => pair.is.release === name));
    const compared = comparePermission(was !== undefined, is !== undefined, `no canary needed: ${(is ?? was)?.reason ?? ''}`);
    if (compared !== undefined) book.add({ kind: 'waiver', name, ...compared }, clusters);
  }
}

/** What a Product allows, asks for and listens to. */
export function compareProducts(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[]): void {
  for (const group of groupPairs(pairs, (pair) => JSON.stringify([pair.was.product, pair.is.product])).values()) {
    const [first] = group;
    const [was, is] =
      first === undefined ? [] : [before.products.get(first.was.product)?.value, after.products.get(first.is.product)?.value];
    if (was === undefined || is === undefined || was.metadata.name !== is.metadata.name || was === is) continue;
    for (const { kind, name, ...compared } of compareProduct(was, is))
      book.add({ kind, name: name === undefined ? is.metadata.name : `${is.metadata.name}, ${name}`, ...compared }, clustersOf(group));
  }
}

type Found = Compared & { readonly kind: RuleKind; readonly name: string | undefined };

function compareProduct({ spec: was }: Product, { spec: is }: Product): readonly Found[] {
  const found: Found[] = [];
  const note = (kind: RuleKind, compared: Compared | undefined, name?: string): void => {
    if (compared !== undefined) found.push({ kind, name, ...compared });
  };
  note('upgrade', comparePermission(was.upgrades?.skipMinors ?? false, is.upgrades?.skipMinors ?? false, 'minor versions may be skipped'));
  note('upgrade', compareDowngrade(was.upgrades?.downgrade ?? 'minor', is.upgrades?.downgrade ?? 'minor'));
  note('upgrade', comparePatience(msOf(was.upgrades?.minimumInterval), msOf(is.upgrades?.minimumInterval)), 'time between upgrades');
  for (const change of compareVersions(was, is)) note('upgrade', change, change.version);
  for (const [kind, name, effect] of missing('requirement', was.requires, is.requires)) note(kind, list(name, effect), name);
  for (const [kind, name, effect] of missing('alert', was.criticalAlerts, is.criticalAlerts)) note(kind, list(name, effect), name);
  for (const change of compareHealthChecks(was, is)) note('health-check', change, change.check);
  note('deadline', compareHaste(msOf(was.deadline?.base, BASE), msOf(is.deadline?.base, BASE)), 'base');
  note(
    'deadline',
    compareHaste(msOf(was.deadline?.perReplica, PER_REPLICA), msOf(is.deadline?.perReplica, PER_REPLICA)),
    'for each replica',
  );
  return found;
}

/** @see schemas/product.schema.json for the defaults */
const [BASE, PER_REPLICA] = ['10m', '5m'];
const DOWNGRADES = ['none', 'patch', 'minor'] as const;

function compareDowngrade(before: (typeof DOWNGRADES)[number], after: (typeof DOWNGRADES)[number]): Compared | undefined {
  if (before === after) return undefined;
  const isMore = DOWNGRADES.indexOf(after) > DOWNGRADES.indexOf(before);
  return { effect: isMore ? 'loses' : 'gains', before: `back by ${before}`, after: `back by ${after}` };
}

/** A version that is new could not be reached before: what it says of itself takes nothing away. */
function compareVersions(was: Product['spec'], is: Product['spec']): readonly (Compared & { version: string })[] {
  const known = new Map(was.versions.map((entry) => [entry.version, entry]));
  return is.versions.flatMap(({ version, withdrawn, from = [] }) => {
    const before = known.get(version);
    if (before === undefined) return [];
    const jumps = from.filter((one) => before.from?.includes(one) !== true);
    const [isBack, isOut] = [
      before.withdrawn !== undefined && withdrawn === undefined,
      before.withdrawn === undefined && withdrawn !== undefined,
    ];
    return [
      ...(isBack ? [{ version, effect: 'loses' as const, before: 'withdrawn', after: 'may be rolled out' }] : []),
      ...(isOut ? [{ version, effect: 'gains' as const, before: 'may be rolled out', after: 'withdrawn' }] : []),
      ...(jumps.length > 0 ? [{ version, effect: 'loses' as const, before: undefined, after: `also from ${jumps.join(', ')}` }] : []),
    ];
  });
}

function missing(
  kind: 'requirement' | 'alert',
  was: readonly string[] = [],
  is: readonly string[] = [],
): readonly (readonly [typeof kind, string, 'loses' | 'gains'])[] {
  return [
    ...was.filter((name) => !is.includes(name)).map((name) => [kind, name, 'loses'] as const),
    ...is.filter((name) => !was.includes(name)).map((name) => [kind, name, 'gains'] as const),
  ];
}

const list = (name: string, effect: 'loses' | 'gains'): Compared =>
  effect === 'loses' ? { effect, before: name, after: undefined } : { effect, before: undefined, after: name };

function compareHealthChecks(was: Product['spec'], is: Product['spec']): readonly (Compared & { check: string })[] {
  const after = new Map((is.healthChecks ?? []).map((check) => [check.name, check]));
  const before = new Map((was.healthChecks ?? []).map((check) => [check.name, check]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((check) => {
    const [old, fresh] = [before.get(check), after.get(check)];
    if (canonicalJson(old ?? null) === canonicalJson(fresh ?? null)) return [];
    return [{ check, effect: healthCheckEffect(old, fresh), before: checkText(old), after: checkText(fresh) }];
  });
}

type HealthCheck = NonNullable<Product['spec']['healthChecks']>[number];

/** What another question finds cannot be told by its text: it may find less. */
function healthCheckEffect(old: HealthCheck | undefined, fresh: HealthCheck | undefined): RuleEffect {
  if (fresh === undefined) return 'loses';
  if (old === undefined) return 'gains';
  return old.query !== fresh.query || msOf(fresh.after) > msOf(old.after) ? 'loses' : 'gains';
}

const checkText = (check: HealthCheck | undefined): string | undefined =>
  check && (check.after === undefined ? check.query : `${check.query} (after ${check.after})`);
