import type { Probot } from 'probot';
import type { FleetId } from '../core/model/ids.ts';
import { pressed } from '../core/report/check-buttons.ts';
import { commentIn } from '../loop/comment-payload.ts';
import { beginJob, hearJob, installJob, lookJob, pressJob, replanJob, reviewHeadJob, reviewJob, sweepJob, syncJob } from '../loop/jobs.ts';
import { newsIn } from '../loop/pull-payload.ts';
import type { Clock } from '../ports/clock.ts';
import type { FleetRecord, Job, StateStore } from '../ports/state-store.ts';
import type { Metrics } from './metrics.ts';

interface Event {
  readonly id: string;
  readonly name: string;
  readonly payload: object;
}

/** The part of any webhook payload that says what to look at. Everything else is read again at the source. */
interface Gist {
  readonly action?: unknown;
  readonly ref?: unknown;
  readonly repository?: { readonly id?: unknown; readonly default_branch?: unknown } | null;
  readonly pull_request?: { readonly number?: unknown } | null;
  readonly installation?: { readonly id?: unknown } | null;
  readonly commits?: unknown;
  readonly check_run?: { readonly head_sha?: unknown } | null;
  readonly check_suite?: { readonly head_sha?: unknown } | null;
  readonly issue?: unknown;
  readonly comment?: unknown;
  readonly sender?: { readonly login?: unknown; readonly type?: unknown } | null;
  readonly requested_action?: { readonly identifier?: unknown } | null;
}

/** Stores a delivery, once, together with the jobs it asks for. What asks for nothing is not stored. No work is done here. */
export function storeDelivery(
  store: Pick<StateStore, 'receive' | 'fleetOfRepository'>,
  clock: Clock,
  metrics: Metrics,
): (event: Event) => Promise<void> {
  return async ({ id, name, payload }) => {
    const gist: Gist = payload;
    const asked = askedBy(name, gist);
    const fleet = asked?.kind === 'fleet' ? await store.fleetOfRepository(asked.repository) : undefined;
    const jobs = jobsFor(asked, fleet);
    const action = typeof gist.action === 'string' ? gist.action : undefined;
    const outcome =
      jobs.length === 0
        ? 'ignored'
        : await store.receive({ guid: id, event: name, action, fleet: fleet?.id, payload, receivedAt: clock.now() }, jobs);
    metrics.deliveries.inc({ event: name, outcome });
  };
}

/** Of a repository that is no fleet, or of one that is retired, nothing is looked at but what could make it a fleet. */
function jobsFor(asked: Asked | undefined, fleet: FleetRecord | undefined): readonly Job[] {
  if (asked?.kind === 'discovery') return [installJob()];
  if (asked === undefined) return [];
  // What was pushed may be the document that makes it one.
  if (fleet === undefined || fleet.retired?.why === 'no-fleet') return asked.look === undefined ? [] : [asked.look];
  return fleet.retired === undefined ? [asked.job(fleet.id)] : [];
}

/** The Probot app: a delivery is acknowledged when it is stored. */
export function webhookApp(store: StateStore, clock: Clock, metrics: Metrics): (probot: Probot) => void {
  return (probot) => {
    probot.onAny(storeDelivery(store, clock, metrics));
  };
}

const REVIEWED_ACTIONS: ReadonlySet<unknown> = new Set([
  'opened',
  'synchronize',
  'reopened',
  'edited',
  'ready_for_review',
  'converted_to_draft',
  'closed',
]);

/** With these a commit may come that has no check yet. */
const BEGUN_ACTIONS: ReadonlySet<string> = new Set(['opened', 'synchronize', 'reopened']);

/** A value of another type is not made into a text: an object may say how, and fail. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a delivery asks to be looked at: what is installed where, or something in the fleet of one repository. */
export type Asked =
  | { readonly kind: 'discovery' }
  | {
      readonly kind: 'fleet';
      readonly repository: number;
      readonly job: (fleet: FleetId) => Job;
      /** Where the repository is no fleet: whether it is one now. */
      readonly look: Job | undefined;
    };

const DISCOVERY: ReadonlySet<string> = new Set(['installation', 'installation_repositories', 'repository']);

/** The repository is told by its id: its name may be somebody else's by now. An event that is not ours asks for nothing. */
export function askedBy(event: string, payload: Gist): Asked | undefined {
  if (DISCOVERY.has(event)) return { kind: 'discovery' };
  const repository = payload.repository?.id;
  const job = jobAskedBy(event, payload);
  return isNumber(repository) && job !== undefined
    ? { kind: 'fleet', repository, job, look: lookAskedBy(event, payload, repository) }
    : undefined;
}

/** A push that brings YAML may bring a Fleet document. One without a list of commits may bring anything. */
function lookAskedBy(event: string, { installation, commits }: Gist, repository: number): Job | undefined {
  if (event !== 'push' || !isNumber(installation?.id)) return undefined;
  const isKnown = Array.isArray(commits) && commits.length > 0;
  return isKnown && !commits.some(bringsYaml) ? undefined : lookJob(installation.id, repository);
}

function bringsYaml(commit: unknown): boolean {
  const { added, modified }: { readonly added?: unknown; readonly modified?: unknown } = typeof commit === 'object' ? (commit ?? {}) : {};
  return [added, modified].some((paths) => Array.isArray(paths) && paths.some((path) => /\.ya?ml$/i.test(textOf(path))));
}

function jobAskedBy(event: string, payload: Gist): ((fleet: FleetId) => Job) | undefined {
  switch (event) {
    case 'push':
      return payload.ref === `refs/heads/${textOf(payload.repository?.default_branch)}` ? syncJob : undefined;
    case 'pull_request': {
      const pull = payload.pull_request?.number;
      if (payload.action === 'unlocked') return sweepJob;
      if (!REVIEWED_ACTIONS.has(payload.action) || !isNumber(pull)) return undefined;
      const news = newsIn(payload);
      if (news === undefined) return (fleet) => reviewJob(fleet, pull);
      return (fleet) => (BEGUN_ACTIONS.has(news.action) ? beginJob(fleet, news) : reviewJob(fleet, pull, news));
    }
    case 'issue_comment': {
      const comment = commentIn(payload);
      return comment === undefined ? undefined : (fleet) => hearJob(fleet, comment);
    }
    case 'pull_request_review': {
      // A review may approve what the pull request takes away, or no longer do so.
      const pull = payload.pull_request?.number;
      return isNumber(pull) ? (fleet) => replanJob(fleet, pull) : undefined;
    }
    case 'check_run':
    case 'check_suite': {
      const head = payload.check_run?.head_sha ?? payload.check_suite?.head_sha;
      if (payload.action === 'requested_action') return pressAskedBy(payload, head);
      return payload.action === 'rerequested' && typeof head === 'string' && /^[0-9a-f]{40}$/.test(head)
        ? (fleet) => reviewHeadJob(fleet, head)
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Only people press buttons. */
function pressAskedBy({ sender, requested_action: action }: Gist, head: unknown): ((fleet: FleetId) => Job) | undefined {
  const [by, identifier] = [sender?.login, action?.identifier];
  if (sender?.type !== 'User' || typeof by !== 'string' || typeof identifier !== 'string') return undefined;
  if (pressed(identifier) === undefined || typeof head !== 'string' || !/^[0-9a-f]{40}$/.test(head)) return undefined;
  return (fleet) => pressJob(fleet, { head, identifier, by });
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
