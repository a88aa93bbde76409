import type { IncomingMessage } from 'node:http';

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * A page of another site can reach this server under a name of its own that resolves to 127.0.0.1 (DNS rebinding).
 * The browser then sends that name as `Host`, so only names of the loopback interface are answered.
 *
 * @returns what is wrong, for the answer 403, or `undefined`.
 */
export function refusalOf(request: Pick<IncomingMessage, 'headers' | 'method'>): string | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !LOOPBACK_HOST.test(host)) {
    return 'This forge answers only under 127.0.0.1, localhost or [::1]. Open it under one of these names.';
  }
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  // Browsers name the origin of every form they send; programs without one still need session and token.
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return 'This form was sent from a page of another site. Open the page here and send it again.';
  }
  return undefined;
}
