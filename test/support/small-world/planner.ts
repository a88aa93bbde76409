import type { DesiredCluster } from '../../../src/core/desired/desired.ts';
import type { Observation } from '../../../src/core/evidence/observation.ts';
import type { StandingOrder } from '../../../src/core/evidence/order.ts';
import type { LedgerEntry } from '../../../src/core/ledger/ledger.ts';
import { isProvenUnder, provenAt, wasProven } from '../../../src/core/ledger/record.ts';
import type { ClusterId } from '../../../src/core/model/ids.ts';
import type { Instant } from '../../../src/core/model/time.ts';
import { compareVersions } from '../../../src/core/model/version.ts';
import type { PlannedRollout, Urgency } from '../../../src/core/plan/plan.ts';
import type { Policy } from '../../../src/core/reconcile/policy.ts';
import type { RolloutState } from '../../../src/core/reconcile/state.ts';
import { makeStop } from '../../../src/core/stop/make-stop.ts';
import type { Stop, Trait } from '../../../src/core/stop/stop.ts';
import { traitsBetween } from '../../../src/core/stop/traits.ts';
import { numberOf, type PhaseShape, PRODUCT, plannedOf, RELEASE } from './plans.ts';

/** What a commit wants of one release, and how it travels there. */
export interface LandShape {
  readonly release?: string;
  /** What its clusters are wanted at from now on; `undefined`: as before. */
  readonly to?: number | undefined;
  /** Clusters that no phase names are in the last one. */
  readonly phases: readonly PhaseShape[];
  readonly urgency?: Urgency;
  readonly deadlineMs?: number;
  readonly guardMs?: number;
  readonly limits?: Partial<Record<'release' | 'rescue', number>>;
  readonly budgets?: PlannedRollout['budgets'];
}

interface Known {
  readonly desired: ReadonlyMap<ClusterId, DesiredCluster>;
  readonly ledger: ReadonlyMap<ClusterId, LedgerEntry>;
  readonly orders: ReadonlyMap<ClusterId, StandingOrder>;
  readonly observations: ReadonlyMap<ClusterId, Observation>;
  readonly policy: Policy;
}

/** Desired minus ledger, small: the targets of one release. @returns `undefined` when nothing has to move */
export function planRelease(shape: LandShape, known: Known): PlannedRollout | undefined {
  const { release = RELEASE } = shape;
  const away = [...known.desired.values()].filter((one) => one.release === release && one.optOut === undefined && isAway(one, known));
  const [first] = away;
  if (first === undefined) return undefined;
  const names = new Set<string>(away.map(({ cluster }) => cluster));
  const named = new Set(shape.phases.flatMap(({ members }) => members));
  const rest = [...names].filter((name) => !named.has(name));
  const phases = shape.phases.map((phase, i) => {
    const members = [...phase.members, ...(i === shape.phases.length - 1 ? rest : [])].filter((name) => names.has(name));
    // A canary that need not move shows nothing; the plan says so, or a person has waived it.
    return { ...phase, members, ...(phase.canary === true && members.length === 0 ? { provenBy: 'nobody in it moves' } : {}) };
  });
  const { product } = first.spec;
  const from = away.flatMap((one) => {
    const number = runsAt(one.cluster, known);
    return number === undefined ? [] : [[one.cluster, number] as const];
  });
  return plannedOf({
    to: new Map(away.map(({ cluster, revision }) => [cluster, numberOf(revision)])),
    from: new Map(from),
    back: new Set(away.filter((one) => goesBack(one, known)).map(({ cluster }) => cluster)),
    phases,
    ...(shape.deadlineMs === undefined ? {} : { deadlineMs: shape.deadlineMs }),
    ...(shape.limits === undefined ? {} : { limits: shape.limits }),
    rollout: {
      release,
      product,
      urgency: shape.urgency ?? 'routine',
      requires: known.policy.products[product]?.requires ?? [],
      budgets: shape.budgets ?? {},
      ...(shape.guardMs === undefined ? {} : { guardMs: shape.guardMs as PlannedRollout['guardMs'] }),
    },
  });
}

/** Not proven at what is desired, broken since, or ordered since: back to the same spec too, it may stand half-way. */
function isAway({ cluster, revision }: DesiredCluster, { ledger, orders }: Known): boolean {
  const entry = ledger.get(cluster);
  return provenAt(entry)?.revision !== revision || !isProvenUnder(entry, orders.get(cluster));
}

function runsAt(cluster: ClusterId, { ledger, observations }: Known): number | undefined {
  const seen = observations.get(cluster);
  const proven = provenAt(ledger.get(cluster));
  if (seen?.kind === 'unknown' && seen.missing) return undefined;
  return proven === undefined ? undefined : numberOf(proven.revision);
}

function goesBack({ cluster, revision, spec }: DesiredCluster, { ledger, orders, observations }: Known): boolean {
  const entry = ledger.get(cluster);
  if (!wasProven(entry, revision)) return false;
  const seen = observations.get(cluster);
  const runs = seen?.kind === 'observed' ? seen.running.version : (orders.get(cluster)?.spec.version ?? provenAt(entry)?.spec.version);
  return runs === undefined || compareVersions(spec.version, runs) <= 0;
}

/** Who goes back from a version has put it down, until a person lifts that. */
export function stopsOfRollback(planned: PlannedRollout, { id }: RolloutState, known: Known & { readonly now: Instant }): readonly Stop[] {
  if (planned.kind !== 'rollback') return [];
  const left = new Map<string, Trait>();
  for (const { cluster, spec } of planned.targets.values()) {
    const leaves = [known.orders.get(cluster)?.spec, provenAt(known.ledger.get(cluster))?.spec];
    for (const one of leaves) {
      if (one === undefined) continue;
      for (const trait of traitsBetween(spec, one)) left.set(`${trait.path}=${trait.value}`, trait);
    }
  }
  const back = new Set([...planned.targets.values()].map(({ spec }) => spec.version));
  const traits = [...left.values()].filter(({ path, value }) => path !== 'version' || !back.has(String(value)));
  if (traits.length === 0) return [];
  const { product = PRODUCT } = planned;
  return [
    makeStop(
      {
        scope: { kind: 'version', product, traits },
        cause: 'rolled-back',
        lets: 'rollbacks',
        by: 'ada',
        reason: 'went back',
        at: known.now,
        until: undefined,
        rollout: id,
        phase: undefined,
        failed: [],
      },
      [],
    ),
  ];
}
