import { differencesOf } from '../desired/normalise.ts';
import type { Observation, Observed, Running } from '../evidence/observation.ts';
import { LayeredMap } from '../model/layered-map.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { unknownCluster } from './record.ts';

/**
 * Entries of clusters that are seen to run something else than was on record, or elsewhere. A sample that only is newer
 * changes none: what is written grows with what happens, not with how often one looks.
 */
export function recordObserved(ledger: Ledger, observations: Iterable<Observation>): readonly LedgerEntry[] {
  const changed: LedgerEntry[] = [];
  for (const observation of observations) {
    if (observation.kind !== 'observed') continue;
    const entry = ledger.get(observation.cluster) ?? unknownCluster(observation.cluster);
    if (!isOnRecord(entry, observation)) changed.push({ ...entry, observed: recordOf(observation) });
  }
  return changed;
}

const recordOf = ({ dataPlane, running, receivedAt }: Observed): LedgerEntry['observed'] => ({ dataPlane, running, receivedAt });

function isOnRecord({ observed }: LedgerEntry, { dataPlane, running }: Observed): boolean {
  return observed !== undefined && observed.dataPlane === dataPlane && isSame(observed.running, running);
}

const isSame = (a: Running, b: Running): boolean => a === b || differencesOf(a, b).length === 0;

/** The ledger with these entries in place of what was there. */
export function withEntries(ledger: Ledger, entries: readonly LedgerEntry[]): Ledger {
  return entries.length === 0
    ? ledger
    : LayeredMap.of(
        ledger,
        [],
        entries.map((entry) => [entry.cluster, entry] as const),
      );
}
