import type { Rewrite } from '../core/change/rewrite.ts';
import type { FleetId } from '../core/model/ids.ts';
import { renderRewriteIssue, rewriteMarker } from '../core/report/rewritten-history-issue.ts';
import { activeFleet } from './active-fleet.ts';
import type { LoopWith } from './loop.ts';
import { pageOfFleet } from './page-of-fleet.ts';
import { projectIssue } from './project.ts';
import { rewriteKey } from './projection-keys.ts';

/**
 * Tells a person in an issue that the history of the default branch was rewritten. A person closes it: the bot cannot know
 * whether it was meant.
 *
 * @throws PortError
 */
export async function publishRewrite(loop: LoopWith<'store' | 'host'>, id: FleetId, rewrite: Rewrite): Promise<void> {
  const { store } = loop.ports;
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return;
  const rollouts = (await store.rolloutsOfCommit(id, rewrite.commit)).filter(({ createdAt }) => createdAt >= rewrite.at);
  const clusters = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const view = {
    fleet: id,
    rewrite,
    rollouts: rollouts.map((one) => ({ id: one.id, release: one.release, clusters: clusters(one.counts) })),
    fleetUrl: pageOfFleet(loop.settings, id),
  };
  await projectIssue(loop, fleet, rewriteKey(rewrite), {
    ...renderRewriteIssue(view),
    labels: ['flotilla'],
    state: 'open',
    marker: rewriteMarker(rewrite),
  });
}
