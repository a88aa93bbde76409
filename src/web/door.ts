import { createHmac } from 'node:crypto';
import { type ApiToken, readCredentials, sameSecret, whoHas } from '../http/token.ts';

/** Who may see and command rollouts: whoever has a token, as the person that it names. */
export interface Door {
  /** Without any nobody is let in: a fleet's topology, and its rollouts, are not for everybody on the network. */
  readonly tokens: readonly ApiToken[];
}

/** Browsers answer this with a prompt; any name, and the token as password. */
export const ASK_FOR_TOKEN = 'Basic realm="Flotilla", charset="UTF-8"';

/** The person whose token this is: for `Authorization: Bearer TOKEN`, and for Basic with the token as password. */
export function visitor({ tokens }: Door, authorization: string | undefined): string | undefined {
  const given = readCredentials(authorization);
  return given === undefined ? undefined : whoHas(tokens, given.secret);
}

/**
 * The person behind `Authorization: Bearer TOKEN` alone. A browser sends Basic credentials that it remembers with whatever another
 * site has it post; a bearer token it never adds by itself.
 */
export const commander = (door: Door, authorization: string | undefined): string | undefined =>
  readCredentials(authorization)?.kind === 'bearer' ? visitor(door, authorization) : undefined;

/** What only a form of ours knows, of all pages that this person's browser shows. */
export const formToken = (secret: string, login: string): string =>
  createHmac('sha256', secret).update(`form ${login}`).digest('base64url');

export const isFormToken = (given: string | undefined, secret: string, login: string): boolean =>
  sameSecret(given ?? '', formToken(secret, login));
