import type { SentObservation } from '../../core/evidence/parse.ts';
import type { EventStream } from '../../http/event-stream.ts';
import type { ClusterState } from '../../ports/in-memory/simulated-clusters/cluster-state.ts';
import type { World } from '../../ports/in-memory/simulated-clusters/world.ts';

/** Changes that come closer together than this are looked at in one go. */
const WAIT_MS_MIN = 20;
const WAIT_MS_MAX = 60_000;
const HEARTBEAT_MS = 15_000;

/**
 * Server-sent events of changed observations. Sleeps until the next instant at which anything changes, and not
 * at all while nobody watches: clusters need no timer to move on.
 */
export class WatchHub {
  readonly #world: World;
  readonly #speed: number;
  readonly #watchers = new Map<EventStream, string>();
  #timer: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #seenAt = 0;
  #rescheduling = false;

  constructor(world: World, speed: number) {
    this.#world = world;
    this.#speed = speed;
  }

  /** @param resync - send everything first, for a reader that was away. */
  add(dataPlane: string, watcher: EventStream, resync: boolean): void {
    this.#watchers.set(watcher, dataPlane);
    if (this.#watchers.size === 1) this.#start();
    watcher.onEnd(() => this.#remove(watcher));
    if (resync) for (const state of this.#world.list(dataPlane)) watcher.send(this.#world.see(state));
  }

  /** Tells of a change that came by an event. */
  notify(state: ClusterState): void {
    if (this.#watchers.size === 0) return;
    this.#publish([this.#world.see(state)]);
    if (this.#rescheduling) return;
    // Once for a batch of thousands.
    this.#rescheduling = true;
    setImmediate(() => {
      this.#rescheduling = false;
      this.#tick();
    });
  }

  /** Cuts off everybody who watches a data plane. */
  disconnect(dataPlane: string): void {
    for (const [watcher, name] of this.#watchers) if (name === dataPlane) watcher.cutOff();
  }

  close(): void {
    for (const watcher of this.#watchers.keys()) watcher.cutOff();
    this.#stop();
  }

  #start(): void {
    this.#seenAt = this.#world.catchUp(0).at;
    this.#heartbeat = setInterval(() => {
      for (const watcher of this.#watchers.keys()) watcher.comment('beat');
    }, HEARTBEAT_MS);
    this.#tick();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
  }

  #remove(watcher: EventStream): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#stop();
  }

  #tick(): void {
    clearTimeout(this.#timer);
    if (this.#watchers.size === 0) return;
    const { changed, at, nextInMs } = this.#world.catchUp(this.#seenAt);
    this.#seenAt = at;
    this.#publish(changed);
    if (nextInMs === undefined) return;
    const waitMs = Math.min(Math.max(Math.ceil(nextInMs / this.#speed), WAIT_MS_MIN), WAIT_MS_MAX);
    this.#timer = setTimeout(() => this.#tick(), waitMs);
  }

  #publish(observations: readonly SentObservation[]): void {
    for (const observation of observations) {
      if (this.#world.isSilent(observation.dataPlane)) continue;
      for (const [watcher, dataPlane] of this.#watchers) if (dataPlane === observation.dataPlane) watcher.send(observation);
    }
  }
}
