import type { Drift } from '../drift/drift.ts';
import type { LedgerEntry } from '../ledger/ledger.ts';
import { canonicalJson } from '../model/hash.ts';
import { auditLine, type FleetChange } from './fleet-change.ts';

/** What is to be written of a look at the whole fleet: what differs now, and what each cluster is seen to run. */
export function recordDrift(before: readonly Drift[], found: readonly Drift[], ledger: readonly LedgerEntry[]): FleetChange {
  const change: FleetChange = { ...(ledger.length === 0 ? {} : { ledger }), audit: [], followUps: [] };
  if (isSame(before, found)) return change;
  const known = new Set(before.map(({ key }) => key));
  const still = new Set(found.map(({ key }) => key));
  return {
    ...change,
    drifts: found,
    audit: [
      ...found.filter(({ key }) => !known.has(key)).map((drift) => line(drift, 'found', wordsOf(drift))),
      ...before.filter(({ key }) => !still.has(key)).map((drift) => line(drift, 'gone', 'nothing of it is left to report')),
    ],
    followUps: [{ kind: 'report-drift' }],
  };
}

const wordsOf = ({ kinds, lagging }: Drift): string => (lagging === undefined ? kinds.join(', ') : `${kinds.join(', ')}: ${lagging.words}`);

const line = (drift: Drift, to: string, why: string) => ({ ...auditLine('drift', drift.cluster ?? drift.key, why), to });

/** Evidence grows older with each look; that alone is not news. */
function isSame(a: readonly Drift[], b: readonly Drift[]): boolean {
  const plain = (drifts: readonly Drift[]) => canonicalJson(drifts.map(({ seenAt: _seenAt, ...rest }) => rest));
  return a.length === b.length && plain(a) === plain(b);
}
