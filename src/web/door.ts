import { readCredentials, sameSecret } from '../http/token.ts';

/** Who may see and command rollouts: whoever has the token. */
export interface Door {
  /** Without one nobody is let in: a fleet's topology, and its rollouts, are not for everybody on the network. */
  readonly token: string | undefined;
}

/** Browsers answer this with a prompt; any name, and the token as password. */
export const ASK_FOR_TOKEN = 'Basic realm="Flotilla", charset="UTF-8"';

/** True for `Authorization: Bearer TOKEN`, and for Basic with the token as password. */
export function mayEnter({ token }: Door, authorization: string | undefined): boolean {
  const given = readCredentials(authorization);
  return token !== undefined && given !== undefined && sameSecret(given.secret, token);
}

/**
 * True for `Authorization: Bearer TOKEN` alone. A browser sends Basic credentials that it remembers with whatever another
 * site has it post; a bearer token it never adds by itself.
 */
export const mayCommand = (door: Door, authorization: string | undefined): boolean =>
  readCredentials(authorization)?.kind === 'bearer' && mayEnter(door, authorization);
