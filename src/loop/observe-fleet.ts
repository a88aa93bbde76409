/**
 * Looks at the clusters that decisions turn on, and keeps what it sees for the next tick. All data planes are asked at once.
 *
 * Nothing waits for this: a data plane that hangs delays what is known of its own clusters, and nobody else.
 */
import type { Observation } from '../core/evidence/observation.ts';
import type { ClusterId, FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { DataPlanePolicy, Policy } from '../core/reconcile/policy.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { activeFleet } from './active-fleet.ts';
import { within } from './event-loop.ts';
import { newsJob } from './jobs.ts';
import type { LoopWith } from './loop.ts';
import { type Evidence, memoryOf } from './memory.ts';
import { allUnknown, clustersWanted, dataPlanesWanted, evidenceOf, isCurrent, observe } from './observe.ts';
import { loadRecords } from './records.ts';

type ObservingLoop = LoopWith<'store' | 'clock' | 'log' | 'dataPlane'>;

/** How long the job waits for the answers. One that comes later is taken all the same; a worker is not kept from other jobs for it. */
const PATIENCE_MS = 500;

/** One look at one data plane. */
interface Look {
  readonly fleet: FleetRecord;
  readonly dataPlane: DataPlanePolicy;
  readonly policy: Policy;
  readonly evidence: Evidence;
  readonly clusters: readonly ClusterId[];
  /** Those that every new sample may move on. */
  readonly often: ReadonlySet<ClusterId>;
}

/** @throws PortError when the database fails. That a data plane does not answer is no failure but a value. */
export async function observeFleet(loop: ObservingLoop, id: FleetId): Promise<void> {
  const fleet = await activeFleet(loop.ports.store, id);
  if (fleet === undefined) return;
  const { policy, rollouts } = await loadRecords(loop, fleet);
  if (policy === undefined) return;
  const { byDataPlane, often } = clustersWanted(rollouts);
  const now = loop.ports.clock.now();
  const looks = dataPlanesWanted(rollouts, policy).map((dataPlane): Look => {
    const evidence = evidenceOf(loop.memory, id, dataPlane.name);
    const wanted = new Set(byDataPlane.get(dataPlane.name));
    for (const cluster of evidence.newest.keys()) if (!wanted.has(cluster)) evidence.newest.delete(cluster);
    const clusters = [...wanted].filter((cluster) => often.has(cluster) || !wasSeenLately(evidence.newest.get(cluster)));
    return { fleet, dataPlane, policy, evidence, clusters, often };
  });
  const asked = looks.filter(({ clusters, evidence }) => clusters.length > 0 && evidence.open === undefined);
  if (asked.length > 0) await within(PATIENCE_MS, Promise.all(asked.map((look) => ask(loop, look))));

  /** Of three looks that are missed, one after another, none may let the evidence grow too old. */
  function wasSeenLately(seen: Observation | undefined): boolean {
    return policy !== undefined && seen !== undefined && Math.abs(now - seen.receivedAt) < policy.evidenceMaxAgeMs / 3;
  }
}

/** Asks once. When nobody has answered for long, nothing is known; an answer that comes after that is taken as well. */
async function ask(loop: ObservingLoop, look: Look): Promise<void> {
  const { fleet, dataPlane, policy, evidence, clusters } = look;
  const question = Symbol(dataPlane.name);
  const close = (): void => {
    if (evidence.open === question) evidence.open = undefined;
  };
  evidence.open = question;
  const answered = observe(loop, fleet, dataPlane, clusters).then(async (seen) => {
    close();
    await take(loop, look, seen);
    return true;
  });
  if (await within(policy.evidenceMaxAgeMs / 2, answered)) return;
  close();
  await take(loop, look, allUnknown(loop, dataPlane.name, clusters, `data plane ${dataPlane.name} takes long to answer`));
}

/** Keeps what was seen, and wakes the next decision where that could be another one now. */
async function take(loop: ObservingLoop, look: Look, seen: readonly Observation[]): Promise<void> {
  const { newest } = look.evidence;
  const { store, clock, log } = loop.ports;
  const isNews = seen.some((one) => couldChangeDecision(look, newest.get(one.cluster), one, clock.now()));
  for (const observation of seen) newest.set(observation.cluster, observation);
  if (!isNews) return;
  await memoryOf(loop.memory, look.fleet.id).passingOn.run(() =>
    store
      .enqueue([newsJob(look.fleet.id, clock.now())])
      .catch((error: unknown) => log.warn({ err: error }, 'answers of data planes could not be passed on; the next tick has them')),
  );
}

/** For what moves, or is ill, a newer sample counts even where it says the same: a soak ends by it, and a failure is confirmed. */
function couldChangeDecision({ often, policy }: Look, before: Observation | undefined, after: Observation, now: Instant): boolean {
  if (before === undefined || often.has(after.cluster) || !isCurrent(before, policy, now)) return true;
  return (after.kind === 'observed' && !after.healthy) || said(before) !== said(after);
}

/** All that a sample says, but for when. */
const said = ({ sampledAt: _sampledAt, receivedAt: _receivedAt, ...rest }: Observation): string => JSON.stringify(rest);
