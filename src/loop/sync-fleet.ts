/**
 * From the default branch to desired state and rollouts.
 *
 * Level-triggered: it compares the head with what was recorded, so merge, squash, rebase, queue, direct push and
 * revert are one path, and what happened while the bot was away is caught up the same way.
 */
import type { FleetRecords } from '../core/change/apply-change.ts';
import { auditLine } from '../core/change/fleet-change.ts';
import type { DesiredCluster } from '../core/desired/desired.ts';
import { type LandingOutcome, land } from '../core/landing/land.ts';
import type { Landing } from '../core/landing/landing.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Problem } from '../core/model/problem.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import { policyOf } from '../core/reconcile/read-policy.ts';
import { nameKeyOf } from '../ports/code-host.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { claimDescribed, claimedBy } from './claim-clusters.ts';
import { inOneTurn } from './commit.ts';
import { installJob, reviewJob } from './jobs.ts';
import { landings } from './landings.ts';
import { type LoadedManifests, loadManifests, loadModelInForce } from './load-manifests.ts';
import type { LoopWith } from './loop.ts';
import { memoryOf } from './memory.ts';
import { type PlanningPort, type PreparedManifests, planPrepared, prepareManifests } from './plan-manifests.ts';
import { closePull } from './pull-record.ts';
import { loadRecords } from './records.ts';

type SyncLoop = LoopWith<PlanningPort | 'host' | 'app'>;

/**
 * @returns `not-ours` when the repository of the fleet is not where it was: nothing has landed, and what was fetched may be a stranger's.
 * @throws PortError when git, the code host or the database fails; the queue runs it again.
 */
export async function syncFleet(loop: SyncLoop, id: FleetId): Promise<'synced' | 'not-ours'> {
  const { store, source, host } = loop.ports;
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return 'synced';
  const git = source(fleet);
  await git.fetch([]);
  const head = await git.head();
  if (head === undefined) return 'synced';
  if (head === fleet.seenHead) {
    await keepPolicy(loop, id);
    return 'synced';
  }
  if (!(await isStillOurs(loop, fleet))) return 'not-ours';
  return await landAll(loop, fleet, await landings(git, host(fleet), fleet, head));
}

/**
 * A name may lead to another repository by now, and an installation may have been told to leave this one out: what lands moves
 * clusters, so the code host is asked each time. Where it is not ours, discovery finds out what became of it.
 */
async function isStillOurs({ ports }: SyncLoop, fleet: FleetRecord): Promise<boolean> {
  const { store, app, log } = ports;
  const named = fleet.repository === undefined ? undefined : await app.repository(fleet.installation, fleet.repository);
  const isOurs = named !== undefined && nameKeyOf(named) === nameKeyOf(fleet);
  if (isOurs) return true;
  const now = named === undefined ? undefined : `${named.owner}/${named.name}`;
  log.warn(
    { fleet: fleet.id, repository: fleet.repository, now },
    'nothing lands: the repository of the fleet has moved, or is not listed',
  );
  await store.enqueue([installJob()]);
  return false;
}

async function landAll(loop: SyncLoop, { id }: FleetRecord, found: readonly Landing[]): Promise<'synced' | 'not-ours'> {
  for (const landing of found) {
    // From here on its comment tells of the rollouts: a plan that comes late must not write over it.
    if (landing.pull !== undefined) await closeMerged(loop, id, landing.pull);
    // Reviews come by here too, beside the job that syncs: what one has landed, the other must not land again.
    if ((await landOne(loop, id, landing)) === 'overtaken') return await syncFleet(loop, id);
  }
  return 'synced';
}

/** One that nobody has planned is looked at once more: its check says what its merge has set going. */
async function closeMerged(loop: SyncLoop, id: FleetId, pull: number): Promise<void> {
  const { store } = loop.ports;
  const known = await store.pull(id, pull);
  await closePull(loop, id, pull);
  if (known?.planned === undefined) await store.enqueue([reviewJob(id, pull)]);
}

/** What was stored before policies were, or before the rules of commands: it is read once more from the commit in force. */
async function keepPolicy(loop: SyncLoop, id: FleetId): Promise<void> {
  const { fleet, records } = (await read(loop, id)) ?? {};
  const good = records?.heads.good;
  if (fleet === undefined || good === undefined || records?.policy?.commands !== undefined) return;
  const model = await loadModelInForce(loop, fleet, good);
  if (model === undefined) return;
  await inOneTurn(loop, id, (decide) =>
    decide((_fleet, { policy, heads }) => {
      if (policy?.commands !== undefined || heads.good !== good) return { value: undefined };
      const audit = [auditLine('desired', good, 'policy read again from the commit in force')];
      return { change: { policy: policyOf(model, loop.settings.speed), audit, followUps: [{ kind: 'tick' }] }, value: undefined };
    }),
  );
}

/**
 * One commit, or the commits of one pull request, of the default branch. Manifests and new clusters are looked at first, which may take
 * long; it is planned and written in a turn, so that a fleet in which much happens does not put off its merges.
 */
async function landOne(loop: SyncLoop, id: FleetId, landing: Landing): Promise<'landed' | 'overtaken'> {
  const { store } = loop.ports;
  const { fleet, records } = (await read(loop, id)) ?? {};
  if (fleet === undefined || records === undefined) return 'landed';
  if (records.heads.seen !== landing.after) return 'overtaken';
  const prepared = await prepare(loop, fleet, records, landing);
  let landed: Described = { described: [], dataPlanes: [] };
  const outcome = await inOneTurn(loop, id, (decide) =>
    decide(async (_fleet, recorded, now) => {
      // What was looked at belongs to the desired state that it was compared with, which only a landing changes.
      if (recorded.heads.seen !== landing.after) return { value: 'overtaken' as const };
      const openPulls = (await store.openPulls(id)).map(({ number }) => number);
      const planned = outcomeOf(loop, fleet, recorded, prepared);
      const change = land({ heads: recorded.heads, landing, recorded: { ...recorded, openPulls }, outcome: planned, now });
      landed = { described: change.desired?.set ?? [], dataPlanes: change.policy?.dataPlanes ?? [] };
      return { change, value: 'landed' as const };
    }),
  );
  if (outcome === 'landed') await claimLanded(loop, id, landed);
  return outcome ?? 'landed';
}

interface Described {
  readonly described: readonly DesiredCluster[];
  readonly dataPlanes: Policy['dataPlanes'];
}

/** Whoever describes a cluster first has it. A crash before this leaves it to the first order. */
async function claimLanded({ ports }: SyncLoop, id: FleetId, { described, dataPlanes }: Described): Promise<void> {
  const others = await claimDescribed(ports.store, id, described, dataPlanes);
  for (const [cluster, holder] of others)
    ports.log.warn({ fleet: id, cluster, holder }, `${claimedBy(cluster, holder)}; it gets no orders from this one`);
}

async function read(loop: SyncLoop, id: FleetId): Promise<{ readonly fleet: FleetRecord; readonly records: FleetRecords } | undefined> {
  const fleet = await loop.ports.store.fleet(id);
  return fleet && { fleet, records: await loadRecords(loop, fleet) };
}

/** A commit that can be planned, or how many errors it has. */
type Prepared =
  | { readonly kind: 'broken'; readonly errors: number }
  | { readonly kind: 'read'; readonly loaded: LoadedManifests; readonly policy: Policy; readonly manifests: PreparedManifests };

/** Policy comes from the commit that lands: it is the default branch. */
async function prepare(loop: SyncLoop, fleet: FleetRecord, records: FleetRecords, { commit }: Landing): Promise<Prepared> {
  const loaded = await loadManifests(loop, fleet, commit);
  if (loaded.model === undefined) return { kind: 'broken', errors: errorsIn(loaded.problems) };
  const policy = policyOf(loaded.model, loop.settings.speed);
  return { kind: 'read', loaded, policy, manifests: await prepareManifests(loop, fleet, records, loaded.model, policy.dataPlanes) };
}

function outcomeOf(loop: SyncLoop, { id }: FleetRecord, records: FleetRecords, prepared: Prepared): LandingOutcome {
  if (prepared.kind === 'broken') return prepared;
  const { loaded, policy, manifests } = prepared;
  const { changed, plan, problems } = planPrepared(manifests, records);
  const errors = errorsIn(problems);
  if (errors > 0) return { kind: 'broken', errors };
  const { model, desired, seen } = manifests;
  // The next commit starts from what was read just now, whoever lands this one.
  const own = memoryOf(loop.memory, id);
  own.manifests = loaded.snapshot;
  own.computed = { model, desired };
  return { kind: 'planned', desired, policy, plan, changed, seen };
}

const errorsIn = (problems: readonly Pick<Problem, 'severity'>[]): number => problems.filter(({ severity }) => severity === 'error').length;
