import { formatDuration } from '../../src/core/model/time.ts';
import type { ClusterSpec, FleetSpec, FreezeSpec, PhaseSpec, ReleaseSpec, StrategySpec, WindowSpec } from './fleet-spec.ts';
import { VERSIONS } from './fleet-spec.ts';

const LATER = '2099-01-01T00:00:00Z';

/** The manifests of a fleet, by path: one file for each document, so that the parse of one that did not change is found again. */
export function manifestsOf(spec: FleetSpec): Readonly<Record<string, string>> {
  const files: Record<string, string> = { 'fleet.yaml': fleetText(spec) };
  for (const { name, requires, minimumIntervalMinutes } of spec.products) {
    files[`products/${name}.yaml`] = productText(name, requires, minimumIntervalMinutes);
  }
  for (const one of spec.strategies) files[`strategies/${one.name}.yaml`] = strategyText(one);
  for (const one of spec.releases) files[`releases/${one.name}.yaml`] = releaseText(one);
  for (const one of spec.clusters) files[`clusters/${one.name}.yaml`] = clusterText(one);
  for (const one of spec.windows) files[`calendar/${one.name}.yaml`] = windowText(one);
  for (const one of spec.freezes) files[`calendar/${one.name}.yaml`] = freezeText(one);
  if (spec.broken) files['releases/new.yaml'] = 'kind: Release\nspec: [\n';
  return files;
}

/** What has to be written to go from one fleet to another: `null` removes a file. */
export function editsBetween(before: FleetSpec, after: FleetSpec): Readonly<Record<string, string | null>> {
  const [a, b] = [manifestsOf(before), manifestsOf(after)];
  const edits: Record<string, string | null> = {};
  for (const path of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (a[path] !== b[path]) edits[path] = b[path] ?? null;
  }
  return edits;
}

const head = (kind: string, name: string): string => `apiVersion: flotilla.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec:\n`;
const lines = (...all: readonly (string | undefined)[]): string =>
  all.flatMap((line) => (line === undefined ? [] : [`${line}\n`])).join('');
const seconds = (count: number): string => formatDuration(count * 1_000).replaceAll(' ', '');

function fleetText({ maxConcurrent, dataPlanes }: FleetSpec): string {
  const planes = dataPlanes.map(({ name, maxConcurrent: most }) =>
    most === undefined ? `    - { name: ${name}, kind: simulated }` : `    - { name: ${name}, kind: simulated, maxConcurrent: ${most} }`,
  );
  return `${head('Fleet', 'small')}${lines('  defaultStrategy: standard', `  maxConcurrent: ${maxConcurrent}`, '  dataPlanes:', ...planes)}`;
}

function productText(name: string, requires: readonly string[], minutes: number | undefined): string {
  return `${head('Product', name)}${lines(
    '  workload: { kind: StatefulSet }',
    '  deadline: { base: 4m, perReplica: 2m }',
    requires.length === 0 ? undefined : `  requires: [${requires.join(', ')}]`,
    minutes === undefined ? undefined : `  upgrades: { minimumInterval: ${seconds(minutes * 60)} }`,
    '  versions:',
    ...VERSIONS.map((version) => `    - version: "${version}"`),
  )}`;
}

const PHASE_OF: Readonly<Record<PhaseSpec['of'], readonly string[]>> = {
  canary: ['      select: { matchLabels: { tier: canary } }', '      canary: true'],
  internal: ['      select: { matchLabels: { tier: internal } }'],
  half: ['      cohort: { size: 50% }'],
  rest: ['      rest: true'],
};

function strategyText({ name, phases, maxConcurrent, guardMinutes, rescue, rollback }: StrategySpec): string {
  return `${head('Strategy', name)}${lines(
    `  guard: ${seconds(guardMinutes * 60)}`,
    `  rescue: { maxConcurrent: ${rescue} }`,
    maxConcurrent === undefined ? undefined : `  maxConcurrent: ${maxConcurrent}`,
    rollback === undefined ? undefined : `  rollback: { maxConcurrent: ${rollback.maxConcurrent}, soak: ${seconds(rollback.soakSeconds)} }`,
    '  phases:',
    ...phases.flatMap(phaseLines),
  )}`;
}

function phaseLines(phase: PhaseSpec): readonly string[] {
  const { approvals, maxMinutes } = phase;
  return [
    `    - name: ${phase.name}`,
    ...PHASE_OF[phase.of],
    `      maxConcurrent: ${phase.maxConcurrent}`,
    `      soak: ${seconds(phase.soakSeconds)}`,
    `      bake: ${seconds(phase.bakeSeconds)}`,
    `      budgets: { failed: ${phase.failed}, unreachable: ${phase.unreachable}, deferred: ${phase.deferred} }`,
    ...(approvals === undefined
      ? []
      : [`      approval: { when: ${approvals.when}, count: ${approvals.count}, users: [lead, second, third] }`]),
    ...(maxMinutes === undefined ? [] : [`      maxDuration: ${seconds(maxMinutes * 60)}`]),
  ];
}

function releaseText({ name, product, ring, version, config, flag, strategy, urgency, waived }: ReleaseSpec): string {
  return `${head('Release', name)}${lines(
    `  product: ${product}`,
    `  version: "${version}"`,
    ring === undefined ? '  select: {}' : `  select: { matchLabels: { ring: ${ring} } }`,
    `  strategy: ${strategy}`,
    `  urgency: ${urgency}`,
    '  config:',
    ...Object.entries(config).map(([key, value]) => `    ${key}: ${value}`),
    flag ? '  featureFlags: { fast: true }' : undefined,
    waived ? `  canaryWaiver: { reason: known to work, expires: ${LATER} }` : undefined,
  )}`;
}

function clusterText({ name, product, dataPlane, replicas, tier, ring, pin, optOut }: ClusterSpec): string {
  const metadata = `{ name: ${name}, labels: { tier: ${tier}, ring: ${ring} } }`;
  return `apiVersion: flotilla.dev/v1\nkind: Cluster\nmetadata: ${metadata}\nspec:\n${lines(
    `  product: ${product}`,
    `  dataPlane: ${dataPlane}`,
    `  replicas: ${replicas}`,
    pin === undefined ? undefined : `  pin: { version: "${pin}", reason: wait, expires: ${LATER} }`,
    optOut ? '  optOut: { reason: not now }' : undefined,
  )}`;
}

function windowText({ name, tier, hour, hours }: WindowSpec): string {
  return `${head('Window', name)}${lines(
    `  select: { matchLabels: { tier: ${tier} } }`,
    `  schedule: { cron: "0 ${hour} * * *", duration: ${hours}h }`,
    '  reason: agreed',
  )}`;
}

function freezeText({ name, tier, fromMs, toMs, allowRollback }: FreezeSpec): string {
  return `${head('Freeze', name)}${lines(
    tier === undefined ? undefined : `  select: { matchLabels: { tier: ${tier} } }`,
    `  from: ${iso(fromMs)}`,
    `  to: ${iso(toMs)}`,
    allowRollback ? undefined : '  allowRollback: false',
    '  reason: audit',
  )}`;
}

const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
