/** A line whose quoted texts and comment are blotted out by characters that mean nothing, so that what is left is YAML. */
export const maskQuoted = (line: string): string =>
  line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?<=^|\s)#.*$/g, (text) =>
    text.startsWith('#') ? '#'.padEnd(text.length, '#') : `${text[0]}${'x'.repeat(text.length - 2)}${text.at(-1)}`,
  );
