/** Over this many names the search would cost more than the hint is worth. */
const MAX_CANDIDATES = 5_000;
const MAX_WORD_CHARS = 80;

/** The known name that a misspelt one most likely meant: at most one edit for every three characters. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD_CHARS) return undefined;
  const wanted = word.toLowerCase();
  let best: { readonly name: string; readonly edits: number } | undefined;
  let seen = 0;
  for (const name of candidates) {
    seen += 1;
    if (seen > MAX_CANDIDATES) break;
    const most = Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));
    if (Math.abs(name.length - word.length) > most) continue;
    const edits = editsBetween(wanted, name.toLowerCase());
    if (edits <= most && (best === undefined || edits < best.edits || (edits === best.edits && name < best.name))) best = { name, edits };
  }
  return best?.name;
}

/** `did you mean \`kafka\`?`, or else what is known, or else what to do. */
export function suggest(word: string, candidates: readonly string[], otherwise: string): string {
  const meant = closest(word, candidates);
  if (meant !== undefined) return `did you mean \`${meant}\`?`;
  if (candidates.length === 0 || candidates.length > 20) return otherwise;
  return `${otherwise}; known: ${[...candidates].sort().join(', ')}`;
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
