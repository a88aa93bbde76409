import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares in a time that says nothing about where, or whether in length, the two differ. */
export const sameSecret = (given: string, wanted: string): boolean => timingSafeEqual(digest(given), digest(wanted));

/** A token by its hash, and the person whom it names. */
export interface ApiToken {
  readonly login: string;
  /** In hex. */
  readonly sha256: string;
}

export const digestOf = (token: string): string => digest(token).toString('hex');

/** Compares with every token, so that the time says nothing of which one it was. */
export function whoHas(tokens: readonly ApiToken[], secret: string): string | undefined {
  const given = digest(secret);
  let found: string | undefined;
  for (const { login, sha256 } of tokens) {
    const wanted = Buffer.from(sha256, 'hex');
    if (wanted.length === given.length && timingSafeEqual(given, wanted)) found ??= login;
  }
  return found;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What `Authorization` brings. */
export interface Credentials {
  readonly kind: 'bearer' | 'basic';
  /** Empty for a bearer. */
  readonly name: string;
  /** The token, or the password. */
  readonly secret: string;
}

/** @returns `undefined` without credentials, and for schemes that nobody here understands. */
export function readCredentials(authorization: string | undefined): Credentials | undefined {
  const [scheme = '', value = ''] = (authorization ?? '').trim().split(/\s+/, 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
    // As older clients of GitHub call it.
    case 'token':
      return { kind: 'bearer', name: '', secret: value };
    case 'basic': {
      const [name = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
      return { kind: 'basic', name, secret: password.join(':') };
    }
    default:
      return undefined;
  }
}
