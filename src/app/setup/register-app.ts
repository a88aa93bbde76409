import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { type Decoder, decode, number, object, text } from '../../core/model/decode.ts';
import type { HttpEnv } from '../../http/app.ts';
import { createHttpServer, listen } from '../../http/server.ts';
import { type AppManifest, webhookUrlOf } from '../app-manifest.ts';

/** What GitHub gives once, and never again. */
export interface Registered {
  readonly id: number;
  readonly slug: string;
  readonly htmlUrl: string;
  readonly pem: string;
  readonly webhookSecret: string;
}

export interface RegisterOptions {
  readonly manifest: AppManifest;
  /** Where GitHub's pages are: `https://github.com`, or an Enterprise Server. */
  readonly pagesUrl: string;
  /** REST root. */
  readonly apiUrl: string;
  /** Whose the app will be; `undefined`: the person's own. */
  readonly organisation: string | undefined;
  readonly publicUrl: string;
  readonly name: string;
  /** Told the address of the page that a person opens. */
  readonly onPage: (url: string) => void;
  /** Nobody waits longer. */
  readonly signal: AbortSignal;
}

const REQUEST_MS_MAX = 15_000;

const conversion: Decoder<{
  readonly id: number;
  readonly slug: string;
  readonly html_url: string;
  readonly pem: string;
  readonly webhook_secret: string;
}> = object({ id: number, slug: text, html_url: text, pem: text, webhook_secret: text });

/**
 * Registers the app through GitHub's manifest flow: a page on loopback sends a person's browser to GitHub with the manifest, GitHub
 * sends it back with a code, and the code is exchanged, once, for the credentials. The page ends with that.
 *
 * @throws Error with the way out.
 */
export async function registerApp(options: RegisterOptions): Promise<Registered> {
  const state = randomBytes(24).toString('base64url');
  const page = `/${randomBytes(12).toString('base64url')}`;
  const { promise: code, resolve: take, reject } = Promise.withResolvers<string>();
  // Whoever gives up first is told; the other has nobody left to tell.
  code.catch(() => undefined);
  let redirect = '';
  const app = new Hono<HttpEnv>();
  app.get(page, (context) =>
    context.html(formOf(options, state, redirect), 200, { ...HEADERS, 'content-security-policy': policyOf(options.pagesUrl) }),
  );
  app.get('/done', (context) => {
    const given = { code: context.req.query('code') ?? '', state: context.req.query('state') ?? '' };
    if (!isSame(given.state, state) || !/^[A-Za-z0-9_-]{1,200}$/.test(given.code))
      return context.text('This is not the answer that was asked for.', 400, HEADERS);
    // The page is shown before this server ends.
    context.env.outgoing.once('finish', () => take(given.code));
    return context.html(
      '<!doctype html><title>Flotilla</title><p>Registered. Go back to the terminal; this page can be closed.</p>',
      200,
      HEADERS,
    );
  });
  const server = createHttpServer(app);
  const port = await listen(server, 0, '127.0.0.1');
  redirect = `http://127.0.0.1:${port}/done`;
  const giveUp = (): void => reject(new Error('the browser did not come back from GitHub in time: run setup again'));
  options.signal.addEventListener('abort', giveUp, { once: true });
  if (options.signal.aborted) giveUp();
  try {
    options.onPage(`http://127.0.0.1:${port}${page}`);
    return await exchange(options.apiUrl, await code);
  } finally {
    options.signal.removeEventListener('abort', giveUp);
    server.close();
    server.closeIdleConnections();
  }
}

const HEADERS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' };

const policyOf = (pagesUrl: string): string =>
  `default-src 'none'; script-src 'sha256-${createHash('sha256').update(SUBMIT).digest('base64')}'; form-action ${pagesUrl}; frame-ancestors 'none'; base-uri 'none'`;

/** What GitHub shows before it registers anything. */
export function manifestFor(options: Pick<RegisterOptions, 'manifest' | 'publicUrl' | 'name'>, redirect: string): object {
  return {
    ...options.manifest,
    name: options.name,
    url: options.publicUrl,
    hook_attributes: { url: webhookUrlOf(options.publicUrl), active: true },
    redirect_url: redirect,
  };
}

const SUBMIT = 'document.forms[0].submit()';

function formOf(options: RegisterOptions, state: string, redirect: string): string {
  const owner =
    options.organisation === undefined
      ? '/settings/apps/new'
      : `/organizations/${encodeURIComponent(options.organisation)}/settings/apps/new`;
  const manifest = escaped(JSON.stringify(manifestFor(options, redirect)));
  return `<!doctype html><title>Flotilla</title><form method="post" action="${escaped(`${options.pagesUrl}${owner}?state=${state}`)}"><input type="hidden" name="manifest" value="${manifest}"><button>Register on GitHub</button></form><script>${SUBMIT}</script>`;
}

const escaped = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function exchange(apiUrl: string, code: string): Promise<Registered> {
  const response = await fetch(`${apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: 'POST',
    headers: { accept: 'application/vnd.github+json', 'user-agent': 'flotilla-setup' },
    redirect: 'error',
    signal: AbortSignal.timeout(REQUEST_MS_MAX),
  });
  if (response.status !== 201)
    throw new Error(`GitHub did not exchange the code (${response.status}): a code lives for an hour and works once; run setup again`);
  const read = decode(conversion, await response.json());
  if (!read.ok) throw new Error(`GitHub's answer is not what it describes: ${read.error}`);
  const { id, slug, html_url: htmlUrl, pem, webhook_secret: webhookSecret } = read.value;
  return { id, slug, htmlUrl, pem, webhookSecret };
}
