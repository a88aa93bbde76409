import type { ClusterId } from '../model/ids.ts';
import { LayeredMap } from '../model/layered-map.ts';
import type { TargetState } from './state.ts';

/** The targets of one rollout under decision: what they were, and over it what has changed. Nothing is copied for what has not. */
export class TargetBook {
  #base: ReadonlyMap<ClusterId, TargetState>;
  /** Our own copy of the base, once decisions follow one another on it. */
  #own: Map<ClusterId, TargetState> | undefined;
  readonly #changed = new Map<ClusterId, TargetState>();

  constructor(base: ReadonlyMap<ClusterId, TargetState>) {
    this.#base = base;
  }

  get(cluster: ClusterId): TargetState | undefined {
    // A look that costs, a hundred thousand times: most often nothing has changed.
    return this.#changed.size === 0 ? this.#base.get(cluster) : (this.#changed.get(cluster) ?? this.#base.get(cluster));
  }

  before(cluster: ClusterId): TargetState | undefined {
    return this.#base.get(cluster);
  }

  set(cluster: ClusterId, state: TargetState): void {
    this.#changed.set(cluster, state);
  }

  get changed(): ReadonlyMap<ClusterId, TargetState> {
    return this.#changed;
  }

  /** All of them as they are now: the very same map when nothing has changed. */
  result(): ReadonlyMap<ClusterId, TargetState> {
    return this.#changed.size === 0 ? this.#base : LayeredMap.of(this.#base, [], this.#changed);
  }

  /** What has changed is the base of what follows. */
  settle(): void {
    this.#own ??= new Map(this.#base);
    for (const [cluster, state] of this.#changed) this.#own.set(cluster, state);
    this.#base = this.#own;
    this.#changed.clear();
  }
}
