import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { NODE_FLAGS } from '../../src/local/demo/local-run.ts';
import { atMost, type Figure, noGoal, quantile } from './figure.ts';

const RUN = join(import.meta.dirname, 'event-storm-run.ts');

/** What `event-storm-run.ts` measures. */
export interface EventStorm {
  readonly perSecond: number;
  readonly news: number;
  readonly deliveries: number;
  /** Sent once more than once. */
  readonly repeatedDeliveries: number;
  /** They were answered with 503, and came again. */
  readonly refusedDeliveries: number;
  /** News of clusters that had to change what is decided, and did not. */
  readonly newsLost: number;
  readonly deliveriesLost: number;
  /** Deliveries that are stored, or rollouts' targets that were written, more than once. */
  readonly twice: number;
  /** From each event that changes what is decided to the commit of the decision, in milliseconds. */
  readonly decisionMs: readonly number[];
  readonly cpuSeconds: number;
  readonly seconds: number;
}

/** G15: everything comes at once for a minute, in a process of its own; the database is real. */
export async function eventStorm(seconds: number): Promise<readonly Figure[]> {
  const output = execFileSync(process.execPath, [...NODE_FLAGS, RUN, String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  const storm = JSON.parse(output.toString()) as EventStorm;
  const { news, deliveries, repeatedDeliveries, decisionMs } = storm;
  const none = (what: string, value: number): Figure => ({ id: 'G15', what, value, unit: '', goal: '0', met: value === 0 });
  return [
    { id: 'G15', what: 'events a second', value: Math.round(storm.perSecond), unit: '', goal: '≥ 10000', met: storm.perSecond >= 10_000 },
    noGoal('G15', 'news of clusters', news, ''),
    noGoal('G15', `deliveries, of which ${repeatedDeliveries} came a second time`, deliveries, ''),
    noGoal('G15', 'deliveries that had to come again', storm.refusedDeliveries, ''),
    none('news of clusters that was lost', storm.newsLost),
    none('deliveries that were lost', storm.deliveriesLost),
    none('deliveries or transitions that count twice', storm.twice),
    atMost('G15', `event to durable decision, of ${decisionMs.length}, p99`, quantile(decisionMs, 0.99), 'ms', 100),
    noGoal('G15', 'event to durable decision, p50', quantile(decisionMs, 0.5), 'ms'),
    noGoal('G15', 'cores that the bot used', storm.cpuSeconds / storm.seconds, ''),
  ];
}
