/**
 * From the default branch to desired state and rollouts.
 *
 * Level-triggered: it compares the head with what was recorded, so merge, squash, rebase, queue, direct push and
 * revert are one path, and what happened while the bot was away is caught up the same way.
 */

import { computeDesired } from '../core/desired/compute-desired.ts';
import type { DesiredState } from '../core/desired/desired.ts';
import { entriesToStore } from '../core/desired/diff-desired.ts';
import type { CommitSha, FleetId } from '../core/model/ids.ts';
import { atSpeed } from '../core/plan/at-speed.ts';
import { startRollout } from '../core/plan/initial-state.ts';
import type { AuditEntry, FleetRecord, StateChange } from '../ports/state-store.ts';
import { conflict } from './commit-decisions.ts';
import { driftJob, publishBranchJob, publishRolloutJob, replanJob, tickJob } from './jobs.ts';
import { type Landing, landings } from './landings.ts';
import { type LoadedManifests, loadManifests } from './load-manifests.ts';
import type { Loop } from './loop.ts';
import { memoryOf, type StoredSituation } from './memory.ts';
import { type PlannedManifests, planManifests } from './plan-manifests.ts';
import { closePull } from './pull-record.ts';
import { loadStored } from './situation.ts';

/** @throws PortError when git, the code host or the database fails; the queue runs it again. */
export async function syncFleet(loop: Loop, id: FleetId): Promise<void> {
  const fleet = await loop.ports.store.fleet(id);
  if (fleet === undefined) return;
  const source = loop.ports.source(fleet);
  await source.fetch([]);
  const head = await source.head();
  if (head === undefined || head === fleet.seenHead) return;
  for (const landing of await landings(loop, fleet, head)) {
    // Reviews come by here too, beside the job that syncs: what one has landed, the other must not land again.
    if ((await land(loop, id, landing)) === 'overtaken') return await syncFleet(loop, id);
    // From here on its comment tells of the rollout: a plan that comes late must not write over it.
    if (landing.pull !== undefined) await closePull(loop, id, landing.pull);
  }
  await reviewAgain(loop, id);
}

/** More conflicts than this in a row mean that something else is wrong. */
const TRIES = 10;

/** One commit, or the commits of one pull request, of the default branch. */
async function land(loop: Loop, id: FleetId, landing: Landing): Promise<'landed' | 'overtaken'> {
  // Ticks write at the same time; what is planned here depends on none of that, so it is simply done again.
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const outcome = await tryToLand(loop, id, landing);
    if (outcome !== 'conflict') return outcome;
  }
  throw conflict();
}

/** @returns `conflict` when somebody else wrote meanwhile; `overtaken` when the branch was looked at by somebody else meanwhile. */
async function tryToLand(loop: Loop, id: FleetId, landing: Landing): Promise<'landed' | 'overtaken' | 'conflict'> {
  const fleet = await loop.ports.store.fleet(id);
  if (fleet === undefined) return 'landed';
  if (fleet.seenHead !== landing.after) return 'overtaken';
  const stored = await loadStored(loop, fleet);
  const loaded = await loadManifests(loop, fleet, landing.commit);
  const change =
    fleet.goodHead === undefined && loaded.model !== undefined
      ? adopt(loop, fleet, landing.commit, computeDesired(loaded.model))
      : record(loop, fleet, landing, stored.desired, await planManifests(loop, fleet, stored.desired, loaded));
  if ((await loop.ports.store.commit(change)) === 'conflict') return 'conflict';
  if (change.heads?.good === landing.commit) remember(loop, fleet, loaded, stored, change);
  return 'landed';
}

/** The next tick, and the next commit, start from what was written just now instead of reading it again. */
function remember(loop: Loop, fleet: FleetRecord, loaded: LoadedManifests, stored: StoredSituation, change: StateChange): void {
  const memory = memoryOf(loop.memory, fleet.id);
  memory.manifests = loaded.snapshot;
  if (loaded.model === undefined) return;
  const desired = computeDesired(loaded.model, memory.computed);
  memory.computed = { model: loaded.model, desired };
  memory.situation = {
    version: fleet.version + 1,
    desired,
    orders: stored.orders,
    rollouts: [
      ...stored.rollouts,
      ...(change.newRollouts ?? []).map(({ plan, state }) => ({ plan: atSpeed(plan, loop.settings.speed), state })),
    ],
  };
}

/**
 * The first commit ever seen is what the fleet is taken to be: nothing is rolled out because a bot was
 * installed. What differs from it is reported as drift.
 */
function adopt(loop: Loop, fleet: FleetRecord, commit: CommitSha, desired: DesiredState): StateChange {
  const at = loop.ports.clock.now();
  return {
    fleet: fleet.id,
    expectedVersion: fleet.version,
    at,
    heads: { seen: commit, good: commit },
    desired: { commit, set: [...desired.values()], remove: [] },
    audit: [audit(at, 'desired', commit, `adopted ${desired.size} clusters as they are described`)],
    jobs: [publishBranchJob(fleet.id, commit), driftJob(fleet.id)],
  };
}

function record(loop: Loop, fleet: FleetRecord, landing: Landing, before: DesiredState, planned: PlannedManifests): StateChange {
  const at = loop.ports.clock.now();
  const { commit } = landing;
  const common = { fleet: fleet.id, expectedVersion: fleet.version, at };
  if (planned.kind === 'broken') {
    // The last good commit stays in force: a broken manifest never stops or changes what is under way.
    return {
      ...common,
      heads: { seen: commit, good: fleet.goodHead },
      audit: [
        audit(
          at,
          'desired',
          commit,
          `not taken: ${planned.problems.filter(({ severity }) => severity === 'error').length} errors in the manifests`,
        ),
      ],
      jobs: [publishBranchJob(fleet.id, commit)],
    };
  }
  const { plan } = planned;
  // A plan that only names clusters which opted out, or are gone, has nothing to execute.
  const state = plan === undefined || Object.keys(plan.targets).length === 0 ? undefined : startRollout(plan, commit, at);
  return {
    ...common,
    heads: { seen: commit, good: commit },
    desired: { commit, ...entriesToStore(before, planned.desired) },
    ...(plan === undefined || state === undefined
      ? {}
      : { newRollouts: [{ plan, state, pull: landing.pull, author: landing.author, title: landing.title }] }),
    audit: [
      audit(at, 'desired', commit, `${planned.changes.length} clusters changed`),
      ...(state === undefined ? [] : [audit(at, 'rollout', state.id, landing.title, landing.author)]),
    ],
    jobs: [
      publishBranchJob(fleet.id, commit),
      ...(state === undefined ? [] : [tickJob(fleet.id, at), publishRolloutJob(fleet.id, state.id, undefined)]),
      driftJob(fleet.id),
    ],
  };
}

function audit(at: AuditEntry['at'], kind: string, subject: string, why: string, actor = 'flotilla'): AuditEntry {
  return { at, actor, kind, subject, rollout: undefined, from: undefined, to: undefined, why };
}

/** The base of every open pull request has moved: plan them again. Only what then reads differently is written. */
async function reviewAgain(loop: Loop, id: FleetId): Promise<void> {
  const known = await loop.ports.store.projections(id, 'pull:');
  const pulls = new Set(known.filter(({ memo }) => memo['state'] === 'open').map(({ memo }) => Number(memo['pull'])));
  await loop.ports.store.enqueue([...pulls].filter((pull) => Number.isSafeInteger(pull) && pull > 0).map((pull) => replanJob(id, pull)));
}
