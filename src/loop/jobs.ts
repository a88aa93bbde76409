import type { FollowUp } from '../core/change/follow-up.ts';
import type { Rewrite } from '../core/change/rewrite.ts';
import { needsPlan } from '../core/command/accepted.ts';
import type { FleetCommand } from '../core/command/command.ts';
import type { CommitSha, FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { Job } from '../ports/state-store.ts';
import { commentPayload, type PostedComment } from './comment-payload.ts';
import { newsPayload, type PullNews } from './pull-payload.ts';
import { rewritePayload } from './rewrite-payload.ts';

/** The job that carries out what follows from a change. */
export function jobOf(fleet: FleetId, followUp: FollowUp, now: Instant): Job {
  switch (followUp.kind) {
    case 'tick':
      return tickJob(fleet, now);
    case 'wake':
      return wakeJob(fleet, followUp.at);
    case 'observe':
      return observeJob(fleet);
    case 'deliver':
      return deliverJob(fleet, followUp.dataPlane);
    case 'report-rollouts':
      return publishRolloutsJob(fleet, followUp.commit, followUp.at);
    case 'report-branch':
      return publishBranchJob(fleet, followUp.commit);
    case 'report-rewrite':
      return publishRewriteJob(fleet, followUp.rewrite);
    case 'report-drift':
      return publishDriftJob(fleet);
    case 'look-for-drift':
      return driftJob(fleet);
    case 'sync':
      return syncJob(fleet);
    case 'review':
      return reviewJob(fleet, followUp.pull);
    case 'review-again':
      return replanJob(fleet, followUp.pull);
  }
}

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
const wakeJob = (fleet: FleetId, at: Instant): Job => ({
  task: 'tick',
  key: `wake:${fleet}`,
  queue: tickQueue(fleet),
  runAt: at,
  payload: { fleet },
});

/** Decide on what came in. Asks for no further look: else looks and decisions would chase each other. */
export const newsJob = (fleet: FleetId, at: Instant): Job => ({
  task: 'tick',
  key: `news:${fleet}`,
  queue: tickQueue(fleet),
  runAt: at,
  payload: { fleet, news: true },
});

/** Carry out what a person has asked, now. A key and a line of its own: the code host may have to be asked who the person is, and may hang. */
export const commandJob = (fleet: FleetId, command: FleetCommand): Job =>
  needsPlan(command)
    ? { task: 'reconcile', key: `reconcile:${fleet}`, queue: `reconcile:${fleet}`, runAt: undefined, payload: { fleet } }
    : { task: 'command', key: `command:${fleet}`, queue: `command:${fleet}`, runAt: undefined, payload: { fleet } };

/** Take the commands of a comment to record. Those of one person in the order in which they came, beside everybody else's: it waits for nobody's answer. */
export const hearJob = (fleet: FleetId, comment: PostedComment): Job => ({
  task: 'command',
  key: `hear:${fleet}:${comment.id}`,
  queue: `hear:${fleet}:${comment.author.toLowerCase()}`,
  runAt: undefined,
  payload: { fleet, ...commentPayload(comment) },
});

/** Answer a comment. One job for each; what a person asks for may take long, and holds up the answers to that person only. */
export const converseJob = (fleet: FleetId, comment: PostedComment): Job => ({
  task: 'converse',
  key: `converse:${fleet}:${comment.id}`,
  queue: `converse:${fleet}:${comment.author.toLowerCase()}`,
  runAt: undefined,
  payload: { fleet, ...commentPayload(comment) },
});

/**
 * Look at the clusters of all data planes: one job, because each costs rows of the queue. In no queue, so that a job which waits for a
 * data plane delays none of the next looks at the others.
 */
const observeJob = (fleet: FleetId): Job => ({
  task: 'observe',
  key: `observe:${fleet}`,
  queue: undefined,
  runAt: undefined,
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
export const reviewJob = (fleet: FleetId, pull: number, news?: PullNews): Job => ({
  task: 'review',
  key: `review:${fleet}:${pull}`,
  queue: gitQueue(fleet),
  runAt: undefined,
  payload: { fleet, pull, ...(news === undefined ? {} : newsPayload(news)) },
});

/** Begin the check of a commit that was pushed just now, and have it planned. In no queue: it waits for no plan. */
export const beginJob = (fleet: FleetId, news: PullNews): Job => ({
  task: 'review',
  key: `begin:${fleet}:${news.info.number}`,
  queue: undefined,
  runAt: undefined,
  payload: { fleet, pull: news.info.number, begin: true, ...newsPayload(news) },
});

/** Plan an open pull request again because its base has moved, or people have agreed to it. A key of its own: news must not be lost to it. */
export const replanJob = (fleet: FleetId, pull: number): Job => ({
  ...reviewJob(fleet, pull),
  key: `replan:${fleet}:${pull}`,
  payload: { fleet, pull, known: true },
});

/** Plan an open pull request again when an approval of it expires. A key of its own: what is due now must not be put off by it. */
export const expiryJob = (fleet: FleetId, pull: number, at: Instant): Job => ({
  ...replanJob(fleet, pull),
  key: `expiry:${fleet}:${pull}`,
  runAt: at,
});

/** Plan the pull requests with this head once more, because a person asked for it. */
export const reviewHeadJob = (fleet: FleetId, head: string): Job => ({
  task: 'review',
  key: `review:${fleet}:${head}`,
  queue: gitQueue(fleet),
  runAt: undefined,
  payload: { fleet, again: head },
});

/** Carry out what a person asks by a button of a check. One job for each person and button: pressed twice, it is one approval. */
export const pressJob = (fleet: FleetId, { head, identifier, by }: Readonly<Record<'head' | 'identifier' | 'by', string>>): Job => ({
  task: 'press',
  key: `press:${fleet}:${head}:${identifier}:${by.toLowerCase()}`,
  queue: `converse:${fleet}`,
  runAt: undefined,
  payload: { fleet, head, identifier, by },
});

/** Send a data plane its orders. A queue for each, so that one that is down delays nobody else. */
const deliverJob = (fleet: FleetId, dataPlane: string): Job => ({
  task: 'deliver',
  key: `deliver:${fleet}:${dataPlane}`,
  queue: `deliver:${fleet}:${dataPlane}`,
  runAt: undefined,
  payload: { fleet, dataPlane },
});

/** Write how the rollouts of a commit stand when the job runs: the newest rendering wins. */
const publishRolloutsJob = (fleet: FleetId, commit: CommitSha, at: Instant | undefined): Job => ({
  task: 'publish',
  // Two keys: a paced report that comes after an urgent one must not put it off.
  key: `publish:${fleet}:rollouts:${commit}:${at === undefined ? 'now' : 'paced'}`,
  queue: `publish:${fleet}:rollouts:${commit}`,
  runAt: at,
  payload: { fleet, what: 'rollouts', commit },
});

const publishBranchJob = (fleet: FleetId, commit: CommitSha): Job => ({
  task: 'publish',
  key: `publish:${fleet}:branch`,
  queue: `publish:${fleet}:branch`,
  runAt: undefined,
  payload: { fleet, what: 'branch', commit },
});

const publishRewriteJob = (fleet: FleetId, rewrite: Rewrite): Job => ({
  task: 'publish',
  key: `publish:${fleet}:rewrite:${rewrite.before}:${rewrite.commit}`,
  queue: `publish:${fleet}:rewrite`,
  runAt: undefined,
  payload: { fleet, what: 'rewrite', ...rewritePayload(rewrite) },
});

const publishDriftJob = (fleet: FleetId): Job => ({
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
export const installJob = (at?: Instant): Job => ({ task: 'install', key: 'install', queue: 'install', runAt: at, payload: {} });

/** Look whether one repository that was no fleet is one by now. */
export const lookJob = (installation: number, repository: number): Job => ({
  task: 'install',
  key: `install:${repository}`,
  queue: 'install',
  runAt: undefined,
  payload: { installation, repository },
});
