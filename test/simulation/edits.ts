import type { Random } from '../support/small-world/random.ts';
import { type ClusterSpec, clusterOf, type FleetSpec, type ReleaseSpec, strategy, URGENCIES, VERSIONS } from './fleet-spec.ts';

/** A change of the manifests that somebody merges. */
export interface Edit {
  readonly title: string;
  readonly next: FleetSpec;
}

interface Context {
  readonly random: Random;
  readonly spec: FleetSpec;
  /** What was in force before, oldest first. */
  readonly history: readonly FleetSpec[];
  readonly nowMs: number;
}

/** How often each kind of change is made, and how. `undefined`: it makes no sense now. */
const EDITS: readonly (readonly [number, (context: Context) => Edit | undefined])[] = [
  [10, upgrade],
  [7, revert],
  [3, revertWithOneMore],
  [3, revertUnderFreeze],
  [3, changeConfig],
  [2, quoteConfig],
  [2, changeStrategy],
  [2, changeLimits],
  [5, freeze],
  [1, thaw],
  [1, moveWindow],
  [2, join],
  [1, leave],
  [2, optOutOrIn],
  [2, pinOrUnpin],
  [1, breakOrFix],
  [1, waiveCanary],
];

const TOTAL = EDITS.reduce((sum, [weight]) => sum + weight, 0);

export function randomEdit(context: Context): Edit | undefined {
  let at = context.random.below(TOTAL);
  for (const [weight, make] of EDITS) {
    at -= weight;
    if (at < 0) return make(context);
  }
  return undefined;
}

const withRelease = (spec: FleetSpec, next: ReleaseSpec): FleetSpec => ({
  ...spec,
  releases: spec.releases.map((one) => (one.name === next.name ? next : one)),
});
const withCluster = (spec: FleetSpec, next: ClusterSpec): FleetSpec => ({
  ...spec,
  clusters: spec.clusters.map((one) => (one.name === next.name ? next : one)),
});

const orderOf = (version: string): number => [...VERSIONS].map(String).indexOf(version);

/** The next version of one release; at times of all of them at once. */
export function upgrade({ random, spec }: Context): Edit | undefined {
  const chosen = random.chance(0.3) ? spec.releases : spec.releases.slice(random.below(spec.releases.length)).slice(0, 1);
  const urgency = random.chance(0.6) ? 'routine' : random.pick(URGENCIES);
  let next = spec;
  const words: string[] = [];
  for (const release of chosen) {
    const at = orderOf(release.version);
    const version = VERSIONS[at + 1] ?? VERSIONS[at - 1];
    if (version === undefined) continue;
    words.push(`${release.name} ${version}`);
    next = withRelease(next, { ...release, version, urgency });
  }
  return words.length === 0 ? undefined : { title: `${urgency} ${words.join(', ')}`, next };
}

/** The releases as they were at some time before; everything else stays. */
function revert({ random, spec, history }: Context): Edit | undefined {
  const back = history[Math.max(0, history.length - 1 - (random.chance(0.7) ? 1 : random.below(4)))];
  if (back === undefined) return undefined;
  const releases = spec.releases.map((one) => {
    const old = back.releases.find(({ name }) => name === one.name);
    return old === undefined ? one : { ...old, strategy: one.strategy, waived: one.waived };
  });
  if (JSON.stringify(releases) === JSON.stringify(spec.releases)) return undefined;
  return { title: `revert to ${releases.map(({ name, version }) => `${name} ${version}`).join(', ')}`, next: { ...spec, releases } };
}

function revertWithOneMore(context: Context): Edit | undefined {
  const edit = revert(context);
  const [release] = edit?.next.releases ?? [];
  if (edit === undefined || release === undefined) return undefined;
  const config = { ...release.config, retention: String(1 + context.random.below(4)) };
  return { title: `${edit.title}, and one more line`, next: withRelease(edit.next, { ...release, config }) };
}

/** Whoever goes back may forget that nothing may be touched now. */
function revertUnderFreeze(context: Context): Edit | undefined {
  const edit = revert(context);
  const frozen = freeze(context);
  if (edit === undefined || frozen === undefined) return edit;
  return { title: `${edit.title}, with ${frozen.title}`, next: { ...edit.next, freezes: frozen.next.freezes } };
}

function anyRelease({ random, spec }: Context): ReleaseSpec | undefined {
  return random.pickAny(spec.releases);
}

function changeConfig(context: Context): Edit | undefined {
  const release = anyRelease(context);
  if (release === undefined) return undefined;
  const { random, spec } = context;
  if (random.chance(0.3)) return { title: `${release.name} flag`, next: withRelease(spec, { ...release, flag: !release.flag }) };
  const config = { ...release.config, threads: String(2 + random.below(3)) };
  return { title: `${release.name} threads ${config.threads}`, next: withRelease(spec, { ...release, config }) };
}

/** Nothing but the writing changes. */
function quoteConfig(context: Context): Edit | undefined {
  const release = anyRelease(context);
  if (release === undefined) return undefined;
  const config = Object.fromEntries(
    Object.entries(release.config).map(([key, value]) => [key, value.startsWith('"') ? value.slice(1, -1) : `"${value}"`]),
  );
  return { title: `${release.name} quotes`, next: withRelease(context.spec, { ...release, config }) };
}

function changeStrategy({ random, spec }: Context): Edit {
  const name = random.pick(['standard', 'other']);
  const strategies = spec.strategies.map((one) => (one.name === name ? strategy(name, random) : one));
  return { title: `strategy ${name}`, next: { ...spec, strategies } };
}

function changeLimits({ random, spec }: Context): Edit {
  const dataPlanes = spec.dataPlanes.map((one) => ({ ...one, maxConcurrent: random.chance(0.5) ? 1 + random.below(3) : undefined }));
  return { title: 'limits', next: { ...spec, maxConcurrent: 1 + random.below(6), dataPlanes } };
}

const HOUR = 3_600_000;

function freeze({ random, spec, nowMs }: Context): Edit | undefined {
  if (spec.freezes.length > 1) return undefined;
  const fromMs = Math.floor(nowMs / 60_000) * 60_000 + random.pick([0, 0, 600_000, HOUR]);
  const added = {
    name: `freeze-${spec.freezes.length + 1}`,
    tier: random.pick([undefined, 'customer', 'canary', 'internal'] as const),
    fromMs,
    toMs: fromMs + random.pick([HOUR, 6 * HOUR, 48 * HOUR]),
    allowRollback: random.chance(0.5),
  };
  return { title: `${added.name} of ${added.tier ?? 'all'}`, next: { ...spec, freezes: [...spec.freezes, added] } };
}

function thaw({ spec }: Context): Edit | undefined {
  return spec.freezes.length === 0 ? undefined : { title: 'thaw', next: { ...spec, freezes: [] } };
}

function moveWindow({ random, spec }: Context): Edit {
  const windows = spec.windows.length > 0 ? [] : [{ name: 'nights', tier: 'customer' as const, hour: random.below(24), hours: 6 }];
  return { title: windows.length === 0 ? 'no window' : 'window', next: { ...spec, windows } };
}

function join({ random, spec }: Context): Edit | undefined {
  const product = random.pickAny(spec.products);
  if (product === undefined || spec.clusters.length >= 16) return undefined;
  const taken = spec.clusters.filter((one) => one.product === product.name).map(({ name }) => Number(name.split('-').at(-1)));
  const made = clusterOf(product.name, Math.max(0, ...taken), random, spec.dataPlanes);
  return { title: `${made.name} joins`, next: { ...spec, clusters: [...spec.clusters, made] } };
}

function leave({ random, spec }: Context): Edit | undefined {
  const cluster = random.pickAny(spec.clusters.filter(({ tier }) => tier !== 'canary'));
  if (cluster === undefined || spec.clusters.length < 4) return undefined;
  return { title: `${cluster.name} leaves`, next: { ...spec, clusters: spec.clusters.filter((one) => one !== cluster) } };
}

function optOutOrIn({ random, spec }: Context): Edit | undefined {
  const cluster = random.pickAny(spec.clusters);
  if (cluster === undefined) return undefined;
  return {
    title: `${cluster.name} ${cluster.optOut ? 'takes part' : 'opts out'}`,
    next: withCluster(spec, { ...cluster, optOut: !cluster.optOut }),
  };
}

function pinOrUnpin({ random, spec }: Context): Edit | undefined {
  const cluster = random.pickAny(spec.clusters);
  const release = spec.releases.find((one) => one.product === cluster?.product && (one.ring === undefined || one.ring === cluster.ring));
  if (cluster === undefined || release === undefined) return undefined;
  const pin = cluster.pin === undefined ? release.version : undefined;
  return { title: `${cluster.name} ${pin === undefined ? 'unpinned' : `pinned at ${pin}`}`, next: withCluster(spec, { ...cluster, pin }) };
}

function breakOrFix({ spec }: Context): Edit {
  return { title: spec.broken ? 'the manifests are fixed' : 'broken manifests', next: { ...spec, broken: !spec.broken } };
}

function waiveCanary(context: Context): Edit | undefined {
  const release = anyRelease(context);
  return release && { title: `${release.name} waiver`, next: withRelease(context.spec, { ...release, waived: !release.waived }) };
}
