import type { ClusterId } from '../../../../src/core/model/ids.ts';
import { type Instant, instant } from '../../../../src/core/model/time.ts';
import { type FleetDecision, type FleetInput, holdOf } from '../../../../src/core/reconcile/decision.ts';
import { type PhaseState, SETTLED } from '../../../../src/core/reconcile/state.ts';
import { SoakWitness } from '../soak-witness.ts';
import { startsAreLawful } from './starts.ts';
import { statesAreLawful } from './states.ts';
import { type FleetStep, inForce, isOpen, law, type RolloutStep, stepOf, targetOf } from './step.ts';
import { stopsEndLawfully } from './stops.ts';

interface Broken {
  readonly sampledAt: Instant;
  readonly receivedAt: Instant;
  readonly samples: number;
}

/** What is left is an approval, at most. */
const hasBaked = (phase: PhaseState | undefined): boolean =>
  phase?.status === 'done' || (phase?.status === 'awaiting-approval' && phase.startedAt !== undefined);

/** The laws of a rollout, checked after every decision of a story; and what has to be remembered for those that are about time. */
export class LawBook {
  readonly #witness = new SoakWitness();
  /** By rollout and phase: since when all its members have been settled. */
  readonly #settledSince = new Map<string, Instant>();
  /** By rollout and cluster: the crash loops seen after its soak, one after another. */
  readonly #broken = new Map<string, Broken>();

  /** By rollout and cluster: since when it waits for evidence, and for nothing else. */
  readonly #unseenSince = new Map<string, Instant>();

  /** @throws Error naming the law that is broken */
  check(input: FleetInput, decided: FleetDecision): void {
    this.#witness.see(input);
    law(decided.decisions.length === input.rollouts.length, () => 'every rollout is decided');
    const fleet = stepOf(input, decided);
    startsAreLawful(fleet, this.#witness);
    statesAreLawful(fleet, this.#witness);
    stopsEndLawfully(fleet);
    for (const step of fleet.rollouts) {
      this.#phasesBake(fleet, step);
      for (const cluster of step.next.targets.keys()) {
        this.#breaksAreSeen(fleet, step, cluster);
        this.#patienceEnds(fleet, step, cluster);
      }
    }
  }

  /** Law 4: a phase is behind only when it has baked after its last member was settled. */
  #phasesBake({ input }: FleetStep, { planned, before, next }: RolloutStep): void {
    for (const phase of planned.phases) {
      const { name, members, bakeMs } = phase;
      const key = `${next.id} ${name}`;
      if (!members.every((cluster) => SETTLED.has(targetOf(next, cluster).status))) {
        this.#settledSince.delete(key);
        continue;
      }
      // Where our clock was set back, it is counted from there.
      const since = instant(Math.min(this.#settledSince.get(key) ?? input.now, input.now));
      this.#settledSince.set(key, since);
      if (!hasBaked(next.phases.get(name)) || hasBaked(before.phases.get(name))) continue;
      const later = planned.phases.slice(planned.phases.indexOf(phase) + 1).flatMap((one) => one.members);
      const isLast = later.every((cluster) => ['removed', 'superseded', 'skipped'].includes(targetOf(next, cluster).status));
      if (isLast || inForce(next, 'expedite', name, input.now)) continue;
      law(
        input.now - since >= bakeMs,
        () => `law 4: phase ${name} of ${next.id} is done after ${input.now - since} of ${bakeMs} ms of bake`,
      );
    }
  }

  /** Law 5: a cluster that breaks after its soak still counts: in the second sample that shows it, and not in the first. */
  #breaksAreSeen({ input }: FleetStep, { planned, before, next }: RolloutStep, cluster: ClusterId): void {
    const key = `${next.id} ${cluster}`;
    const [was, is] = [targetOf(before, cluster), targetOf(next, cluster)];
    if (was.status !== 'succeeded' || !input.desired.has(cluster)) {
      this.#broken.delete(key);
      return;
    }
    const seen = input.observations.get(cluster);
    const order = input.orders.get(cluster);
    const target = planned.targets.get(cluster);
    const isFresh = seen?.kind === 'observed' && Math.abs(input.now - seen.receivedAt) <= input.policy.evidenceMaxAgeMs;
    if (!isFresh || target === undefined || order?.rollout !== next.id || seen.accepted?.epoch !== order.epoch) return;
    const known = this.#broken.get(key);
    const [newestAt, newestSeenAt] = [known?.sampledAt ?? was.sampledAt, known?.receivedAt ?? was.seenAt];
    if (newestAt !== undefined && newestSeenAt !== undefined) {
      // Long after the newest sample an earlier one can only mean that their clock was set back.
      const gapMs = seen.receivedAt - newestSeenAt;
      const isOvertaken = seen.sampledAt < newestAt && Math.abs(gapMs) <= input.policy.evidenceMaxAgeMs;
      if (seen.sampledAt === newestAt || isOvertaken) return;
    }
    const isCrashLoop =
      !seen.healthy && seen.brokers.some(({ state, version }) => state === 'crash-loop' && version === target.spec.version);
    if (!isCrashLoop) {
      law(
        seen.healthy || is.status === 'succeeded' || was.brokenSince !== undefined,
        () => `law 5: ${cluster} failed after its soak at first sight`,
      );
      this.#broken.delete(key);
      return;
    }
    const samples = (known?.samples ?? 0) + 1;
    this.#broken.set(key, { sampledAt: seen.sampledAt, receivedAt: seen.receivedAt, samples });
    const isWatched = isOpen(before) || before.guardUntil !== undefined;
    law(
      samples < 2 || !isWatched || is.status === 'failed' || is.status === 'removed',
      () => `law 5: ${cluster} of ${next.id} broke after its soak, and is ${is.status}`,
    );
    law(
      samples > 1 || is.status === 'succeeded' || was.brokenSince !== undefined,
      () => `law 5: ${cluster} failed after its soak at first sight`,
    );
  }

  /** Law 5: one dead cluster never blocks the others; whoever cannot be seen for long counts as unreachable. */
  #patienceEnds({ input }: FleetStep, { decision, after, next }: RolloutStep, cluster: ClusterId): void {
    const key = `${next.id} ${cluster}`;
    const isUnseen = targetOf(next, cluster).status === 'waiting' && holdOf(decision.holds, after, cluster)?.reason.kind === 'no-evidence';
    if (!isUnseen) {
      this.#unseenSince.delete(key);
      return;
    }
    const since = this.#unseenSince.get(key) ?? input.now;
    this.#unseenSince.set(key, since);
    const unseenMs = input.now - since;
    law(unseenMs < input.policy.unreachableAfterMs, () => `law 5: ${cluster} of ${next.id} waits for evidence for ${unseenMs} ms`);
  }
}
