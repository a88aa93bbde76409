import type { CommitSha, FleetId, RolloutId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { Job } from '../ports/state-store.ts';

/** Ticks of one fleet run one after another, and wait for nothing else: what asks git or lists data planes may hang. */
const tickQueue = (fleet: FleetId): string => `tick:${fleet}`;
/** Plans of pull requests, and looks at the whole fleet: slow, and nothing hangs on them. */
const gitQueue = (fleet: FleetId): string => `git:${fleet}`;

/** Decide now. Events that come close together make one tick. */
export const tickJob = (fleet: FleetId, at: Instant): Job => ({
  task: 'tick',
  key: `tick:${fleet}`,
  queue: tickQueue(fleet),
  runAt: at,
  payload: { fleet },
});

/** Decide at the instant at which the answer could change by time alone. A key of its own, so that it never delays a tick. */
export const wakeJob = (fleet: FleetId, at: Instant): Job => ({
  task: 'tick',
  key: `wake:${fleet}`,
  queue: tickQueue(fleet),
  runAt: at,
  payload: { fleet },
});

/** Look at the default branch. Beside the ticks, which must go on while git hangs, and beside the reviews: a revert waits for no plan. */
export const syncJob = (fleet: FleetId): Job => ({
  task: 'sync',
  key: `sync:${fleet}`,
  queue: `sync:${fleet}`,
  runAt: undefined,
  payload: { fleet },
});

/** Plan a pull request, of which there is news. Pushes that come close together make one plan, of the newest. */
export const reviewJob = (fleet: FleetId, pull: number): Job => ({
  task: 'review',
  key: `review:${fleet}:${pull}`,
  queue: gitQueue(fleet),
  runAt: undefined,
  payload: { fleet, pull },
});

/** Plan an open pull request again because its base has moved. A key of its own: news must not be lost to it. */
export const replanJob = (fleet: FleetId, pull: number): Job => ({
  ...reviewJob(fleet, pull),
  key: `replan:${fleet}:${pull}`,
  payload: { fleet, pull, known: true },
});

/** Plan the pull requests with this head once more, because a person asked for it. */
export const reviewHeadJob = (fleet: FleetId, head: string): Job => ({
  task: 'review',
  key: `review:${fleet}:${head}`,
  queue: gitQueue(fleet),
  runAt: undefined,
  payload: { fleet, head },
});

/** Send a data plane its orders. A queue for each, so that one that is down delays nobody else. */
export const deliverJob = (fleet: FleetId, dataPlane: string): Job => ({
  task: 'deliver',
  key: `deliver:${fleet}:${dataPlane}`,
  queue: `deliver:${fleet}:${dataPlane}`,
  runAt: undefined,
  payload: { fleet, dataPlane },
});

/** Write a report, from the state as it is when the job runs: the newest rendering wins. */
export const publishRolloutJob = (fleet: FleetId, rollout: RolloutId, at: Instant | undefined): Job => ({
  task: 'publish',
  // Two keys: a paced report that comes after an urgent one must not put it off.
  key: `publish:${fleet}:rollout:${rollout}:${at === undefined ? 'now' : 'paced'}`,
  queue: `publish:${fleet}:rollout:${rollout}`,
  runAt: at,
  payload: { fleet, what: 'rollout', rollout },
});

export const publishBranchJob = (fleet: FleetId, commit: CommitSha): Job => ({
  task: 'publish',
  key: `publish:${fleet}:branch`,
  queue: `publish:${fleet}:branch`,
  runAt: undefined,
  payload: { fleet, what: 'branch', commit },
});

export const publishDriftJob = (fleet: FleetId): Job => ({
  task: 'publish',
  key: `publish:${fleet}:drift`,
  queue: `publish:${fleet}:drift`,
  runAt: undefined,
  payload: { fleet, what: 'drift' },
});

/** Compare the whole fleet with what runs. */
export const driftJob = (fleet: FleetId): Job => ({
  task: 'drift',
  key: `drift:${fleet}`,
  queue: gitQueue(fleet),
  runAt: undefined,
  payload: { fleet },
});

/** Compare our records with the code host. */
export const sweepJob = (fleet: FleetId): Job => ({
  task: 'sweep',
  key: `sweep:${fleet}`,
  queue: `sweep:${fleet}`,
  runAt: undefined,
  payload: { fleet },
});

/** Learn which repositories the app is installed on. */
export const installJob = (): Job => ({ task: 'install', key: 'install', queue: 'install', runAt: undefined, payload: {} });
