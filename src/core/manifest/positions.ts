import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** Line and column, both from 1; columns count UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type PositionOf = (offset: number) => Position;

export type Path = readonly (string | number)[];

/** Offsets into a text with LF line ends, as lines and columns. */
export function positionsIn(text: string): PositionOf {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** What is at a path of a document: the offset of its key and of its value, and its node. */
export interface Spot {
  readonly keyOffset: number;
  readonly valueOffset: number;
  readonly node: Node | null;
  /** The whole path was found, and not only the beginning of it. */
  readonly complete: boolean;
}

/** Follows a path of keys and indices; where it leads nowhere, the answer is the last spot that exists. */
export function spotAt(root: Node | null, path: Path): Spot {
  const start = root?.range?.[0] ?? 0;
  let spot: Spot = { keyOffset: start, valueOffset: start, node: root, complete: true };
  for (const step of path) {
    const next = stepInto(spot.node, step);
    if (next === undefined) return { ...spot, complete: false };
    spot = next;
  }
  return spot;
}

function stepInto(node: Node | null, step: string | number): Spot | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step] as Node | undefined;
    if (item === undefined) return undefined;
    const offset = item.range?.[0] ?? 0;
    return { keyOffset: offset, valueOffset: offset, node: item, complete: true };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => keyText(key) === String(step)) as Pair<Node, Node | null> | undefined;
  if (pair === undefined) return undefined;
  const keyOffset = pair.key.range?.[0] ?? 0;
  return { keyOffset, valueOffset: offsetOfValue(pair.value, keyOffset), node: pair.value, complete: true };
}

/** A value that was left out has a place of no width after its key; the key is what a person can see. */
function offsetOfValue(value: Node | null, keyOffset: number): number {
  const range = value?.range;
  return range == null || range[0] === range[1] ? keyOffset : range[0];
}

/** A key as the text it stands for; `undefined` for a key that is a map or a list. */
export const keyText = (key: unknown): string | undefined => (isScalar(key) ? String(key.value) : undefined);
