/** Over this many names the search would cost more than the hint is worth. */
const MAX_CANDIDATES = 1_000;
const MAX_WORD_CHARS = 80;
const MAX_LISTED = 20;

/** The known name that a misspelt one most likely meant: at most one edit for every three characters. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > MAX_WORD_CHARS || candidates.length > MAX_CANDIDATES) return undefined;
  const wanted = word.toLowerCase();
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const name of candidates) {
    const most = Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));
    if (Math.abs(name.length - word.length) > most) continue;
    const edits = editsBetween(wanted, name.toLowerCase());
    if (edits <= most && (best === undefined || edits < best.edits || (edits === best.edits && name < best.name))) best = { name, edits };
  }
  return best?.name;
}

/** `did you mean \`kafka\`?`, or else what to do, and what is known if that can be read at a glance. */
export function suggest(word: string, known: { readonly size: number; keys(): Iterable<string> }, otherwise: string): string {
  if (known.size > MAX_CANDIDATES) return otherwise;
  const names = [...known.keys()];
  const meant = closest(word, names);
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  return names.length === 0 || names.length > MAX_LISTED ? otherwise : `${otherwise}; known: ${names.sort().join(', ')}`;
}

/** Insertions, deletions, substitutions and exchanges of neighbours. */
function editsBetween(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, (twoBack[j - 2] ?? 0) + 1);
      row.push(edits);
    }
    twoBack = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
