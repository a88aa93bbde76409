import type { DesiredChange, DesiredCluster, DesiredState, Difference } from '../desired/desired.ts';
import type { StandingOrder, StandingOrders } from '../evidence/order.ts';
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts';
import { isProvenUnder, provenAt, wasProven } from '../ledger/record.ts';
import { formatInstant } from '../model/time.ts';
import { compareVersions } from '../model/version.ts';
import type { Excluded, PlannedTarget, RolloutKind, TargetChange } from './plan.ts';
import { differencesFrom, runsAlready, type WhatRuns, whatRuns } from './what-runs.ts';

/** A cluster that is to be other than it was last proven. */
export interface Move {
  readonly to: DesiredCluster;
  readonly change: TargetChange;
  readonly kind: RolloutKind;
  readonly from: PlannedTarget['from'];
  readonly differences: readonly Difference[];
  /** What the commit before wanted of it. */
  readonly before: DesiredCluster | undefined;
  readonly entry: LedgerEntry | undefined;
  readonly order: StandingOrder | undefined;
}

/** The clusters of one touched release, each in order of cluster id. */
export interface ReleaseMoves {
  readonly release: string;
  /** All that it selects. */
  readonly all: readonly DesiredCluster[];
  readonly moves: readonly Move[];
  readonly excluded: readonly Excluded[];
}

export interface MovesInput {
  readonly before: DesiredState;
  readonly desired: DesiredState;
  readonly ledger: Ledger;
  readonly orders: StandingOrders;
}

/** Desired minus ledger, for these releases, in order of name. */
export function findMoves(
  { before, desired, ledger, orders }: MovesInput,
  changes: readonly DesiredChange[],
  touched: ReadonlySet<string>,
): readonly ReleaseMoves[] {
  const changeOf = new Map(changes.flatMap((change) => (change.kind === 'removed' ? [] : [[change.to.cluster, change] as const])));
  const known = new KnownDifferences();
  return [...clustersOf(desired, touched)].map(([release, all]) => {
    const moves: Move[] = [];
    const excluded: Excluded[] = [];
    for (const to of all) {
      const entry = ledger.get(to.cluster);
      const order = orders.get(to.cluster);
      const change = changeOf.get(to.cluster);
      const away = isAway(to, entry, order) && !isAdopted(to, change, entry, order);
      if (away && to.optOut === undefined) {
        moves.push(moveOf(to, { entry, order, before: before.get(to.cluster), change, known }));
        continue;
      }
      const reason = away ? optedOut(to) : pinned(to);
      if (reason !== undefined) excluded.push({ cluster: to.cluster, release, ...reason });
    }
    return { release, all, moves, excluded };
  });
}

/** Releases in which something changed: desired specs, new clusters, clusters that take part again. */
export function touchedReleases(changes: readonly DesiredChange[]): ReadonlySet<string> {
  return new Set(changes.flatMap((change) => (change.kind === 'removed' ? [] : [change.to.release])));
}

function clustersOf(desired: DesiredState, touched: ReadonlySet<string>): ReadonlyMap<string, readonly DesiredCluster[]> {
  const found = new Map<string, DesiredCluster[]>([...touched].sort().map((release) => [release, []]));
  let last = '';
  let sorted = true;
  for (const cluster of desired.values()) {
    if (cluster.cluster < last) sorted = false;
    last = cluster.cluster;
    found.get(cluster.release)?.push(cluster);
  }
  // Desired states come in order of cluster id; the plan counts on it, so it is looked at and not believed.
  if (!sorted) for (const list of found.values()) list.sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
  return found;
}

/**
 * Not proven at what is desired; or ordered since, away from it or back to it by a rollout under which it has not soaked; or broken
 * there since; or ordered last on another data plane.
 */
const isAway = ({ revision, dataPlane }: DesiredCluster, entry: LedgerEntry | undefined, order: StandingOrder | undefined): boolean =>
  provenAt(entry)?.revision !== revision || !isProvenUnder(entry, order) || isElsewhere(order, dataPlane);

const isElsewhere = (order: StandingOrder | undefined, dataPlane: string): boolean => order !== undefined && order.dataPlane !== dataPlane;

/** New in the manifests, and seen to run just what these say: whoever lands the commit takes it for proven. */
function isAdopted(
  to: DesiredCluster,
  change: DesiredChange | undefined,
  entry: LedgerEntry | undefined,
  order: StandingOrder | undefined,
): boolean {
  return change?.kind === 'created' && (order === undefined || order.revision === to.revision) && runsAlready(entry, to);
}

type Reason = Pick<Excluded, 'reason' | 'words'>;

const optedOut = ({ optOut }: DesiredCluster): Reason | undefined => optOut && { reason: 'opted-out', words: optOut.reason };

/** At rest where its pin holds it, while the release wants another version. */
function pinned({ pinnedBy, optOut, spec }: DesiredCluster): Reason | undefined {
  if (pinnedBy === undefined || optOut !== undefined) return undefined;
  const { by, expires, reason } = pinnedBy;
  return { reason: 'pinned', words: `at ${spec.version} (${by} until ${formatInstant(expires)}: ${reason})` };
}

interface MoveContext {
  readonly entry: LedgerEntry | undefined;
  readonly order: StandingOrder | undefined;
  readonly before: DesiredCluster | undefined;
  readonly change: DesiredChange | undefined;
  readonly known: KnownDifferences;
}

function moveOf(to: DesiredCluster, { entry, order, before, change, known }: MoveContext): Move {
  const runs = whatRuns(entry, order, to);
  return {
    to,
    change: changeWord(to, change, runs),
    kind: goesBack(to, entry, order) ? 'rollback' : 'rollout',
    from: runs && { revision: runs.known?.revision, version: runs.version },
    differences: runs === undefined ? [] : known.between(runs, to, before),
    before,
    entry,
    order,
  };
}

function changeWord(to: DesiredCluster, change: DesiredChange | undefined, runs: WhatRuns | undefined): TargetChange {
  // Also when an earlier rollout should have created it, and never came to it.
  if (runs === undefined) return 'create';
  if (change === undefined || change.kind === 'removed') return 'bring-home';
  if (change.kind === 'created') return 'adopt';
  const { from } = change;
  const rejoins = (from.pinnedBy !== undefined && to.pinnedBy === undefined) || (from.optOut !== undefined && to.optOut === undefined);
  return rejoins ? 'rejoin' : 'update';
}

/** To a spec that was proven on this very cluster and not gone back from since, and not up to a newer version than it runs. */
function goesBack(
  { revision, spec, dataPlane }: DesiredCluster,
  entry: LedgerEntry | undefined,
  order: StandingOrder | undefined,
): boolean {
  if (!wasProven(entry, revision) || isElsewhere(order, dataPlane)) return false;
  const seen = entry?.observed?.dataPlane === dataPlane ? entry.observed.running.version : undefined;
  const runs = seen ?? order?.spec.version ?? provenAt(entry)?.spec.version ?? spec.version;
  return runs === spec.version || compareVersions(spec.version, runs) < 0;
}

/** Most clusters go the same way, so the differences between two known specs are worked out once and shared. */
class KnownDifferences {
  readonly #byWay = new Map<string, readonly Difference[]>();

  between(runs: WhatRuns, to: DesiredCluster, before: DesiredCluster | undefined): readonly Difference[] {
    if (runs.known === undefined) return differencesFrom(runs, to.spec, before?.spec);
    const way = `${runs.known.revision} ${to.revision}`;
    let found = this.#byWay.get(way);
    if (found === undefined) {
      found = differencesFrom(runs, to.spec, undefined);
      this.#byWay.set(way, found);
    }
    return found;
  }
}
