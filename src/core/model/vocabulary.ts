/**
 * A closed set of words is one `as const` list. Its type, the readers of stored rows, the checks of the database, and the
 * tables of words for people all derive from that list, so that a new member which is not handled everywhere does not compile.
 */
export type WordOf<List extends readonly string[]> = List[number];

/** Is this value, which came from outside, one of the words? */
export function isWord<const List extends readonly string[]>(list: List, value: unknown): value is WordOf<List> {
  return typeof value === 'string' && (list as readonly string[]).includes(value);
}
