import type { Probot } from 'probot';
import { parseFleetId } from '../core/model/ids.ts';
import { installJob, reviewHeadJob, reviewJob, syncJob } from '../loop/jobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Job, StateStore } from '../ports/state-store.ts';
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
  readonly repository?: { readonly full_name?: unknown; readonly default_branch?: unknown } | null;
  readonly pull_request?: { readonly number?: unknown } | null;
  readonly check_run?: { readonly head_sha?: unknown } | null;
  readonly check_suite?: { readonly head_sha?: unknown } | null;
}

/** Stores a delivery, once, together with the jobs it asks for. No work is done here. */
export function storeDelivery(store: Pick<StateStore, 'receive'>, clock: Clock, metrics: Metrics): (event: Event) => Promise<void> {
  return async ({ id, name, payload }) => {
    const gist: Gist = payload;
    const fleet = fleetOf(gist);
    const outcome = await store.receive(
      {
        guid: id,
        event: name,
        action: typeof gist.action === 'string' ? gist.action : undefined,
        fleet: fleet.ok ? fleet.value : undefined,
        payload,
        receivedAt: clock.now(),
      },
      jobsOf(name, gist),
    );
    metrics.deliveries.inc({ event: name, outcome });
  };
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

const fleetOf = ({ repository }: Gist) => parseFleetId(textOf(repository?.full_name));

/** A value of another type is not made into a text: an object may say how, and fail. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a delivery asks to be looked at. An event that is not ours asks for nothing. */
export function jobsOf(event: string, payload: Gist): readonly Job[] {
  const fleet = fleetOf(payload);
  if (event === 'installation' || event === 'installation_repositories' || event === 'repository') return [installJob()];
  if (!fleet.ok) return [];
  switch (event) {
    case 'push':
      return payload.ref === `refs/heads/${textOf(payload.repository?.default_branch)}` ? [syncJob(fleet.value)] : [];
    case 'pull_request': {
      const pull = payload.pull_request?.number;
      return REVIEWED_ACTIONS.has(payload.action) && typeof pull === 'number' && Number.isSafeInteger(pull) && pull > 0
        ? [reviewJob(fleet.value, pull)]
        : [];
    }
    case 'check_run':
    case 'check_suite': {
      const head = payload.check_run?.head_sha ?? payload.check_suite?.head_sha;
      return payload.action === 'rerequested' && typeof head === 'string' && /^[0-9a-f]{40}$/.test(head)
        ? [reviewHeadJob(fleet.value, head)]
        : [];
    }
    default:
      return [];
  }
}
