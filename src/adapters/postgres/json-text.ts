/**
 * `JSON.stringify` in a form that every jsonb and text column takes.
 *
 * PostgreSQL stores neither U+0000 nor half of a surrogate pair. Both come with hostile webhook payloads and must
 * not make a delivery bounce for ever, so each becomes U+FFFD, the replacement character. JSON.stringify escapes
 * exactly these (besides other control characters), so looking for the escapes is enough; an even number of
 * backslashes before one means that it is an escape and not text that looks like one.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  if (!text.includes('\\u')) return text;
  return text.replaceAll(/(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g, '$1\ufffd');
}
