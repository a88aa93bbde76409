import type { Observation } from '../../../src/core/evidence/observation.ts';
import { parseObservation } from '../../../src/core/evidence/parse.ts';
import type { ClusterId } from '../../../src/core/model/ids.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';
import { dataPlaneOf } from './plans.ts';
import type { Random } from './random.ts';
import type { Sample } from './world.ts';

/** How well messages get through. */
export interface Weather {
  /** That an order arrives when it is due; that its answer does; and that an old order arrives once more. */
  readonly deliver: number;
  readonly answer: number;
  readonly replayOrder: number;
  /** That a fresh sample arrives with time; otherwise the one before stays the newest. */
  readonly observe: number;
  /** That what arrives is not the fresh sample, but one of the last few. */
  readonly replaySample: number;
  /** That nothing is known of it, or that what arrives cannot be read. */
  readonly unknown: number;
  readonly malformed: number;
}

export const FAIR: Weather = { deliver: 1, answer: 1, replayOrder: 0, observe: 1, replaySample: 0, unknown: 0, malformed: 0 };

const SAMPLES_KEPT = 6;

/** What arrives instead of a sample that can be read. Each is a way in which something absurd was believed once. */
const ABSURD: readonly ((sent: Record<string, unknown>) => unknown)[] = [
  (sent) => ({ ...sent, kind: 'fine' }),
  (sent) => ({ ...sent, sampledAt: Number.NaN }),
  (sent) => ({ ...sent, sampledAt: 'now' }),
  (sent) => ({ ...sent, healthy: 'yes' }),
  (sent) => ({ ...sent, rolled: undefined }),
  (sent) => ({ ...sent, brokers: undefined }),
  (sent) => ({ ...sent, accepted: { epoch: '1' } }),
  (sent) => ({ ...sent, cluster: 'another' }),
  () => null,
];

/** Carries samples from data planes to the bot, each stamped by the clock of its data plane and by ours; and loses, repeats and garbles some. */
export class Carrier {
  readonly #random: Random;
  /** By data plane: how far its clock is from true time. */
  readonly skews = new Map<string, number>();
  readonly #sent = new Map<ClusterId, Record<string, unknown>[]>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** @returns what the bot receives; `undefined` when nothing arrives. */
  carry(cluster: ClusterId, sample: Sample, trueMs: number, receivedAt: Instant, weather: Weather): Observation | undefined {
    const random = this.#random;
    const dataPlane = dataPlaneOf(cluster);
    const unknown = (cause: string, missing: boolean): Observation => ({
      kind: 'unknown',
      cluster,
      dataPlane,
      sampledAt: receivedAt,
      receivedAt,
      cause,
      missing,
    });
    if (!random.chance(weather.observe)) return undefined;
    if (sample === 'silent') return unknown('does not answer', false);
    if (random.chance(weather.unknown)) return unknown('lost on the way', false);
    const sampledAt = instant(trueMs + (this.skews.get(dataPlane) ?? 0));
    if (sample === 'missing') return { ...unknown('no such cluster', true), sampledAt };
    const fresh = { kind: 'observed', cluster, dataPlane, sampledAt, ...sample };
    const sent = [...(this.#sent.get(cluster) ?? []), fresh].slice(-SAMPLES_KEPT);
    this.#sent.set(cluster, sent);
    const carried = random.chance(weather.replaySample) ? (random.pickAny(sent) ?? fresh) : fresh;
    const garble = random.chance(weather.malformed) ? random.pickAny(ABSURD) : undefined;
    return parseObservation(garble === undefined ? carried : garble(carried), { cluster, dataPlane, receivedAt });
  }
}
