import type { FleetModel } from '../manifest/model.ts';
import type { ClusterId } from '../model/ids.ts';
import { formatInstant, instant } from '../model/time.ts';
import { compareVersions, versionScope } from '../model/version.ts';
import type { Excluded, PlannedPhase, PlannedRelease, PlannedTarget, Risk } from './plan.ts';

/** What risks are read from: a plan before it has them. */
export interface RiskInput {
  readonly model: FleetModel;
  readonly kind: 'rollout' | 'rollback';
  readonly releases: readonly PlannedRelease[];
  readonly phases: readonly PlannedPhase[];
  readonly targets: readonly PlannedTarget[];
  readonly excluded: readonly Excluded[];
  readonly removed: readonly ClusterId[];
}

/** Worst first; the order in which a reviewer should read them. */
const WORST_FIRST: readonly Risk['code'][] = [
  'withdrawn',
  'major-version',
  'downgrade',
  'replicas-down',
  'no-canary',
  'large-first-phase',
  'no-bake',
  'many-clusters',
  'removed',
  'urgency',
  'pinned',
  'opted-out',
  'operation',
];

/** A first phase with more than this share of its release is no trial. */
const FIRST_PHASE_MAX_PERCENT = 25;
/** Below this many clusters, shares say nothing: 1 of 3 is already a third. */
const SHARE_MEMBERS_MIN = 8;
/** A change of more than this share of the fleet deserves a second look. */
const FLEET_MAX_PERCENT = 50;
/** Names that one risk lists before it only counts. */
const NAMES_MAX = 5;

/** What is unusual about a plan, or could hurt. */
export function risksOf(input: RiskInput): readonly Risk[] {
  const found = [...versionRisks(input), ...phaseRisks(input), ...fleetRisks(input), ...stayBehind(input), ...operations(input)];
  return found.sort((a, b) => WORST_FIRST.indexOf(a.code) - WORST_FIRST.indexOf(b.code));
}

function versionRisks({ model, targets, kind }: RiskInput): readonly Risk[] {
  const majors = new Grouped();
  const downgrades = new Grouped();
  const withdrawn = new Grouped();
  const shrinking: string[] = [];
  for (const { cluster, from, spec, differences } of targets) {
    const jump = `${spec.product} ${from?.version ?? ''} to ${spec.version}`;
    if (from !== undefined && versionScope(from.version, spec.version) === 'major') majors.add(jump, cluster);
    if (from !== undefined && compareVersions(from.version, spec.version) > 0) downgrades.add(jump, cluster);
    const reason = model.products.get(spec.product)?.value.spec.versions.find(({ version }) => version === spec.version)?.withdrawn;
    if (reason !== undefined) withdrawn.add(`${spec.product} ${spec.version} is withdrawn (${reason})`, cluster);
    const replicas = differences.find(({ path }) => path === 'replicas');
    if (replicas !== undefined && Number(replicas.to) < Number(replicas.from))
      shrinking.push(`${cluster} (${replicas.from} to ${replicas.to})`);
  }
  // A rollback says so in its first line; that it goes back is its purpose and not a risk.
  const back = kind === 'rollback' ? [] : downgrades.say('downgrade', (jump, who) => `Goes back: ${jump}, on ${who}`);
  return [
    ...withdrawn.say('withdrawn', (what, who) => `${what}; it goes to ${who}`),
    ...majors.say('major-version', (jump, who) => `New major version: ${jump}, on ${who}`),
    ...back,
    ...(shrinking.length === 0
      ? []
      : [{ code: 'replicas-down' as const, words: `Fewer replicas, so data must move off first: ${list(shrinking)}` }]),
  ];
}

function phaseRisks({ releases, phases }: RiskInput): readonly Risk[] {
  return releases.flatMap((release) => {
    const own = phases.filter((phase) => phase.release === release.release && phase.members.length > 0);
    const [first, ...later] = own;
    // A single cluster has nothing to be tried on before it.
    if (first === undefined || release.members < 2) return [];
    const risks: Risk[] = [];
    if (!own.some(({ canary }) => canary)) {
      const declared = phases.some((phase) => phase.release === release.release && phase.canary);
      const why = declared ? 'none of the changed clusters is in its canary phase' : `strategy ${release.strategy} has no canary phase`;
      risks.push({ code: 'no-canary', words: `${release.release} has no canary: ${why}, so ${first.name} goes first` });
    }
    const percent = Math.floor((first.members.length * 100) / release.members);
    if (release.members >= SHARE_MEMBERS_MIN && percent > FIRST_PHASE_MAX_PERCENT) {
      const share = `${first.members.length} of ${release.members} (${percent} %)`;
      risks.push({
        code: 'large-first-phase',
        words: `The first phase of ${release.release}, ${first.name}, has ${share} of its clusters`,
      });
    }
    const unbaked = own.slice(0, later.length).filter(({ bakeMs }) => bakeMs === 0);
    if (unbaked.length > 0) {
      const names = list(unbaked.map(({ name }) => name));
      risks.push({
        code: 'no-bake',
        words: `${release.release} does not wait after ${names}: the next phase starts as soon as its clusters are healthy`,
      });
    }
    return risks;
  });
}

function fleetRisks({ model, releases, targets, removed }: RiskInput): readonly Risk[] {
  const total = model.clusters.size;
  const percent = Math.floor((targets.length * 100) / Math.max(1, total));
  const risks: Risk[] = [];
  if (targets.length >= SHARE_MEMBERS_MIN && percent > FLEET_MAX_PERCENT)
    risks.push({ code: 'many-clusters', words: `Changes ${targets.length} of the ${total} clusters of the fleet (${percent} %)` });
  if (removed.length > 0) {
    const words = `No longer in the manifests: ${list(removed)}. Flotilla deletes nothing; from now on nobody watches ${removed.length === 1 ? 'it' : 'them'}`;
    risks.push({ code: 'removed', words });
  }
  for (const { release, urgency } of releases)
    if (urgency !== 'routine') risks.push({ code: 'urgency', words: `${release} is marked ${urgency}` });
  return risks;
}

/** Clusters that a changed release selects, and that do not come along. */
function stayBehind({ model, releases, targets, excluded }: RiskInput): readonly Risk[] {
  const changed = new Set(releases.map(({ release }) => release));
  const moving = new Set<string>(targets.map(({ cluster }) => cluster));
  const pinned: string[] = [];
  for (const [cluster, name] of model.releaseOf) {
    const release = changed.has(name) ? model.releases.get(name)?.value.spec : undefined;
    if (release === undefined || moving.has(cluster)) continue;
    const pin = model.clusters.get(cluster)?.value.spec.pin;
    const held = pin ?? release.exceptions?.find(({ clusters }) => clusters.includes(cluster));
    if (held === undefined || held.version === release.version) continue;
    const until = formatInstant(instant(Date.parse(held.expires)));
    pinned.push(`${cluster} at ${held.version} (${pin === undefined ? 'exception' : 'pin'} until ${until}: ${held.reason})`);
  }
  const optedOut = excluded.map(({ cluster, words }) => `${cluster} (${words})`);
  return [
    ...(pinned.length === 0 ? [] : [{ code: 'pinned' as const, words: `Stays behind: ${list(pinned.sort())}` }]),
    ...(optedOut.length === 0 ? [] : [{ code: 'opted-out' as const, words: `Left alone, opted out: ${list(optedOut)}` }]),
  ];
}

function operations({ model, releases }: RiskInput): readonly Risk[] {
  const products = new Set(releases.map(({ product }) => product));
  const names = [...model.operations].filter(([, { value }]) => products.has(value.spec.product)).map(([name]) => name);
  if (names.length === 0) return [];
  return [{ code: 'operation', words: `Operations are described but not carried out yet: ${list(names.sort())}` }];
}

/** Clusters by what they have in common, in the order in which it was first seen. */
class Grouped {
  readonly #groups = new Map<string, string[]>();

  add(what: string, cluster: ClusterId): void {
    const group = this.#groups.get(what) ?? [];
    group.push(cluster);
    this.#groups.set(what, group);
  }

  say(code: Risk['code'], words: (what: string, who: string) => string): readonly Risk[] {
    return [...this.#groups].map(([what, clusters]) => ({ code, words: words(what, list(clusters)) }));
  }
}

function list(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  return `${names.slice(0, NAMES_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
