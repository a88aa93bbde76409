import type { DesiredCluster, DesiredState } from '../desired/desired.ts';
import type { StandingOrders } from '../evidence/order.ts';
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts';
import { prove, provenAt, unknownCluster } from '../ledger/record.ts';
import type { Instant } from '../model/time.ts';
import type { Plan } from '../plan/plan.ts';
import { runsAlready } from '../plan/what-runs.ts';

/** At the first commit every cluster is taken to run what it is described to run. What it has been proven at before stays below. */
export function adoptAll(desired: DesiredState, ledger: Ledger, at: Instant): readonly LedgerEntry[] {
  return [...desired.values()].map((cluster) => adopted(cluster, ledger, at));
}

/**
 * Clusters that are new in the manifests, were seen to run just what these say, and which the plan therefore leaves alone:
 * later plans start from here.
 */
export function adoptRunning(
  created: readonly DesiredCluster[],
  plan: Plan | undefined,
  ledger: Ledger,
  orders: StandingOrders,
  at: Instant,
): readonly LedgerEntry[] {
  const isAdopted = (one: DesiredCluster): boolean => {
    const { cluster, revision } = one;
    const order = orders.get(cluster);
    const isProven = provenAt(ledger.get(cluster))?.revision === revision;
    const isTarget = plan?.rollouts.some(({ targets }) => targets.has(cluster)) === true;
    return !isProven && !isTarget && (order === undefined || order.revision === revision) && runsAlready(ledger.get(cluster), one);
  };
  return created.filter(isAdopted).map((one) => adopted(one, ledger, at));
}

function adopted({ cluster, revision, spec }: DesiredCluster, ledger: Ledger, at: Instant): LedgerEntry {
  return prove(ledger.get(cluster) ?? unknownCluster(cluster), {
    revision,
    spec,
    proof: 'adopted',
    at,
    rollout: undefined,
    tookMs: undefined,
  });
}
