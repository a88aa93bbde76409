/** Names that one sentence lists before it only counts. */
const NAMES_MAX = 5;

/** `a, b, c and 9 more`: some names, and how many there are besides. */
export function nameList(names: readonly string[], most = NAMES_MAX): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
