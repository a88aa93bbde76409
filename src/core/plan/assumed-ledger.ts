import type { DesiredState } from '../desired/desired.ts';
import type { Ledger, LedgerEntry } from '../ledger/ledger.ts';
import { prove, provenAt, unknownCluster } from '../ledger/record.ts';
import type { ClusterId } from '../model/ids.ts';
import { instant } from '../model/time.ts';

/**
 * The ledger of a fleet in which every commit was rolled out to the end: for whoever has the manifests, and not what became of them.
 *
 * @param line - desired states of one commit after another, oldest first.
 */
export function assumedLedger(line: readonly DesiredState[]): Ledger {
  const ledger = new Map<ClusterId, LedgerEntry>();
  for (const [at, desired] of line.entries()) {
    for (const { cluster, revision, spec } of desired.values()) {
      const entry = ledger.get(cluster) ?? unknownCluster(cluster);
      if (provenAt(entry)?.revision === revision) continue;
      const proven = { revision, spec, proof: 'soaked', at: instant(at), rollout: undefined, tookMs: undefined } as const;
      ledger.set(cluster, prove(entry, proven));
    }
  }
  return ledger;
}
