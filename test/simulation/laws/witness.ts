import type { DesiredSpec } from '../../../src/core/desired/desired.ts';
import type { Observation } from '../../../src/core/evidence/observation.ts';
import type { SentObserved } from '../../../src/core/evidence/parse.ts';
import type { ClusterId, Revision } from '../../../src/core/model/ids.ts';

interface Look {
  /** A sample that was not shown before, and was not overtaken. */
  readonly isNews: boolean;
  readonly receivedAt: number;
  /** The same instant, whatever the bot takes it for. */
  readonly trueMs: number;
  readonly sampledAt: number;
  readonly revision: Revision | undefined;
  readonly epoch: number | undefined;
  readonly isShownUnhealthy: boolean;
  /** What was really there when the sample was given to the bot; and it was not a copy of an older one. */
  readonly truth: SentObserved | undefined;
}

const KEPT = 500;
/** As every data plane promises. */
export const EVIDENCE_MAX_AGE_MS = 60_000;

/** Beside the bot: what it was shown of each cluster, and what was really there then. */
export class Witness {
  readonly #looks = new Map<ClusterId, Look[]>();
  /** Whatever was shown last, readable or not, to the process that runs: evidence is kept in memory, and a crash loses it. */
  readonly newest = new Map<ClusterId, Observation>();

  /** @param skewMs - how far the clock of its data plane is off: it makes a sample of just now look old. */
  see(sample: Observation, truth: SentObserved | undefined, trueMs: number, skewMs: number): void {
    this.newest.set(sample.cluster, sample);
    const looks = this.#looks.get(sample.cluster) ?? [];
    this.#looks.set(sample.cluster, looks);
    const { receivedAt, sampledAt } = sample;
    const last = looks.findLast((look) => look.isNews);
    // An old one proves nothing; but after long silence nobody can tell it from a clock that was set back. Between two samples of the
    // same instant there may have been an order.
    const isOfNow =
      truth !== undefined &&
      sampledAt === truth.sampledAt + skewMs &&
      (sample.kind !== 'observed' || sample.accepted?.epoch === truth.accepted?.epoch);
    const isCopy =
      last !== undefined &&
      !isOfNow &&
      (sampledAt === last.sampledAt
        ? receivedAt >= last.receivedAt
        : sampledAt < last.sampledAt && receivedAt - last.receivedAt <= EVIDENCE_MAX_AGE_MS);
    const isObserved = sample.kind === 'observed';
    const shown = isObserved && !isCopy;
    looks.push({
      isNews: shown,
      receivedAt,
      trueMs,
      sampledAt,
      revision: shown ? sample.accepted?.revision : undefined,
      epoch: shown ? sample.accepted?.epoch : undefined,
      isShownUnhealthy: isObserved && !sample.healthy,
      truth: shown ? truth : undefined,
    });
    if (looks.length > KEPT) looks.shift();
  }

  /** The process that runs from here on was shown nothing yet. */
  crashed(): void {
    this.newest.clear();
  }

  /** It joins the manifests, perhaps once more: how it was before is nobody's concern. */
  begin(cluster: ClusterId): void {
    this.#looks.delete(cluster);
  }

  /**
   * For how long the cluster was seen to be healthy at this, up to the newest look: time between two such looks, where these are close
   * enough to vouch for it. -1: it was not, at the last look that showed anything.
   */
  soakedMs(cluster: ClusterId, revision: Revision, spec: DesiredSpec): number {
    // A clock that was set back makes a soak longer than it looks by that clock, and never shorter.
    return Math.max(
      this.#soakedBy(({ receivedAt }) => receivedAt, cluster, revision, spec),
      this.#soakedBy(({ trueMs }) => trueMs, cluster, revision, spec),
    );
  }

  #soakedBy(clock: (look: Look) => number, cluster: ClusterId, revision: Revision, spec: DesiredSpec): number {
    const looks = (this.#looks.get(cluster) ?? []).filter(({ truth }) => truth !== undefined);
    let soaked = -1;
    let last: Look | undefined;
    for (const look of looks) {
      const isThere = look.revision === revision && look.truth !== undefined && runs(look.truth, spec) && look.truth.healthy;
      const passed = last === undefined ? -1 : clock(look) - clock(last);
      if (!isThere) soaked = -1;
      else if (soaked < 0 || passed < 0) soaked = 0;
      else if (passed <= EVIDENCE_MAX_AGE_MS) soaked += passed;
      last = look;
    }
    return soaked;
  }

  /** Did the sample of that time, whenever it came, show it unhealthy? */
  isShownUnhealthy(cluster: ClusterId, sampledAt: number): boolean {
    const looks = (this.#looks.get(cluster) ?? []).filter((look) => look.isNews && look.sampledAt === sampledAt);
    return looks.length > 0 && looks.every((look) => look.isShownUnhealthy);
  }

  /** For how long it was shown to be unhealthy under this order, look after look without one that could not tell, up to the newest. */
  brokenMs(cluster: ClusterId, revision: Revision, epoch: number): number {
    const looks = this.#looks.get(cluster) ?? [];
    const newest = looks.at(-1);
    let since: number | undefined;
    let last: Look | undefined;
    for (const look of looks.toReversed()) {
      const isBroken = look.revision === revision && look.epoch === epoch && look.isShownUnhealthy && look.truth?.healthy === false;
      if (
        !isBroken ||
        (last !== undefined && (look.receivedAt > last.receivedAt || last.receivedAt - look.receivedAt > EVIDENCE_MAX_AGE_MS))
      )
        break;
      since = look.receivedAt;
      last = look;
    }
    return since === undefined || newest === undefined ? 0 : newest.receivedAt - since;
  }
}

/** Is this spec what really runs there, on every broker? */
export function runs(truth: SentObserved, spec: DesiredSpec): boolean {
  const { running, brokers, rolled } = truth;
  return (
    rolled &&
    brokers.length === spec.replicas &&
    brokers.every(({ version, state }) => version === spec.version && state === 'ready') &&
    Object.entries(spec.config).every(([key, value]) => String(running.config[key]) === String(value)) &&
    Object.keys({ ...spec.featureFlags, ...running.featureFlags }).every(
      (key) => (spec.featureFlags[key] === true) === (running.featureFlags[key] === true),
    )
  );
}
