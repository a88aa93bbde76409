import { groupDrifts } from '../core/drift/group-drifts.ts';
import type { FleetId } from '../core/model/ids.ts';
import { driftMarker, renderDriftIssue, renderResolvedDriftIssue } from '../core/report/drift-issue.ts';
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
  const issues = groupDrifts(drifts, policy.drift.maxIssues);
  for (const issue of issues) {
    await projectIssue(loop, fleet, `${DRIFT_KEYS}${issue.key}`, {
      ...renderDriftIssue(issue),
      labels: LABELS,
      state: 'open',
      marker: driftMarker(issue.key),
    });
  }
  const current = new Set(issues.map(({ key }) => `${DRIFT_KEYS}${key}`));
  for (const key of await openIssues(store, fleet, DRIFT_KEYS)) {
    if (current.has(key)) continue;
    const name = key.slice(DRIFT_KEYS.length);
    await projectIssue(loop, fleet, key, {
      ...renderResolvedDriftIssue(name, clock.now()),
      labels: LABELS,
      state: 'closed',
      marker: driftMarker(name),
    });
  }
}
