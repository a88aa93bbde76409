/**
 * `SECONDS`: a hundred rollouts of a hundred clusters are under way for as long, whose clusters say ten thousand things a second, most of
 * them again, and some late; deliveries come in between, half of them twice. Prints what became of it, as JSON.
 */

import { createMetrics } from '../../src/app/metrics.ts';
import { createTasks } from '../../src/app/tasks.ts';
import { storeDelivery } from '../../src/app/webhooks.ts';
import type { Observation } from '../../src/core/evidence/observation.ts';
import type { ClusterId } from '../../src/core/model/ids.ts';
import { instant } from '../../src/core/model/time.ts';
import { tickJob } from '../../src/loop/jobs.ts';
import { PortError } from '../../src/ports/port-error.ts';
import type { StateChange, StateStore } from '../../src/ports/state-store.ts';
import { FLEET } from '../support/state/builders.ts';
import { memoryLog, TestServer } from '../support/state/test-database.ts';
import type { EventStorm } from './event-storm.ts';
import { clock, landAll, SettlingPlane, untilEnded } from './settling-fleet.ts';

const EVENTS_PER_SECOND = 10_000;
/** Of all events: a code host sends that many for a repository where a thousand people work. */
const DELIVERIES_PER_SECOND = 100;
const BEAT_MS = 10;
/** Each phase goes in two halves, and every cluster of one settles at a moment of its own. */
const WAVES = 6;
/** News that was overtaken comes this late. */
const LATE_MS = 2_000;
const AGAIN_MS = 250;

const seconds = Number(process.argv[2]);
const waveMs = (seconds * 1_000) / WAVES;

/** Since when each cluster that has settled waits for a decision that knows it. */
const waiting = new Map<ClusterId, number>();
const decisionMs: number[] = [];
let refused = 0;

async function play(): Promise<EventStorm> {
  const server = await TestServer.start();
  try {
    const database = await server.database();
    const state = await database.open({ clock });
    const store = timed(state.store);
    const planes = new Map<string, SettlingPlane>();
    const planeFor = (name: string): SettlingPlane => {
      const settleMs = (): number => waveMs * (0.2 + 0.6 * Math.random());
      const plane = planes.get(name) ?? new SettlingPlane(name, settleMs, (cluster) => waiting.set(cluster, performance.now()));
      planes.set(name, plane);
      return plane;
    };
    const log = memoryLog();
    const { loop, watchers, planes: all } = await landAll(store, log, planeFor);
    const reviewed = new Map<number, number>();
    const tasks = {
      ...createTasks(loop, () => undefined),
      // What a review costs is another goal; here it counts that it comes, and how often.
      review: async ({ pull }: Readonly<Record<string, unknown>>) => void reviewed.set(Number(pull), (reviewed.get(Number(pull)) ?? 0) + 1),
    };
    const queue = await state.runQueue(tasks, log);
    const ticks = setInterval(() => void store.enqueue([tickJob(FLEET, clock.now())]).catch(() => undefined), 1_000);

    const cpu = process.cpuUsage();
    const storm = await rage(store, all);
    const { user, system } = process.cpuUsage(cpu);
    await untilEnded(store);
    while (reviewed.size < storm.guids.size && (await state.jobFigures()).due > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    clearInterval(ticks);
    watchers.stop();
    await queue.stop(5_000);
    const worst = log.lines.find(({ level }) => level === 'error');
    if (worst !== undefined) throw new Error(`${worst.message}: ${JSON.stringify(worst.fields)}`);
    const count = async (query: string): Promise<number> =>
      Number((await database.sql.query<{ readonly n: string }>(query)).rows[0]?.n ?? 0);
    const stored = await count('select count(*) as n from flotilla.deliveries');
    const doubled = await count(
      `select count(*) as n from (select from flotilla.audit where from_state is not null
       group by fleet, rollout, subject, from_state, to_state having count(*) > 1) twice`,
    );
    await database.close();
    const reviewedTwice = [...reviewed.values()].filter((times) => times > 1).length;
    return {
      perSecond: (storm.news + storm.deliveries) / storm.lasted,
      news: storm.news,
      deliveries: storm.deliveries,
      repeatedDeliveries: storm.deliveries - storm.guids.size,
      refusedDeliveries: refused,
      newsLost: waiting.size,
      deliveriesLost: storm.guids.size - Math.min(stored, reviewed.size),
      twice: doubled + Math.max(0, stored - storm.guids.size) + reviewedTwice,
      decisionMs,
      cpuSeconds: (user + system) / 1_000_000,
      seconds: storm.lasted,
    };
  } finally {
    await server.stop();
  }
}

/** Notes when the first decision is durable that knows what a cluster has said. */
function timed(store: StateStore): StateStore {
  const commit = async (change: StateChange): ReturnType<StateStore['commit']> => {
    const outcome = await store.commit(change);
    if (outcome === 'committed')
      for (const { targets } of change.rollouts ?? []) for (const [cluster, { status }] of targets ?? []) noteDecision(cluster, status);
    return outcome;
  };
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'commit' ? commit : Reflect.get(target, name);
      return typeof value === 'function' && name !== 'commit' ? value.bind(target) : value;
    },
  });
}

function noteDecision(cluster: ClusterId, status: string): void {
  const since = waiting.get(cluster);
  if (since === undefined || (status !== 'soaking' && status !== 'succeeded')) return;
  decisionMs.push(performance.now() - since);
  waiting.delete(cluster);
}

/** One that is refused, because the database is busy say, comes again: only what was acknowledged may not be lost. */
async function untilTaken(send: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      refused += 1;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Everything that comes from outside, as evenly as a timer can send it. */
async function rage(store: StateStore, planes: readonly SettlingPlane[]) {
  const receive = storeDelivery(store, clock, createMetrics());
  const clusters = [...(await store.desired(FLEET)).values()];
  const planeOf = new Map(planes.map((plane) => [plane.name, plane]));
  const guids = new Set<string>();
  const arriving = new Set<Promise<void>>();
  const began = performance.now();
  let [news, deliveries, at] = [0, 0, 0];
  const deliver = (nth: number): void => {
    guids.add(`storm-${nth}`);
    const payload = { action: 'synchronize', repository: { id: 1_001 }, pull_request: { number: nth + 1 } };
    const stored = untilTaken(() => receive({ id: `storm-${nth}`, name: 'pull_request', payload })).finally(() => arriving.delete(stored));
    arriving.add(stored);
    deliveries += 1;
  };
  const say = (): void => {
    const { cluster, dataPlane } = clusters[(at * 7_919) % clusters.length] ?? {};
    const plane = planeOf.get(dataPlane ?? '');
    if (cluster === undefined || plane === undefined) return;
    const seen = plane.see(cluster);
    // Every tenth is late, and every tenth comes a second time.
    plane.say(at % 10 === 0 ? lateFrom(seen) : seen);
    if (at % 10 === 1) plane.say(seen);
    news += at % 10 === 1 ? 2 : 1;
    at += 1;
  };
  for (;;) {
    const passed = (performance.now() - began) / 1_000;
    if (passed >= seconds) break;
    while (deliveries < passed * DELIVERIES_PER_SECOND) {
      // Both copies of every other one arrive at once, as after a timeout of the sender.
      const nth = guids.size;
      deliver(nth);
      if (nth % 2 === 1) deliver(nth);
    }
    const due = passed * (EVENTS_PER_SECOND - DELIVERIES_PER_SECOND);
    while (news < due) say();
    await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
  }
  const lasted = (performance.now() - began) / 1_000;
  await Promise.all(arriving);
  return { news, deliveries, guids, lasted };
}

const lateFrom = (seen: Observation): Observation => ({
  ...seen,
  sampledAt: instant((seen.kind === 'observed' ? seen.sampledAt : seen.receivedAt) - LATE_MS),
  receivedAt: instant(seen.receivedAt - LATE_MS),
});

process.stdout.write(JSON.stringify(await play()));
process.exit(0);
