import type { Clock } from '../../clock.ts';

/** How far the world's own time has come, and what the clock said then. Milliseconds. */
export interface TimeAnchor {
  readonly worldAt: number;
  readonly clockAt: number;
}

/**
 * The world's own time: as many times faster than the clock as asked for, also while the program is down, and
 * never backwards, so that a clock that is set back undoes no restart.
 */
export class WorldTime {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #speed: number;
  #anchor: TimeAnchor;
  #newest: TimeAnchor;

  /** @param anchor - as kept by the run before; `undefined` at the first. */
  constructor(clock: Pick<Clock, 'now'>, speed: number, anchor: TimeAnchor | undefined) {
    this.#clock = clock;
    this.#speed = speed;
    const clockAt = clock.now();
    this.#anchor = anchor ?? { worldAt: clockAt, clockAt };
    this.#newest = this.#anchor;
  }

  now(): number {
    return this.read().worldAt;
  }

  /** The time now, as it is to be kept. */
  read(): TimeAnchor {
    const clockAt = this.#clock.now();
    // Set back: time stands still for this instant, and goes on from here.
    if (clockAt < this.#newest.clockAt) this.#anchor = { worldAt: this.#newest.worldAt, clockAt };
    const worldAt = Math.floor(this.#anchor.worldAt + (clockAt - this.#anchor.clockAt) * this.#speed);
    this.#newest = { worldAt, clockAt };
    return this.#newest;
  }
}
