import { parseCommitSha, parseFleetId } from '../core/model/ids.ts';
import type { Result } from '../core/model/result.ts';
import { hearComment } from '../loop/accept-comment.ts';
import { beginReview } from '../loop/begin-review.ts';
import { planAndCarryOut } from '../loop/carry-out-commands.ts';
import { carryOutNow } from '../loop/carry-out-now.ts';
import { checkDrift } from '../loop/check-drift.ts';
import { readComment } from '../loop/comment-payload.ts';
import { converse } from '../loop/converse.ts';
import { deliverOrders } from '../loop/deliver-orders.ts';
import { discoverFleets, discoverRepository } from '../loop/discover-fleets.ts';
import type { Loop } from '../loop/loop.ts';
import { observeFleet } from '../loop/observe-fleet.ts';
import { type Press, pressButton } from '../loop/press-button.ts';
import { publishBranch } from '../loop/publish-branch.ts';
import { publishDrift } from '../loop/publish-drift.ts';
import { publishRewrite } from '../loop/publish-rewrite.ts';
import { publishRollouts } from '../loop/publish-rollouts.ts';
import { readNews } from '../loop/pull-payload.ts';
import { reviewHead, reviewPullRequest } from '../loop/review-pull-request.ts';
import { readRewrite } from '../loop/rewrite-payload.ts';
import { sweepFleet } from '../loop/sweep.ts';
import { syncFleet } from '../loop/sync-fleet.ts';
import { tick } from '../loop/tick.ts';
import type { FleetRecord, Job, JobTask } from '../ports/state-store.ts';

type Payload = Job['payload'];
export type Tasks = Readonly<Record<JobTask, (payload: Payload) => Promise<void>>>;

/** What each job does. Payloads come from our own database, and are checked all the same: an older program may have written them. */
export function createTasks(loop: Loop, onFleets: (fleets: readonly FleetRecord[]) => void): Tasks {
  return {
    tick: (payload) => tick(loop, fleetOf(payload), payload['news'] === true),
    observe: (payload) => observeFleet(loop, fleetOf(payload)),
    sync: async (payload) => void (await syncFleet(loop, fleetOf(payload))),
    sweep: (payload) => sweepFleet(loop.ports, fleetOf(payload)),
    drift: (payload) => checkDrift(loop, fleetOf(payload)),
    deliver: (payload) => deliverOrders(loop, fleetOf(payload), String(payload['dataPlane'])),
    review: (payload) => review(loop, payload),
    publish: (payload) => publish(loop, payload),
    command: (payload) =>
      'body' in payload ? hearComment(loop, fleetOf(payload), readComment(payload)) : carryOutNow(loop, fleetOf(payload)),
    converse: (payload) => converse(loop, fleetOf(payload), readComment(payload)),
    press: (payload) => pressButton(loop, fleetOf(payload), readPress(payload)),
    reconcile: (payload) => planAndCarryOut(loop, fleetOf(payload)),
    install: async (payload) => onFleets(await install(loop, payload)),
  };
}

function install({ ports }: Loop, { installation, repository }: Payload): Promise<readonly FleetRecord[]> {
  return typeof installation === 'number' && typeof repository === 'number'
    ? discoverRepository(ports, installation, repository)
    : discoverFleets(ports);
}

function review(loop: Loop, payload: Payload): Promise<void> {
  const fleet = fleetOf(payload);
  // An older program has asked under another name.
  const again = payload['again'] ?? (payload['pull'] === undefined ? payload['head'] : undefined);
  if (typeof again === 'string') return reviewHead(loop, fleet, checked(parseCommitSha(again)));
  const news = readNews(payload);
  if (payload['begin'] === true && news !== undefined) return beginReview(loop, fleet, news);
  return reviewPullRequest(loop, fleet, Number(payload['pull']), { isKnown: payload['known'] === true, news });
}

function publish(loop: Loop, payload: Payload): Promise<void> {
  const fleet = fleetOf(payload);
  switch (payload['what']) {
    case 'rollouts':
      return publishRollouts(loop, fleet, checked(parseCommitSha(String(payload['commit']))));
    case 'branch':
      return publishBranch(loop, fleet, checked(parseCommitSha(String(payload['commit']))));
    case 'rewrite':
      return publishRewrite(loop, fleet, readRewrite(payload));
    case 'drift':
      return publishDrift(loop, fleet);
    default:
      throw new Error(`nothing is published under ${JSON.stringify(payload['what'])}`);
  }
}

const readPress = ({ head, identifier, by }: Payload): Press => ({
  head: checked(parseCommitSha(String(head))),
  identifier: String(identifier),
  by: String(by),
});

const fleetOf = (payload: Payload) => checked(parseFleetId(String(payload['fleet'])));

function checked<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(`job payload: ${result.error}`);
  return result.value;
}
