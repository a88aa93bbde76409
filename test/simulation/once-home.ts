import type { ClusterId } from '../../src/core/model/ids.ts';
import { syncJob } from '../../src/loop/jobs.ts';
import { type FleetSpec, type ReleaseSpec, VERSIONS } from './fleet-spec.ts';
import { OUT } from './laws/starts.ts';
import type { MirroredRollout } from './mirror.ts';
import type { Schedule } from './schedule.ts';
import { FLEET } from './world.ts';

const BY = { by: 'second', reason: 'it was the wrong one' } as const;
const STEP_MS = 10_000;
/** So long somebody waits for a cluster to be half-way; behind a freeze none is. */
const STEPS_MAX = 40;

/**
 * What needs a fleet at rest to begin with, and is rare while all else goes wrong.
 *
 * @returns whether anything was done, so that the fleet has to be brought home once more.
 */
export async function stirOnceHome(schedule: Schedule): Promise<boolean> {
  const { spec } = schedule.world;
  const slow = spec.products.find(({ minimumIntervalMinutes }) => minimumIntervalMinutes !== undefined);
  const hurried = spec.releases.find(({ product }) => product === slow?.name);
  if (hurried !== undefined) {
    push(schedule, nextOf(spec, hurried), `${hurried.name} once more, at once`);
    return true;
  }
  const release = schedule.random.chance(0.25) ? schedule.random.pickAny(spec.releases) : undefined;
  if (release !== undefined) await goBackHalfWay(schedule, release);
  return release !== undefined;
}

/** Forward, back from the middle, and given up in the middle of the way back: what was proven before all that is proven no more. */
async function goBackHalfWay(schedule: Schedule, release: ReleaseSpec): Promise<void> {
  const { spec } = schedule.world;
  push(schedule, nextOf(spec, release), `${release.name} forward`);
  // One is in restart on the way back, and another has to be left.
  const forward = await untilAway(schedule, release, { brokers: 2, after: 0 });
  if (forward === undefined) return;
  push(schedule, spec, `${release.name} back again`);
  const back = await untilAway(schedule, release, { brokers: 1, after: forward.state.seq });
  if (back !== undefined) await schedule.command({ verb: 'abort', rollout: back.state.id, ...BY });
}

/** @returns a newer rollout, once it has a cluster in flight of which so many brokers are away from what the release said. */
async function untilAway(
  schedule: Schedule,
  { name, version }: ReleaseSpec,
  { brokers, after }: { readonly brokers: number; readonly after: number },
): Promise<MirroredRollout | undefined> {
  const { laws, world } = schedule;
  const away = (cluster: ClusterId): number => world.truth(cluster)?.brokers.filter((broker) => broker.version !== version).length ?? 0;
  for (let step = 0; step < STEPS_MAX && !laws.isBroken; step += 1) {
    await schedule.work();
    const found = laws.mirror.unfinished.find(
      ({ planned, state }) =>
        planned.release === name &&
        state.seq > after &&
        [...state.targets].some(([cluster, { status }]) => OUT.has(status) && away(cluster) >= brokers),
    );
    if (found !== undefined) return found;
    schedule.pass(STEP_MS);
  }
  return undefined;
}

function push({ story, world }: Schedule, next: FleetSpec, title: string): void {
  story.tell(() => `lead merges ${title}`);
  world.push(next, title);
  void world.store.enqueue([syncJob(FLEET)]);
}

/** A neighbour is a legal step for all that are home; and nobody has to try it first. */
function nextOf(spec: FleetSpec, release: ReleaseSpec): FleetSpec {
  const at = [...VERSIONS].map(String).indexOf(release.version);
  const version = VERSIONS[at + 1] ?? VERSIONS[at - 1] ?? release.version;
  return { ...spec, releases: spec.releases.map((one) => (one === release ? { ...release, version, waived: true } : one)) };
}
