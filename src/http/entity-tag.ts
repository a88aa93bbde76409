import { createHash } from 'node:crypto';

/** Names a version of a text: weak, because the bytes of an answer may differ by their encoding. */
export const entityTag = (text: string): string => `W/"${createHash('sha256').update(text).digest('hex')}"`;

/** Does the client have this version already? @param ifNoneMatch - the header. */
export function hasAlready(ifNoneMatch: string | undefined, tag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((each) => each.trim());
  return known.some((each) => each === '*' || each === tag || `W/${each}` === tag);
}
