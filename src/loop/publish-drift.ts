import type { FleetId } from '../core/model/ids.ts';
import { groupDrifts } from '../core/reconcile/group-drifts.ts';
import { driftMarker, renderDriftIssue, renderResolvedDriftIssue } from '../core/report/drift-issue.ts';
import type { Loop } from './loop.ts';
import { projectIssue } from './project.ts';
import { loadSituation } from './situation.ts';

const PREFIX = 'issue:drift:';
/** @see schemas/fleet.schema.json, spec.drift.maxIssues */
const ISSUES_MAX = 10;

/**
 * One issue for each drift, or for each group of them above the cap: opened, kept up to date in place, closed when the
 * drift is gone, and opened again, the same one, when it comes back.
 *
 * @throws PortError
 */
export async function publishDrift(loop: Loop, id: FleetId): Promise<void> {
  const situation = await loadSituation(loop, id);
  if (situation === undefined) return;
  const { store, clock } = loop.ports;
  const now = clock.now();
  const issues = groupDrifts(await store.drifts(id), situation.model.fleet.value.spec.drift?.maxIssues ?? ISSUES_MAX);
  for (const issue of issues) {
    await projectIssue(loop, situation.fleet, `${PREFIX}${issue.key}`, {
      ...renderDriftIssue(issue),
      labels: ['flotilla', 'drift'],
      state: 'open',
      marker: driftMarker(issue.key),
    });
  }
  const open = new Set(issues.map(({ key }) => `${PREFIX}${key}`));
  for (const { key, memo } of await store.projections(id, PREFIX)) {
    if (open.has(key) || memo['state'] === 'closed') continue;
    const name = key.slice(PREFIX.length);
    await projectIssue(loop, situation.fleet, key, {
      ...renderResolvedDriftIssue(name, now),
      labels: ['flotilla', 'drift'],
      state: 'closed',
      marker: driftMarker(name),
    });
  }
}
