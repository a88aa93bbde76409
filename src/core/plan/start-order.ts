import type { Strategy } from '../manifest/generated.ts';
import { labelOf } from '../manifest/selector.ts';
import { place } from '../model/hash.ts';
import type { Move } from './find-moves.ts';

/** By hash, or by a label with ties by hash; a cluster without the label comes last either way. */
export function inOrder(phase: Pick<Strategy['spec']['phases'][number], 'order'>, members: readonly Move[], seed: string): readonly Move[] {
  const { by = 'hash', label = '', descending = false } = phase.order ?? {};
  const keyed = members.map((move) => ({
    move,
    value: by === 'label' ? labelOf(move.to.labels, label) : undefined,
    hash: place(seed, move.to.cluster),
  }));
  const byValue = (a: string | undefined, b: string | undefined): number => {
    if (a === b) return 0;
    if (a === undefined) return 1;
    if (b === undefined) return -1;
    return a < b === descending ? 1 : -1;
  };
  keyed.sort((a, b) => byValue(a.value, b.value) || a.hash - b.hash || (a.move.to.cluster < b.move.to.cluster ? -1 : 1));
  return keyed.map(({ move }) => move);
}
