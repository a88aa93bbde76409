import type { DesiredCluster } from '../desired/desired.ts';
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts';
import type { Release, Strategy } from '../manifest/generated.ts';
import { assignPhases } from '../manifest/phases.ts';
import { compileSelector } from '../manifest/selector.ts';
import type { ClusterId } from '../model/ids.ts';
import { formatInstant, instant } from '../model/time.ts';
import { compareVersions, type Version } from '../model/version.ts';
import type { Move, ReleaseMoves } from './find-moves.ts';

type Phase = Strategy['spec']['phases'][number];

/** A canary phase in which nobody moves, while other clusters get a version that none of its clusters has run. */
export interface CanaryGap {
  readonly phase: string;
  readonly versions: readonly Version[];
  /** Clusters that the phase is for, and that stay where they are. */
  readonly absent: readonly ClusterId[];
}

export interface CanaryProof {
  /** What stands in for a canary; `undefined` when nothing does. */
  readonly provenBy: string | undefined;
  readonly gap: CanaryGap | undefined;
}

/**
 * What shows that a new version was tried, when nobody in a canary phase moves to it by this plan: its clusters run it already, or no
 * version changes, or a person has waived it.
 *
 * @param members - of the phase. Where some move, to another version than the others, it is no gap: their rollout stops after them.
 */
export function proveCanary(
  strategy: Strategy,
  phase: Phase,
  found: ReleaseMoves,
  members: readonly Move[],
  ledger: Ledger,
  release: Release,
): CanaryProof {
  const wanted = newVersions(found.moves);
  if (members.length > 0) return { provenBy: provenBeside(members, wanted, { strategy, phase, found, ledger, release }), gap: undefined };
  if (wanted.length === 0) return { provenBy: whyNothingIsNew(found.moves), gap: undefined };
  return proveVersions(wanted, { strategy, phase, found, ledger, release });
}

interface ProofContext {
  readonly strategy: Strategy;
  readonly phase: Phase;
  readonly found: ReleaseMoves;
  readonly ledger: Ledger;
  readonly release: Release;
}

/** What stands in for members that go to another version than the clusters after them. A pin or an exception answers for its own version. */
function provenBeside(members: readonly Move[], wanted: readonly Version[], context: ProofContext): string | undefined {
  if (wanted.length === 0) return undefined;
  const tried = new Set(members.map(({ to }) => to.spec.version));
  const free = newVersions(context.found.moves.filter(({ to }) => to.pinnedBy === undefined));
  if (free.length === 0) return 'versions change only where a pin or an exception says so';
  const untried = free.filter((version) => !tried.has(version));
  return untried.length === 0 ? undefined : proveVersions(untried, context).provenBy;
}

function proveVersions(wanted: readonly Version[], { strategy, phase, found, ledger, release }: ProofContext): CanaryProof {
  const own = clustersFor(strategy, phase, found);
  const proofs = wanted.map((version) => own.find(({ cluster }) => hasRun(ledger.get(cluster), version)));
  const versions = wanted.filter((_, at) => proofs[at] === undefined);
  if (versions.length === 0)
    return { provenBy: proofs.map((proof, at) => `${proof?.cluster} was proven at ${wanted[at]}`).join(', '), gap: undefined };
  const waiver = release.spec.canaryWaiver;
  if (waiver === undefined) return { provenBy: undefined, gap: { phase: phase.name, versions, absent: own.map(({ cluster }) => cluster) } };
  const until = formatInstant(instant(Date.parse(waiver.expires)));
  return { provenBy: `waived by the release until ${until}: ${waiver.reason}`, gap: undefined };
}

/**
 * Versions that some cluster gets which it has not run before. One that goes back has run it itself; and where nothing runs yet,
 * nothing can break.
 */
export function newVersions(moves: readonly Move[]): readonly Version[] {
  const found = new Set<Version>();
  for (const { to, from, kind } of moves) {
    if (kind === 'rollout' && from !== undefined && from.version !== to.spec.version) found.add(to.spec.version);
  }
  return [...found].sort(compareVersions);
}

function whyNothingIsNew(moves: readonly Move[]): string {
  return moves.some(({ kind, from, to }) => kind === 'rollback' && from?.version !== to.spec.version)
    ? 'clusters go back only to what they have run before'
    : 'no version changes';
}

/** The clusters that the phase would have if the whole release moved. */
function clustersFor(strategy: Strategy, phase: Phase, { release, all }: ReleaseMoves): readonly DesiredCluster[] {
  if (phase.select !== undefined) {
    const matches = compileSelector(phase.select);
    return all.filter(({ labels }) => matches(labels));
  }
  const at = strategy.spec.phases.indexOf(phase);
  const members = new Set(assignPhases(strategy, all, release).phases[at]?.members);
  return all.filter(({ cluster }) => members.has(cluster));
}

/** Proven at the version, and neither gone back from it nor broken at it since. */
const hasRun = (entry: LedgerEntry | undefined, version: Version): boolean =>
  entry?.proven.some(({ spec, revision }) => spec.version === version && !entry.failed.some((failed) => failed.revision === revision)) ===
  true;
