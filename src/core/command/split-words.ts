import { err, ok, type Result } from '../model/result.ts';

/** Opening and closing marks; telephones write the curved ones by themselves. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”', '”': '”', '„': '“', '‘': '’', '’': '’' };

/** Words of a command: apart by spaces, and together between quotes. `reason="too slow"` is one. */
export function splitWords(line: string): Result<readonly string[], string> {
  const words: string[] = [];
  let word: string | undefined;
  let closes: string | undefined;
  for (const character of line) {
    if (closes !== undefined) {
      if (character === closes) closes = undefined;
      else word = `${word ?? ''}${character}`;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      // Inside a word only after `=` or `:`: an apostrophe opens nothing.
      const opens = word === undefined || /[=:]$/.test(word) ? QUOTES[character] : undefined;
      closes = opens;
      word = opens === undefined ? `${word ?? ''}${character}` : (word ?? '');
    }
  }
  if (closes !== undefined) return err(`a quote is opened and never closed: add ${closes} at its end`);
  if (word !== undefined) words.push(word);
  return ok(words);
}

/** The word as it can be typed again. */
export const quoted = (word: string): string => (/^[^\s"'“”„‘’]+$/.test(word) ? word : `"${word.replaceAll('"', "'")}"`);
