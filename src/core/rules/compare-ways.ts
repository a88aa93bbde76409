import type { Budgets, Cluster, Strategy } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import { assignPhases } from '../manifest/phases.ts';
import { canonicalJson } from '../model/hash.ts';
import type { ClusterId } from '../model/ids.ts';
import { type ApprovalOnWay, compareApprovals } from './compare-approvals.ts';
import { type Compared, compareAllowance, comparePatience, compareText, msOf } from './compare-values.ts';
import type { RuleBook } from './rule-book.ts';
import type { RuleKind } from './rule-change.ts';
import { clustersOf, groupPairs, type SubjectPair } from './subject.ts';

type Phase = Strategy['spec']['phases'][number];

/** How a change reaches the clusters of one phase when a whole release moves. */
interface Way {
  readonly release: string;
  readonly strategy: string;
  readonly spec: Strategy['spec'];
  readonly phase: Phase;
  readonly members: number;
  readonly selected: number;
  /** Phases with clusters that come before it, and canaries among them. */
  readonly earlier: number;
  readonly canaries: readonly Canary[];
  /** Bakes of the phases before it; and from its own soak to the end of the watch. */
  readonly bakeMs: number;
  readonly watchMs: number;
  readonly approvals: readonly ApprovalOnWay[];
}

/** A phase that tries a change before others, and how many clusters do so: one that is pinned or opted out tries nothing. */
interface Canary {
  readonly name: string;
  readonly size: number;
  /** Its share of the clusters, where it is drawn: then its size follows theirs, and is no rule of its own. */
  readonly share: string | undefined;
}

/**
 * How changes travel: compared for clusters whose strategy says something else, that stand elsewhere, or whose canaries are not what they
 * were: that takes something from everybody behind them.
 */
export function compareWays(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[]): void {
  const [then, next] = [new Ways(before), new Ways(after)];
  const others = releasesWithOtherCanaries(before, after, then, next);
  const concerned = pairs.filter(
    ({ was, is, moved }) =>
      moved || then.textOf(was.release) !== next.textOf(is.release) || (is.release !== undefined && others.has(is.release)),
  );
  const groups = groupPairs(concerned, ({ cluster, was, is }) =>
    JSON.stringify([was.release, then.phaseOf(was.release, cluster), is.release, next.phaseOf(is.release, cluster)]),
  );
  for (const group of groups.values()) {
    const [first] = group;
    const way = first && { was: then.wayOf(first.was.release, first.cluster), is: next.wayOf(first.is.release, first.cluster) };
    if (first === undefined || way?.was === undefined || way.is === undefined) continue;
    const name = whose(way.was, way.is, first.is.release);
    for (const { kind, phase, ...compared } of compareWay(way.was, way.is))
      book.add({ kind, name: phase === undefined ? name : `${name}, ${phase}`, ...compared }, clustersOf(group));
  }
}

/** Looked at only where a cluster comes, goes, or tries changes otherwise than before. */
function releasesWithOtherCanaries(before: FleetModel, after: FleetModel, then: Ways, next: Ways): ReadonlySet<string> {
  const touched = new Set<string | undefined>();
  const touch = (cluster: ClusterId): void => {
    touched.add(before.releaseOf.get(cluster));
    touched.add(after.releaseOf.get(cluster));
  };
  for (const [cluster, { value }] of after.clusters) {
    const old = before.clusters.get(cluster)?.value;
    // Manifests that did not change are the very same objects.
    if (old !== value && (old === undefined || triesOtherwise(old, value))) touch(cluster);
  }
  for (const cluster of before.clusters.keys()) if (!after.clusters.has(cluster)) touch(cluster);
  const known = [...touched].filter((release): release is string => release !== undefined && before.releases.has(release));
  return new Set(known.filter((release) => then.canariesOf(release) !== next.canariesOf(release)));
}

const triesOtherwise = (old: Cluster, fresh: Cluster): boolean =>
  isIdle(old) !== isIdle(fresh) ||
  old.spec.product !== fresh.spec.product ||
  canonicalJson(old.metadata.labels ?? {}) !== canonicalJson(fresh.metadata.labels ?? {});

/** It keeps what it runs, whatever its release says. */
const isIdle = ({ spec }: Cluster): boolean => spec.optOut !== undefined || spec.pin !== undefined;

const whose = (was: Way, is: Way, release: string | undefined): string =>
  was.strategy === is.strategy ? is.strategy : `${release ?? ''}: ${was.strategy} → ${is.strategy}`;

type Found = Compared & { readonly kind: RuleKind; readonly phase: string | undefined };

function compareWay(was: Way, is: Way): readonly Found[] {
  const found: Found[] = [];
  const phase = is.phase.name;
  const note = (kind: RuleKind, compared: Compared | undefined, of?: string): void => {
    if (compared !== undefined) found.push({ kind, phase: of, ...compared });
  };
  note('canary', compareCanaries(was, is));
  if (found.length === 0) note('phase', compareTurn(was, is), phase);
  for (const { phase: of, ...compared } of compareApprovals(was.approvals, is.approvals)) note('approval', compared, of);
  note('soak', comparePatience(msOf(was.phase.soak), msOf(is.phase.soak)), phase);
  note('bake', comparePatience(was.bakeMs, is.bakeMs), phase);
  note('watch', comparePatience(was.watchMs, is.watchMs), phase);
  for (const kind of BUDGETS) note('budget', compareBudget(kind, was.phase.budgets, is.phase.budgets, is.members, 0), phase);
  for (const kind of BUDGETS) note('budget', compareBudget(kind, was.spec.budgets, is.spec.budgets, is.selected, undefined));
  note('limit', compareAllowance(was.phase.maxConcurrent, is.phase.maxConcurrent, is.members), phase);
  note('limit', compareAllowance(was.spec.maxConcurrent, is.spec.maxConcurrent, is.selected));
  const rescues = [was, is].map(({ spec }) => spec.rescue?.maxConcurrent ?? RESCUES);
  note('limit', withWord(compareAllowance(rescues[0], rescues[1], is.selected), 'rescues'));
  for (const change of compareRollback(was, is)) note(...change);
  note('on-failure', compareOnFailure(was.phase.onFailure ?? 'pause', is.phase.onFailure ?? 'pause'), phase);
  note('max-duration', compareText(was.phase.maxDuration, is.phase.maxDuration), phase);
  return found;
}

/** @see schemas/strategy.schema.json for the defaults */
const RESCUES = '10%';
const GUARD = '30m';
const BUDGETS = ['failed', 'unreachable', 'deferred'] as const;

/** Going back brings home what is broken; a pause leaves it as it is until somebody comes. */
function compareOnFailure(before: 'pause' | 'rollback', after: 'pause' | 'rollback'): Compared | undefined {
  return before === after ? undefined : { effect: after === 'pause' ? 'loses' : 'gains', before, after };
}

/** A cluster of a canary phase has nobody before it, and needs nobody. */
function compareCanaries(was: Way, is: Way): Compared | undefined {
  if (was.canaries.length === 0 && is.canaries.length === 0) return undefined;
  if (was.canaries.length > 0 && is.canaries.length > 0) return compareSizes(was, is);
  const [before, after] = [was, is].map(({ canaries }) =>
    canaries.length === 0 ? undefined : `${canaries.map(({ name }) => name).join(', ')} first`,
  );
  return { effect: is.canaries.length === 0 ? 'loses' : 'gains', before, after };
}

/** Fewer clusters that try a change find less. */
function compareSizes(was: Way, is: Way): Compared | undefined {
  const [then, next] = [was, is].map(({ canaries }) => canaries.reduce((sum, { size }) => sum + size, 0));
  const isDrawnAlike = was.canaries.every(
    ({ name, share }) => share !== undefined && is.canaries.some((one) => one.name === name && one.share === share),
  );
  if (then === undefined || next === undefined || then === next || isDrawnAlike || was.release !== is.release) return undefined;
  const [before, after] = [was, is].map(({ canaries }) => `${canaries.map(({ name, size }) => `${name} (${size})`).join(', ')} first`);
  return { effect: next < then ? 'loses' : 'gains', before, after };
}

function compareTurn(was: Way, is: Way): Compared | undefined {
  if (was.earlier === is.earlier) return undefined;
  const [before, after] = [was, is].map(({ earlier }) => `phase ${earlier + 1}`);
  return { effect: is.earlier < was.earlier ? 'loses' : 'gains', before, after };
}

function compareBudget(
  kind: (typeof BUDGETS)[number],
  was: Budgets | undefined,
  is: Budgets | undefined,
  total: number,
  otherwise: 0 | undefined,
): Compared | undefined {
  return withWord(compareAllowance(was?.[kind] ?? otherwise, is?.[kind] ?? otherwise, total), kind);
}

/** What is different on the way back. */
function compareRollback(was: Way, is: Way): readonly (readonly ['limit' | 'soak' | 'bake', Compared | undefined])[] {
  const [then, next] = [was.spec.rollback, is.spec.rollback];
  return [
    ['limit', withWord(then?.maxConcurrent === next?.maxConcurrent ? undefined : rollbackLimit(was, is), 'on the way back')],
    ['soak', withWord(then?.soak === next?.soak ? undefined : comparePatience(backMs(was, 'soak'), backMs(is, 'soak')), 'on the way back')],
    ['bake', withWord(then?.bake === next?.bake ? undefined : comparePatience(backMs(was, 'bake'), backMs(is, 'bake')), 'on the way back')],
  ];
}

const rollbackLimit = (was: Way, is: Way): Compared | undefined =>
  compareAllowance(
    was.spec.rollback?.maxConcurrent ?? was.phase.maxConcurrent,
    is.spec.rollback?.maxConcurrent ?? is.phase.maxConcurrent,
    is.members,
  );

const backMs = ({ spec, phase }: Way, what: 'soak' | 'bake'): number => msOf(spec.rollback?.[what] ?? phase[what]);

function withWord(compared: Compared | undefined, word: string): Compared | undefined {
  if (compared === undefined) return undefined;
  const { effect, before, after } = compared;
  return { effect, before: `${before ?? 'no limit'} ${word}`, after: `${after ?? 'no limit'} ${word}` };
}

/** The ways of the releases of one model, worked out when they are first asked for. */
class Ways {
  readonly #model: FleetModel;
  readonly #texts = new Map<string, string>();
  readonly #releases = new Map<
    string,
    { readonly ways: readonly Way[]; readonly canaries: readonly Canary[]; readonly phases: ReadonlyMap<ClusterId, number> }
  >();

  constructor(model: FleetModel) {
    this.#model = model;
  }

  /** All that the strategy of a release says, but for its name and what it is for. */
  textOf(release: string | undefined): string {
    if (release === undefined) return '';
    const known = this.#texts.get(release);
    if (known !== undefined) return known;
    const { description: _, ...spec } = this.#strategyOf(release)?.spec ?? { phases: [] };
    const text = canonicalJson(spec);
    this.#texts.set(release, text);
    return text;
  }

  phaseOf(release: string | undefined, cluster: ClusterId): number | undefined {
    return release === undefined ? undefined : this.#of(release).phases.get(cluster);
  }

  /** Who of the release tries a change before others, as a key: those that are drawn are drawn again whenever a cluster comes or goes. */
  canariesOf(release: string): string {
    return canonicalJson(this.#of(release).canaries.map(({ size, share, ...same }) => (share === undefined ? { ...same, size } : same)));
  }

  wayOf(release: string | undefined, cluster: ClusterId): Way | undefined {
    const at = this.phaseOf(release, cluster);
    return release === undefined || at === undefined ? undefined : this.#of(release).ways[at];
  }

  #strategyOf(release: string): Strategy | undefined {
    const { releases, strategies, fleet } = this.#model;
    return strategies.get(releases.get(release)?.value.spec.strategy ?? fleet.value.spec.defaultStrategy)?.value;
  }

  #of(release: string) {
    const known = this.#releases.get(release);
    if (known !== undefined) return known;
    const made = this.#make(release);
    this.#releases.set(release, made);
    return made;
  }

  #make(release: string) {
    const strategy = this.#strategyOf(release);
    if (strategy === undefined) return { ways: [], canaries: [], phases: new Map<ClusterId, number>() };
    const selected = [...this.#model.clusters].filter(([cluster]) => this.#model.releaseOf.get(cluster) === release);
    const candidates = selected.map(([cluster, { value }]) => ({ cluster, labels: value.metadata.labels ?? {} }));
    const { phases } = assignPhases(strategy, candidates, release);
    const idle = new Set(selected.filter(([, { value }]) => isIdle(value)).map(([cluster]) => cluster));
    const sizes = phases.map(({ members }) => members.filter((member) => !idle.has(member)).length);
    const canaries = strategy.spec.phases.map((phase, at) => canaryOf(phase, sizes[at] ?? 0));
    const ways = phases.map((_, at) => wayTo(strategy, phases, at, { release, selected: selected.length, canaries }));
    return {
      ways,
      canaries: canaries.flatMap((canary) => canary ?? []),
      phases: new Map(phases.flatMap(({ members }, at) => members.map((member): [ClusterId, number] => [member, at]))),
    };
  }
}

/** One in which nobody tries anything is none. */
const canaryOf = ({ name, canary, cohort }: Phase, size: number): Canary | undefined =>
  canary !== true || size === 0 ? undefined : { name, size, share: cohort && canonicalJson(cohort) };

/** A phase without clusters is skipped with its bake and its approval: it protects nobody. */
function wayTo(
  strategy: Strategy,
  assigned: readonly { readonly members: readonly ClusterId[] }[],
  at: number,
  { release, selected, canaries }: Pick<Way, 'release' | 'selected'> & { readonly canaries: readonly (Canary | undefined)[] },
): Way {
  const { spec, metadata } = strategy;
  const filled = spec.phases.flatMap((phase, place) => {
    const members = assigned[place]?.members.length ?? 0;
    return members === 0 && place !== at ? [] : [{ phase, place, members }];
  });
  const earlier = filled.filter(({ place }) => place < at);
  const onwards = filled.filter(({ place }) => place >= at);
  const phase = spec.phases[at] ?? { name: '', maxConcurrent: 1, soak: '0s' };
  const bakes = (all: readonly { readonly phase: Phase }[]): number => all.reduce((sum, { phase: { bake } }) => sum + msOf(bake), 0);
  return {
    release,
    strategy: metadata.name,
    spec,
    phase,
    members: assigned[at]?.members.length ?? 0,
    selected,
    earlier: earlier.length,
    canaries: earlier.flatMap(({ place }) => canaries[place] ?? []),
    bakeMs: bakes(earlier),
    watchMs: bakes(onwards) + msOf(spec.guard, GUARD),
    approvals: [...earlier, ...onwards.slice(0, 1)].flatMap(({ phase: { name, approval }, place }) =>
      approval === undefined ? [] : [{ phase: name, approval, isFirst: place < at || approval.when === 'before' }],
    ),
  };
}
