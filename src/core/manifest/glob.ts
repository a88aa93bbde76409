/**
 * Reads a glob: `?` is one character and `*` any number of them, both inside one folder; `**` is any number
 * of folders. Work is bounded by the product of the lengths, whatever people write, because no regular
 * expression is made of it.
 */
export function compileGlob(glob: string): (path: string) => boolean {
  const pattern = glob.split('/');
  return (path) => matchParts(pattern, path.split('/'), (part) => part === '**', matchName);
}

function matchName(pattern: string, name: string): boolean {
  if (!pattern.includes('*') && !pattern.includes('?')) return pattern === name;
  return matchParts(
    [...pattern],
    [...name],
    (part) => part === '*',
    (part, letter) => part === '?' || part === letter,
  );
}

/** The usual greedy match with one way back: to the last wildcard, which then takes one item more. */
function matchParts(
  pattern: readonly string[],
  items: readonly string[],
  isWildcard: (part: string) => boolean,
  matches: (part: string, item: string) => boolean,
): boolean {
  let at = 0;
  let item = 0;
  let wildcard = -1;
  let resumeAt = 0;
  while (item < items.length) {
    const part = pattern[at];
    if (part !== undefined && isWildcard(part)) {
      wildcard = at;
      resumeAt = item;
      at += 1;
    } else if (part !== undefined && matches(part, items[item] ?? '')) {
      at += 1;
      item += 1;
    } else if (wildcard >= 0) {
      resumeAt += 1;
      item = resumeAt;
      at = wildcard + 1;
    } else return false;
  }
  return pattern.slice(at).every(isWildcard);
}
