import { isMap, isScalar, type Node, type Scalar } from 'yaml';
import { nameOf } from './explain-errors.ts';
import { TRUTH } from './explain-type.ts';
import type { FileProblem } from './model.ts';
import { type PositionOf, spotAt } from './positions.ts';
import { fileProblemOf } from './problem-of.ts';

/** Where settings stand. Everywhere else a schema says what type is meant, so a wrong reading is a wrong type. */
const SETTINGS: readonly (readonly string[])[] = [
  ['spec', 'config'],
  ['spec', 'featureFlags'],
];

/**
 * Settings without quotes whose YAML reading is not what is written: `3.10` is the number 3.1, `0640` is 640, `no` is false to one
 * program and text to the next. What a broker is given must not depend on who reads the line.
 */
export function checkReadings(root: Node | null, positionOf: PositionOf): readonly FileProblem[] {
  return SETTINGS.flatMap((path) => {
    const { node, complete } = spotAt(root, path);
    if (!complete || !isMap(node)) return [];
    return node.items.flatMap(({ key, value }) => {
      if (!isScalar(key) || !isScalar(value) || value.type !== 'PLAIN') return [];
      const doubt = doubtOf(value);
      if (doubt === undefined) return [];
      const name = nameOf([...path, String(key.value)]);
      return [
        fileProblemOf(
          'yaml/reading',
          positionOf(value.range?.[0] ?? 0),
          `${name} is written ${value.source}, and ${doubt.what}`,
          doubt.fix,
        ),
      ];
    });
  });
}

function doubtOf({ value, source = '' }: Scalar): { readonly what: string; readonly fix: string } | undefined {
  const quoted = `put it in quotes: "${source}"`;
  if (typeof value === 'number') {
    return String(value) === source ? undefined : { what: `YAML reads the number ${value}`, fix: `${quoted}; or write ${value}` };
  }
  if (typeof value !== 'string' && typeof value !== 'boolean') return undefined;
  const truth = TRUTH[source.toLowerCase()];
  if (truth === undefined || (String(value) === source && typeof value === 'boolean')) return undefined;
  const what = typeof value === 'boolean' ? `YAML reads ${value}` : `is text here, but ${truth} to programs that read older YAML`;
  return { what, fix: `${quoted}; or write ${truth}` };
}
