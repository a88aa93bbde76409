import type { Observed } from '../evidence/observation.ts';
import type { Order } from '../evidence/order.ts';
import type { ClusterId, RolloutId } from '../model/ids.ts';
import { type DurationMs, type Instant, instant } from '../model/time.ts';
import type { FleetInput } from '../reconcile/decision.ts';
import { FleetEngine, type FleetStep } from '../reconcile/fleet-engine.ts';
import { isFinished, type PhaseStatus, type RolloutStatus } from '../reconcile/state.ts';
import { Timers } from '../reconcile/timers.ts';

/** When one phase would begin and end; `undefined` when that is not foreseen. */
export interface ForecastPhase {
  readonly rollout: RolloutId;
  readonly phase: string;
  readonly startsAt: Instant | undefined;
  readonly endsAt: Instant | undefined;
}

export interface Forecast {
  readonly phases: readonly ForecastPhase[];
  readonly rollouts: readonly { readonly id: RolloutId; readonly status: RolloutStatus; readonly endsAt: Instant | undefined }[];
  /** Phases that were taken to be approved as soon as they asked. */
  readonly approvals: readonly { readonly rollout: RolloutId; readonly phase: string }[];
}

export interface ForecastOptions {
  /** From the order to healthy, for one cluster: its own past, or what its product needs. */
  readonly tookMs: (cluster: ClusterId) => DurationMs;
  /** Beyond this nothing is foreseen. */
  readonly horizon: Instant;
}

/** Steps that a forecast makes at most: far above what a fleet of 100,000 needs, so that a mistake ends. */
const STEPS_MAX = 2_000_000;

/**
 * How rollouts would go if every cluster took as long as it did before and stayed healthy: the decisions of production, on a clock that jumps from
 * one event to the next. Windows, freezes, soaks, bakes and limits are in it; people approve at once.
 */
export function forecast(input: FleetInput, options: ForecastOptions): Forecast {
  return new Timeline(input, options).run();
}

interface Arrival {
  readonly order: Order;
  readonly healthySince: Instant | undefined;
}

class Timeline {
  readonly #options: ForecastOptions;
  readonly #arrivals = new Map<ClusterId, Arrival>();
  readonly #due = new Timers<ClusterId>();
  readonly #soakMs = new Map<RolloutId, (cluster: ClusterId) => number>();
  readonly #phases = new Map<string, { status: PhaseStatus; startsAt: Instant | undefined; endsAt: Instant | undefined }>();
  readonly #ended = new Map<RolloutId, Instant>();
  readonly #approvals: { rollout: RolloutId; phase: string }[] = [];
  #engine: FleetEngine;
  #now: Instant;

  constructor(input: FleetInput, options: ForecastOptions) {
    this.#options = options;
    this.#now = input.now;
    // Evidence is taken to be there whenever it is asked for: what is foreseen does not depend on how often somebody looks.
    this.#engine = new FleetEngine({ ...input, policy: { ...input.policy, evidenceMaxAgeMs: FOREVER_MS, unreachableAfterMs: FOREVER_MS } });
    for (const { planned, state } of input.rollouts) {
      const soakOf = new Map(planned.phases.map(({ name, soakMs }) => [name, soakMs]));
      this.#soakMs.set(state.id, (cluster) => soakOf.get(planned.targets.get(cluster)?.phase ?? '') ?? 0);
    }
  }

  run(): Forecast {
    let wakeAt = this.#takeFirst();
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const next = soonest(this.#due.next(), wakeAt);
      if (next === undefined || next > this.#options.horizon) {
        if (next !== undefined || !this.#approve()) break;
        wakeAt = this.#takeFirst();
        continue;
      }
      this.#now = next;
      const observations = this.#due.take(next).flatMap((cluster) => this.#sample(cluster));
      const taken = this.#engine.next({ now: next, observations });
      this.#take(taken);
      wakeAt = taken.wakeAt;
    }
    return this.#result();
  }

  #takeFirst(): Instant | undefined {
    const { decisions, wakeAt } = this.#engine.decision();
    this.#take({
      rollouts: decisions.map(({ decision: { next, actions, changes } }) => ({ id: next.id, actions, changes, targets: new Map() })),
      wakeAt,
    });
    return wakeAt;
  }

  #take({ rollouts }: FleetStep): void {
    for (const { id, actions, changes } of rollouts) {
      for (const action of actions) {
        if (action.kind !== 'order' || action.order.mode !== 'run') continue;
        this.#arrivals.set(action.order.cluster, { order: action.order, healthySince: undefined });
        this.#due.set(action.order.cluster, instant(this.#now + this.#options.tookMs(action.order.cluster)));
      }
      for (const { subject, name, to } of changes) {
        if (subject === 'phase') this.#notePhase(id, name, to as PhaseStatus);
        if (subject === 'rollout' && to.startsWith('completed')) this.#ended.set(id, this.#now);
      }
    }
  }

  #notePhase(rollout: RolloutId, name: string, status: PhaseStatus): void {
    const key = `${rollout} ${name}`;
    const known = this.#phases.get(key) ?? { status, startsAt: undefined, endsAt: undefined };
    this.#phases.set(key, known);
    known.status = status;
    if (status === 'running') known.startsAt ??= this.#now;
    if (status === 'done' || status === 'skipped') known.endsAt = this.#now;
  }

  /** Healthy when it has arrived, and once more when it has soaked. */
  #sample(cluster: ClusterId): readonly Observed[] {
    const arrival = this.#arrivals.get(cluster);
    if (arrival === undefined) return [];
    const { order, healthySince } = arrival;
    if (healthySince === undefined) {
      this.#arrivals.set(cluster, { order, healthySince: this.#now });
      const soakMs = order.rollout === undefined ? 0 : (this.#soakMs.get(order.rollout)?.(cluster) ?? 0);
      if (soakMs > 0) this.#due.set(cluster, instant(this.#now + soakMs));
    } else this.#arrivals.delete(cluster);
    return [arrivedAt(order, this.#now)];
  }

  /** Phases that ask for an approval get it: how long people take is not foreseen. @returns whether any did. */
  #approve(): boolean {
    const snapshot = this.#engine.snapshot();
    let any = false;
    const rollouts = snapshot.rollouts.map(({ planned, state }) => {
      const asking = planned.phases.filter(({ name }) => state.phases.get(name)?.status === 'awaiting-approval');
      if (asking.length === 0) return { planned, state };
      any = true;
      const given = asking.flatMap(({ name, approval }) => {
        this.#approvals.push({ rollout: state.id, phase: name });
        return Array.from({ length: approval?.count ?? 0 }, (_, at) => ({
          phase: name,
          by: `forecast-${at}`,
          digest: state.digest,
          at: this.#now,
        }));
      });
      return { planned, state: { ...state, approvals: [...state.approvals, ...given] } };
    });
    if (any) this.#engine = new FleetEngine({ ...snapshot, rollouts });
    return any;
  }

  #result(): Forecast {
    const { rollouts } = this.#engine.snapshot();
    return {
      phases: rollouts.flatMap(({ planned, state }) =>
        planned.phases.map(({ name }) => {
          const known = this.#phases.get(`${state.id} ${name}`);
          return { rollout: state.id, phase: name, startsAt: known?.startsAt ?? state.phases.get(name)?.startedAt, endsAt: known?.endsAt };
        }),
      ),
      rollouts: rollouts.map(({ state }) => ({
        id: state.id,
        status: state.status,
        endsAt: isFinished(state) ? this.#ended.get(state.id) : undefined,
      })),
      approvals: this.#approvals,
    };
  }
}

/** Longer than any horizon, and still a number that can be added to an instant. */
const FOREVER_MS = 1e14;

const soonest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

function arrivedAt(order: Order, at: Instant): Observed {
  const { cluster, dataPlane, epoch, revision, mode, spec } = order;
  const { version, image, replicas, config, featureFlags } = spec;
  return {
    kind: 'observed',
    cluster,
    dataPlane,
    sampledAt: at,
    receivedAt: at,
    accepted: { epoch, revision, mode },
    rolled: true,
    healthy: true,
    held: false,
    running: { version, image, replicas, config, featureFlags },
    brokers: Array.from({ length: replicas }, (_, ordinal) => ({ ordinal, version, state: 'ready' as const })),
    detail: undefined,
  };
}
