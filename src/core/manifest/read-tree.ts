import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { Code } from './codes.ts';
import { MAX_DEPTH, MAX_ITEMS_PER_LIST, MAX_KEYS_PER_MAP } from './limits.ts';
import type { FileProblem } from './model.ts';
import type { PositionOf } from './positions.ts';
import { fileProblemOf } from './problem-of.ts';
import { hasHidden, nameHidden } from './scan-text.ts';

export interface ReadTree {
  /** Plain data; incomplete when there are problems. */
  readonly value: unknown;
  readonly problems: readonly FileProblem[];
}

/** Names through which careless code reaches the prototype of every object. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Turns the tree of one document into plain data, and refuses what YAML can say and a manifest must not. */
export function readTree(root: Node | null, positionOf: PositionOf): ReadTree {
  const problems: FileProblem[] = [];
  const refuse = (code: Code, node: Node, message: string, hint: string): undefined => {
    problems.push(fileProblemOf(code, positionOf(node.range?.[0] ?? 0), message, hint));
  };
  const value = readNode(root, 1, refuse, positionOf);
  return { value, problems };
}

type Refuse = (code: Code, node: Node, message: string, hint: string) => undefined;

function readNode(node: Node | null, depth: number, refuse: Refuse, positionOf: PositionOf): unknown {
  if (node === null) return null;
  if (isAlias(node)) return refuse('yaml/alias', node, 'aliases (*name) are not allowed', 'write the value out');
  if (node.anchor !== undefined)
    refuse('yaml/alias', node, `anchors (&${node.anchor}) are not allowed`, 'write the value out at each place');
  if (node.tag !== undefined) return refuse('yaml/tag', node, 'tags are not allowed', 'remove the tag; for text, use quotes');
  if (isScalar(node)) return readScalar(node.value, node, refuse);
  if (depth > MAX_DEPTH) return refuse('limit/depth', node, `nested deeper than ${MAX_DEPTH} levels`, 'write it flatter');
  if (isMap(node)) return readMap(node.items as Pair<Node, Node | null>[], node, depth, refuse, positionOf);
  if (!isSeq(node)) return null;
  if (node.items.length > MAX_ITEMS_PER_LIST) {
    return refuse('limit/items', node, `a list of ${node.items.length} items; the most is ${MAX_ITEMS_PER_LIST}`, 'shorten it');
  }
  return node.items.map((item) => readNode(item as Node | null, depth + 1, refuse, positionOf));
}

function readMap(pairs: readonly Pair<Node, Node | null>[], node: Node, depth: number, refuse: Refuse, positionOf: PositionOf): unknown {
  if (pairs.length > MAX_KEYS_PER_MAP) {
    return refuse('limit/keys', node, `a map of ${pairs.length} keys; the most is ${MAX_KEYS_PER_MAP}`, 'shorten it');
  }
  const map: Record<string, unknown> = {};
  const lines = new Map<string, number>();
  for (const { key, value } of pairs) {
    const name = readKey(key, refuse);
    const read = readNode(value, depth + 1, refuse, positionOf);
    if (name === undefined) continue;
    const first = lines.get(name);
    if (first !== undefined) {
      refuse('yaml/duplicate-key', key, `the key \`${name}\` is there already, in line ${first}`, 'keep one of the two');
      continue;
    }
    lines.set(name, positionOf(key.range?.[0] ?? 0).line);
    map[name] = read;
  }
  return map;
}

function readKey(key: Node, refuse: Refuse): string | undefined {
  if (isAlias(key) || key.anchor !== undefined)
    return refuse('yaml/alias', key, 'anchors and aliases are not allowed', 'write the key out');
  if (key.tag !== undefined) return refuse('yaml/tag', key, 'tags are not allowed', 'remove the tag');
  if (!isScalar(key)) return refuse('yaml/key', key, 'a key must be text, and not a map or a list', 'write a plain key');
  const name = key.value;
  if (typeof name !== 'string') {
    return refuse(
      'yaml/key',
      key,
      `the key ${key.source ?? String(name)} is not text`,
      `put it in quotes: "${key.source ?? String(name)}"`,
    );
  }
  if (name === '<<') return refuse('yaml/merge-key', key, 'the merge key << is not allowed', 'write the fields out');
  if (FORBIDDEN_KEYS.has(name)) return refuse('yaml/key', key, `the key ${name} is not allowed`, 'rename it');
  return readScalar(name, key, refuse) as string | undefined;
}

function readScalar(value: unknown, node: Node, refuse: Refuse): unknown {
  if (typeof value === 'string' && hasHidden(value)) {
    return refuse('yaml/hidden-character', node, `this text stands for the hidden character ${nameHidden(value)}`, 'remove the escape');
  }
  if (typeof value === 'number' && !isExact(value)) {
    return refuse('yaml/number', node, 'this number cannot be held exactly', 'put it in quotes if it is text, or write a smaller number');
  }
  return value;
}

const isExact = (value: number): boolean => Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
