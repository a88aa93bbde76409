import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from './app.ts';
import { Refusal } from './refusal.ts';

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/** Is this a name of this machine? */
export const isLoopbackHost = (host: string | undefined): boolean => LOOPBACK_HOST.test(host ?? '');

/**
 * Answers only what was meant for this machine: a page of another site that points its own name at 127.0.0.1 (DNS
 * rebinding) sends its own name. For whatever has no credentials that are real.
 */
export const loopbackOnly: MiddlewareHandler<HttpEnv> = async ({ req }, next) => {
  if (!isLoopbackHost(req.header('host')))
    throw new Refusal(403, 'this server answers under 127.0.0.1, localhost or [::1] only', 'foreign-host');
  await next();
};

/**
 * Browsers say where a form comes from; one of another site is refused. Programs that are no browser say nothing, and need
 * the token of the form, or another, all the same.
 */
export const ownFormsOnly: MiddlewareHandler<HttpEnv> = async ({ req }, next) => {
  const [host, origin, site] = [req.header('host'), req.header('origin'), req.header('sec-fetch-site')];
  const isForeign =
    (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (isForeign && req.method !== 'GET' && req.method !== 'HEAD')
    throw new Refusal(403, 'this form was sent from a page of another site; open the page here and send it again', 'foreign-origin');
  await next();
};
