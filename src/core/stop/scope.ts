import type { DesiredSpec } from '../desired/desired.ts';
import { assertNever } from '../model/assert.ts';
import type { ClusterId, RolloutId } from '../model/ids.ts';
import type { StopScope } from './stop.ts';
import { movesTo } from './traits.ts';

/** A cluster that is to move, as a stop looks at it. */
export interface Mover {
  readonly cluster: ClusterId;
  readonly product: string;
  readonly release: string;
  readonly dataPlane: string;
  /** What it is to move to. */
  readonly spec: DesiredSpec;
  /** What it was last proven at: a cluster that has soaked at a version is not moved to it. */
  readonly proven: DesiredSpec | undefined;
  /** What moves it; `undefined` before there is a rollout. A stop on one rollout says nothing of the next. */
  readonly under: { readonly rollout: RolloutId; readonly phase: string } | undefined;
}

/** Is the cluster in the scope of a stop? */
export function covers(scope: StopScope, mover: Mover): boolean {
  switch (scope.kind) {
    case 'fleet':
      return true;
    case 'product':
      return scope.product === mover.product;
    case 'release':
      return scope.release === mover.release;
    case 'rollout':
      return scope.rollout === mover.under?.rollout;
    case 'phase':
      return scope.rollout === mover.under?.rollout && scope.phase === mover.under.phase;
    case 'data-plane':
      return scope.dataPlane === mover.dataPlane;
    case 'cluster':
      return scope.cluster === mover.cluster;
    case 'version':
      return scope.product === mover.product && movesTo(scope.traits, mover.spec, mover.proven);
    default:
      return assertNever(scope, 'covers');
  }
}
