import { assertNever } from '../model/assert.ts';
import { formatInstant } from '../model/time.ts';
import type { Stop, StopScope, Trait } from './stop.ts';

/** Where a stop holds: `release kafka-all`, `the fleet`. `name` formats what others have named. */
export function scopeName(scope: StopScope, name: (text: string) => string = String): string {
  switch (scope.kind) {
    case 'fleet':
      return 'the fleet';
    case 'product':
      return `product ${name(scope.product)}`;
    case 'release':
      return `release ${name(scope.release)}`;
    case 'rollout':
      return `rollout ${name(scope.rollout)}`;
    case 'phase':
      return `phase ${name(scope.phase)} of rollout ${name(scope.rollout)}`;
    case 'data-plane':
      return `data plane ${name(scope.dataPlane)}`;
    case 'cluster':
      return `cluster ${name(scope.cluster)}`;
    case 'version':
      return name(traitWords(scope.product, scope.traits));
    default:
      return assertNever(scope, 'scopeName');
  }
}

/** `kafka 4.1.1`, `kafka num.io.threads = 16`. */
export function traitWords(product: string, traits: readonly Trait[]): string {
  const words = traits.map(({ path, value }) =>
    path === 'version' ? String(value) : `${path.replace(/^\w+\./, '')} = ${value ?? 'not set'}`,
  );
  return `${product} ${words.join(', ')}`;
}

/** A stop in one line, for a refusal: `stop 0123456789abcdef on release kafka-all, by anna at ...: demo until noon`. */
export const stopLine = ({ id, scope, by, at, reason }: Stop): string =>
  `stop ${id} on ${scopeName(scope)}, by ${by} at ${formatInstant(at)}: ${reason}`;
