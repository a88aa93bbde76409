import type { Budgets, Strategy } from '../manifest/generated.ts';
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
  readonly strategy: string;
  readonly spec: Strategy['spec'];
  readonly phase: Phase;
  readonly members: number;
  readonly selected: number;
  /** Phases with clusters that come before it, and canaries among them. */
  readonly earlier: number;
  readonly canaries: readonly string[];
  /** Bakes of the phases before it; and from its own soak to the end of the watch. */
  readonly bakeMs: number;
  readonly watchMs: number;
  readonly approvals: readonly ApprovalOnWay[];
}

/** How changes travel: compared for clusters whose strategy says something else, or that stand elsewhere. */
export function compareWays(book: RuleBook, before: FleetModel, after: FleetModel, pairs: readonly SubjectPair[]): void {
  const [then, next] = [new Ways(before), new Ways(after)];
  const concerned = pairs.filter(({ was, is, moved }) => moved || then.textOf(was.release) !== next.textOf(is.release));
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
  note('on-failure', compareText(was.phase.onFailure ?? 'pause', is.phase.onFailure ?? 'pause'), phase);
  note('max-duration', compareText(was.phase.maxDuration, is.phase.maxDuration), phase);
  return found;
}

/** @see schemas/strategy.schema.json for the defaults */
const RESCUES = '10%';
const GUARD = '30m';
const BUDGETS = ['failed', 'unreachable', 'deferred'] as const;

/** A cluster of a canary phase has nobody before it, and needs nobody. */
function compareCanaries(was: Way, is: Way): Compared | undefined {
  if ((was.canaries.length === 0) === (is.canaries.length === 0)) return undefined;
  const [before, after] = [was, is].map(({ canaries }) => (canaries.length === 0 ? undefined : `${canaries.join(', ')} first`));
  return { effect: is.canaries.length === 0 ? 'loses' : 'gains', before, after };
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
  readonly #releases = new Map<string, { readonly ways: readonly Way[]; readonly phases: ReadonlyMap<ClusterId, number> }>();

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
    if (strategy === undefined) return { ways: [], phases: new Map<ClusterId, number>() };
    const selected = [...this.#model.clusters].filter(([cluster]) => this.#model.releaseOf.get(cluster) === release);
    const candidates = selected.map(([cluster, { value }]) => ({ cluster, labels: value.metadata.labels ?? {} }));
    const { phases } = assignPhases(strategy, candidates, release);
    const ways = phases.map((_, at) => wayTo(strategy, phases, at, selected.length));
    return { ways, phases: new Map(phases.flatMap(({ members }, at) => members.map((member): [ClusterId, number] => [member, at]))) };
  }
}

/** A phase without clusters is skipped with its bake and its approval: it protects nobody. */
function wayTo(strategy: Strategy, assigned: readonly { readonly members: readonly ClusterId[] }[], at: number, selected: number): Way {
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
    strategy: metadata.name,
    spec,
    phase,
    members: assigned[at]?.members.length ?? 0,
    selected,
    earlier: earlier.length,
    canaries: earlier.filter((one) => one.phase.canary === true).map((one) => one.phase.name),
    bakeMs: bakes(earlier),
    watchMs: bakes(onwards) + msOf(spec.guard, GUARD),
    approvals: [...earlier, ...onwards.slice(0, 1)].flatMap(({ phase: { name, approval }, place }) =>
      approval === undefined ? [] : [{ phase: name, approval, isFirst: place < at || approval.when === 'before' }],
    ),
  };
}
