import type { IncomingMessage, ServerResponse } from 'node:http';
import { pageHeaders } from '../../../http/html/policy.ts';
import { stylesheet } from '../../../http/html/stylesheet.ts';
import type { ForgeAccess, ForgeOptions } from '../options.ts';
import type { Api, PageAnswer, PageContext } from './context.ts';
import { renderErrorPage } from './error.ts';
import { readForm } from './form.ts';
import { refusalOf } from './guard.ts';
import { findRoute, notFound } from './routes.ts';
import { clearFlashCookie, flashCookie, isOwnForm, readFlash, readSession, type Session } from './session.ts';
import type { ShellView } from './views.ts';

export interface PagesOptions {
  /** Addresses of the other servers of local mode, for links; `undefined` while they do not run. */
  readonly dataPlaneUrl: () => string | undefined;
  readonly botUrl: () => string | undefined;
}

export type Pages = NonNullable<ForgeOptions['pages']>;

/** The forge's pages for a person. Answers every request that it is given; never throws. */
export function createPages(options: PagesOptions): Pages {
  return async (request, response, forge) => {
    try {
      await answer(options, request, response, forge);
    } catch (error) {
      forge.world.log.error({ error, method: request.method, path: request.url }, 'a page of the local forge failed');
      sendText(response, 500, 'The forge failed to make this page. What went wrong is in its log. Your data is as it was.');
    }
    return true;
  };
}

async function answer(options: PagesOptions, request: IncomingMessage, response: ServerResponse, forge: ForgeAccess): Promise<void> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) return sendText(response, 403, refusal);
  const address = `http://127.0.0.1${request.url}`;
  if (!URL.canParse(address)) return sendText(response, 400, 'This is not an address of a page.');
  const url = new URL(address);
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  if (method === 'GET' && url.pathname === stylesheet.path) return send(response, 200, stylesheet.headers, stylesheet.text);
  if (method !== 'GET' && method !== 'POST') return sendText(response, 405, 'Pages take GET and POST.');
  const session = readSession(forge.world, request);
  if (session === undefined) return sendText(response, 503, 'The forge has no people yet. Try again in a moment.');
  const route = findRoute(method, url.pathname);
  const context = contextOf(options, forge, request, url, session, route?.params ?? {});
  if (route === undefined) return sendAnswer(response, session, context.shell, notFound(context, 'There is no page at this address.'));
  if (method === 'GET') return sendAnswer(response, session, context.shell, await route.handle(context));
  const form = await readForm(request);
  if (form.kind === 'refused') return sendText(response, form.status, form.words);
  if (!isOwnForm(session, form.fields.get('csrf'))) {
    const words = 'The form was made for another session or another user. Load the page again and send it from there.';
    return sendAnswer(response, session, context.shell, {
      kind: 'page',
      status: 403,
      text: renderErrorPage(context.shell, { title: 'Not sent', words, back: '/' }),
    });
  }
  return sendAnswer(response, session, context.shell, await route.handle({ ...context, fields: form.fields }));
}

function contextOf(
  options: PagesOptions,
  { world, call, redeliver }: ForgeAccess,
  request: IncomingMessage,
  url: URL,
  session: Session,
  params: Readonly<Record<string, string>>,
): PageContext {
  const links = { dataPlane: options.dataPlaneUrl(), bot: options.botUrl() };
  const shell: ShellView = {
    nowMs: world.now(),
    path: `${url.pathname}${url.search}`,
    csrf: session.csrf,
    user: session.account.login,
    users: world.store.accounts.people().map((person) => person.login),
    links,
    flash: readFlash(request),
  };
  const api: Api = (verb, path, body) => call(session.account.login, verb, path, body);
  return { world, api, redeliver, session, shell, url, params, fields: new URLSearchParams() };
}

function sendAnswer(response: ServerResponse, session: Session, shell: ShellView, result: PageAnswer): void {
  const cookies = session.setCookie === undefined ? [] : [session.setCookie];
  if (result.kind === 'page') {
    if (shell.flash !== undefined) cookies.push(clearFlashCookie);
    send(response, result.status, { ...pageHeaders, 'set-cookie': cookies }, result.text);
    return;
  }
  if (result.setCookie !== undefined) cookies.push(result.setCookie);
  if (result.flash !== undefined) cookies.push(flashCookie(result.flash));
  send(response, 303, { location: result.to, 'set-cookie': cookies, 'cache-control': 'no-store' }, '');
}

const sendText = (response: ServerResponse, status: number, text: string): void =>
  send(response, status, { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8' }, `${text}\n`);

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string | readonly string[]>>, text: string): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, typeof value === 'string' ? value : [...value]);
  response.statusCode = status;
  response.setHeader('content-length', Buffer.byteLength(text));
  // A form that was not read to its end leaves the connection in the middle of a request.
  if (status === 413 || status === 415) response.setHeader('connection', 'close');
  response.end(response.req.method === 'HEAD' ? undefined : text);
}
