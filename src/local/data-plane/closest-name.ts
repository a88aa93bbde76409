const DISTANCE_MAX = 3;
/** Beyond this the hint is not worth its time. */
const NAMES_MAX = 20_000;

/** The name that was probably meant: at most three edits away, or one that continues what was typed. */
export function closestName(typed: string, names: readonly string[]): string | undefined {
  if (names.length > NAMES_MAX) return undefined;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - typed.length) > DISTANCE_MAX) continue;
    const distance = editDistance(typed, name);
    if (distance <= DISTANCE_MAX && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name ?? names.find((name) => typed.length >= 3 && name.includes(typed));
}

/** Levenshtein: insertions, deletions and substitutions that make one text into the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
