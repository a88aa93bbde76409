import { type ClusterId, type FleetId, parseClusterId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import { type Instant, instant } from '../core/model/time.ts';
import type { ClusterFailure } from '../core/reconcile/cluster-failure.ts';
import type { Ports } from '../ports/ports.ts';

const DAY_MS = 24 * 3_600_000;
/** Half a year. */
const DAYS = 183;
const DAYS_MAX = 3_660;

export interface ClusterHistory {
  readonly cluster: ClusterId;
  readonly since: Instant;
  /** How often it was broken, and how often nobody could tell. */
  readonly failed: number;
  readonly unreachable: number;
  /** Newest first. */
  readonly failures: readonly ClusterFailure[];
}

/**
 * How often a cluster failed, whether or not it is still in the manifests.
 *
 * @param days - as it was asked for.
 * @throws PortError
 */
export async function clusterHistory(
  { store, clock }: Pick<Ports, 'store' | 'clock'>,
  fleet: FleetId,
  name: string,
  days: string | null,
): Promise<Result<ClusterHistory, string>> {
  const cluster = parseClusterId(name);
  if (!cluster.ok) return cluster;
  const count = days === null ? DAYS : Number(days);
  if (!(Number.isInteger(count) && count >= 1 && count <= DAYS_MAX)) return err(`days is a whole number from 1 to ${DAYS_MAX}`);
  const since = instant(clock.now() - count * DAY_MS);
  const failures = await store.failures(fleet, cluster.value, since);
  const times = (status: ClusterFailure['status']): number => failures.filter((one) => one.status === status).length;
  return ok({ cluster: cluster.value, since, failed: times('failed'), unreachable: times('unreachable'), failures });
}
