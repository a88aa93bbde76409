import { forecast } from '../../src/core/forecast/forecast.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';
import { type DurationMs, durationMs, instant } from '../../src/core/model/time.ts';
import { decideFleet, decideFleetInSteps } from '../../src/core/reconcile/decide-fleet.ts';
import { FleetEngine, type FleetStep } from '../../src/core/reconcile/fleet-engine.ts';
import { atMost, type Figure, median, noGoal, quantile } from './figure.ts';
import { largeFleet, NOW, observation } from './large-rollout.ts';

/** Median milliseconds that our own decision takes for this many clusters, of which this share (0 to 1) is done. */
export type MeasureDecide = (clusters: number, doneShare: number) => number;

const RUNS_SMALL = 60;
const RUNS_LARGE = 11;

export const measureDecide: MeasureDecide = (clusters, doneShare) => {
  const input = largeFleet(clusters, doneShare);
  const runs = clusters > 10_000 ? RUNS_LARGE : RUNS_SMALL;
  for (let warm = 0; warm < 3; warm += 1) decideFleet(input);
  return median(Array.from({ length: runs }, () => elapsed(() => decideFleet(input))));
};

/** Next actions from scratch, after one event, and how growth and stalls go with size. */
export async function decide(): Promise<readonly Figure[]> {
  const large99 = measureDecide(100_000, 0.99);
  const large0 = measureDecide(100_000, 0);
  const small99 = measureDecide(2_000, 0.99);
  return [
    atMost('G1', 'next actions from scratch, 100,000 clusters, 20 phases, 99 % done', large99, 'ms', 40),
    atMost('G1b', 'the same, 0 % done', large0, 'ms', 80),
    atMost('G2', 'next actions from scratch, 2,000 clusters, 99 % done', small99, 'ms', 0.6),
    ...afterEvents(),
    atMost('G4', 'growth exponent of G1 from 2,000 to 100,000', Math.log(large99 / small99) / Math.log(50), '', 1.05),
    ...(await stalls()),
    foreseen(),
  ];
}

/** Clusters that soak one after another, each making room for the next: every event changes something. */
function afterEvents(): readonly Figure[] {
  const engine = new FleetEngine(largeFleet(100_000, 0.5));
  let flying = orderedIn({
    rollouts: engine.decision().decisions.map(({ rollout, decision }) => ({ ...decision, id: rollout.state.id, targets: new Map() })),
    wakeAt: undefined,
  });
  let now = NOW;
  const times: number[] = [];
  for (let event = 0; event < 12_000 && flying.length > 0; event += 1) {
    const [next, ...rest] = flying;
    if (next === undefined) break;
    now = instant(now + 100);
    const soaking = { now, observations: [observation(next.cluster, true, now, next.epoch)] };
    let step: FleetStep | undefined;
    times.push(
      elapsed(() => {
        step = engine.next(soaking);
      }),
    );
    // Two looks, a soak apart, prove a cluster: the second comes when all the others have had their first.
    flying = next.seen ? rest : [...rest, { ...next, seen: true }];
    if (step !== undefined) flying = [...flying, ...orderedIn(step)];
    if (flying.every(({ seen }) => seen)) now = instant(now + 61_000 - flying.length * 100);
  }
  const warm = times.slice(2_000);
  return [
    atMost('G3', 'next actions after one event at 100,000, p50', quantile(warm, 0.5) * 1_000, 'µs', 20),
    atMost('G3', 'next actions after one event at 100,000, p99', quantile(warm, 0.99) * 1_000, 'µs', 100),
  ];
}

interface Flying {
  readonly cluster: ClusterId;
  readonly epoch: number;
  readonly seen: boolean;
}

const orderedIn = ({ rollouts }: FleetStep): readonly Flying[] =>
  rollouts.flatMap(({ actions }) =>
    actions.flatMap((action) =>
      action.kind === 'order' ? [{ cluster: trusted.cluster(action.order.cluster), epoch: action.order.epoch, seen: false }] : [],
    ),
  );

const FORECAST_CLUSTERS = 2_000;
const FORECAST_PHASES = 16;

/** A whole rollout on a clock that jumps from event to event, in CPU time: a busy machine does not make it worse. */
function foreseen(): Figure {
  const options = { tookMs: (): DurationMs => durationMs(900_000), horizon: instant(NOW + 365 * 86_400_000) };
  const runs = Array.from({ length: 7 }, () => {
    const input = largeFleet(FORECAST_CLUSTERS, 0, 1, FORECAST_PHASES);
    const begun = process.cpuUsage();
    const { rollouts } = forecast(input, options);
    const { user, system } = process.cpuUsage(begun);
    if (rollouts.some(({ status }) => status !== 'completed')) throw new Error('the forecast did not reach the end');
    return (user + system) / 1_000;
  });
  return atMost('G17', 'a rollout of 2,000 clusters in 16 phases foreseen to its end, CPU', median(runs), 'ms', 300);
}

/** The longest time for which a decision at 100,000 keeps everything else waiting. */
async function stalls(): Promise<readonly Figure[]> {
  const input = largeFleet(100_000, 0.5, 2);
  let longest = 0;
  const runs: number[] = [];
  for (let run = 0; run < 7; run += 1) {
    const steps = decideFleetInSteps(input);
    longest = 0;
    for (;;) {
      const begun = performance.now();
      const { done } = steps.next();
      longest = Math.max(longest, performance.now() - begun);
      if (done) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    runs.push(longest);
  }
  return [noGoal('G13', 'longest step of a decision at 100,000, two rollouts', median(runs), 'ms')];
}

function elapsed(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
