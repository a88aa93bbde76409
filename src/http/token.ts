import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares in a time that says nothing about where, or whether in length, the two differ. */
export function sameSecret(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** What `Authorization` brings: a bearer token, or name and password. */
export interface Credentials {
  readonly scheme: string;
  /** The token, or the password. */
  readonly secret: string;
  /** Empty for a token. */
  readonly name: string;
}

/** @returns `undefined` without credentials, and for schemes that nobody here understands. */
export function readCredentials(authorization: string | undefined): Credentials | undefined {
  const [scheme = '', value = ''] = (authorization ?? '').trim().split(/\s+/, 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
    // As clients of GitHub say it.
    case 'token':
      return { scheme: scheme.toLowerCase(), secret: value, name: '' };
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString('utf8');
      const colon = text.indexOf(':');
      return { scheme: 'basic', name: colon < 0 ? text : text.slice(0, colon), secret: colon < 0 ? '' : text.slice(colon + 1) };
    }
    default:
      return undefined;
  }
}
