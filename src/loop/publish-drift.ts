import { type Drift, isIntended } from '../core/drift/drift.ts';
import { groupDrifts, isAbout } from '../core/drift/group-drifts.ts';
import type { FleetId } from '../core/model/ids.ts';
import { type DriftEnd, driftMarker, renderClosedDriftIssue, renderDriftIssue } from '../core/report/drift-issue.ts';
import { cut } from '../core/report/lay-out.ts';
import { activeFleet } from './active-fleet.ts';
import type { LoopWith } from './loop.ts';
import { openIssues, projectIssue } from './project.ts';
import { DRIFT_KEYS } from './projection-keys.ts';

const LABELS = ['flotilla', 'drift'] as const;

/**
 * One issue for each drift, or for each group of them above the cap: opened, kept up to date in place, closed when the
 * drift is gone, and opened again, the same one, when it comes back.
 *
 * @throws PortError
 */
export async function publishDrift(loop: LoopWith<'store' | 'clock' | 'host'>, id: FleetId): Promise<void> {
  const { store, clock } = loop.ports;
  const [fleet, policy, drifts] = await Promise.all([activeFleet(store, id), store.policy(id), store.drifts(id)]);
  if (fleet === undefined || policy === undefined) return;
  const open = new Map((await openIssues(store, fleet, DRIFT_KEYS)).map((issue) => [issue.key.slice(DRIFT_KEYS.length), issue]));
  const issues = groupDrifts(
    drifts.filter((drift) => !isIntended(drift)),
    policy.drift.maxIssues,
    new Set(open.keys()),
  );
  for (const issue of issues) {
    const text = renderDriftIssue(issue);
    await projectIssue(
      loop,
      fleet,
      `${DRIFT_KEYS}${issue.key}`,
      { ...text, labels: LABELS, state: 'open', marker: driftMarker(issue.key) },
      { title: text.title, body: cut(text.body, EVIDENCE_BYTES_MAX) },
    );
  }
  for (const { key } of issues) open.delete(key);
  for (const [key, { memo }] of open) {
    const { title, body } = memo;
    const last = title === undefined || body === undefined ? undefined : { title, body };
    await projectIssue(loop, fleet, `${DRIFT_KEYS}${key}`, {
      ...renderClosedDriftIssue(key, endOf(key, drifts), clock.now(), last),
      labels: LABELS,
      state: 'closed',
      marker: driftMarker(key),
    });
  }
}

/** Kept of an issue, so that it still says what was wrong when it is closed. */
const EVIDENCE_BYTES_MAX = 8_000;

function endOf(key: string, drifts: readonly Drift[]): DriftEnd {
  const left = drifts.filter((drift) => isAbout(key, drift));
  if (left.length === 0) return 'resolved';
  return left.every(isIntended) ? 'intended' : 'told-elsewhere';
}
