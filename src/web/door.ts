import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may see and command rollouts: whoever has the token. */
export interface Door {
  /** Without one nobody is let in: a fleet's topology, and its rollouts, are not for everybody on the network. */
  readonly token: string | undefined;
}

/** Browsers answer this with a prompt; any name, and the token as password. */
export const ASK_FOR_TOKEN = 'Basic realm="Flotilla", charset="UTF-8"';

/** True for `Authorization: Bearer TOKEN`, and for Basic with the token as password. */
export function mayEnter({ token }: Door, request: IncomingMessage): boolean {
  if (token === undefined) return false;
  const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return same(credentials, token);
    case 'basic':
      return same(
        Buffer.from(credentials, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, ''),
        token,
      );
    default:
      return false;
  }
}

/**
 * True for `Authorization: Bearer TOKEN` alone. A browser sends Basic credentials that it remembers with whatever another
 * site has it post; a bearer token it never adds by itself.
 */
export function mayCommand(door: Door, request: IncomingMessage): boolean {
  return /^bearer /i.test(request.headers.authorization ?? '') && mayEnter(door, request);
}

function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Names of this machine: a page of another site that has its name point here sends its own name. */
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** In local mode only requests that were meant for this machine are answered (DNS rebinding). */
export const isForLoopback = (request: IncomingMessage): boolean => LOOPBACK_HOST.test(request.headers.host ?? '');
