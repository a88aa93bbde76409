import { answerPage, answerText, goTo, serveStylesheet } from '../../../http/answers.ts';
import { createApp, type HttpContext } from '../../../http/app.ts';
import { readForm } from '../../../http/body.ts';
import { stylesheet } from '../../../http/html/stylesheet.ts';
import { ownFormsOnly } from '../../../http/own-site.ts';
import { Refusal } from '../../../http/refusal.ts';
import type { ForgeAccess, ForgeOptions } from '../options.ts';
import type { PageAnswer, PageContext } from './context.ts';
import { renderErrorPage } from './error.ts';
import { GETS, notFound, POSTS } from './routes.ts';
import { clearFlashCookie, flashCookie, isOwnForm, readFlash, readSession } from './session.ts';

export interface PagesOptions {
  /** Addresses of the other servers of local mode, for links; `undefined` while they do not run. */
  readonly dataPlaneUrl: () => string | undefined;
  readonly botUrl: () => string | undefined;
}

/** A comment of the largest size, with every character percent-encoded. */
const FORM_BYTES_MAX = 1_024 * 1_024;

type Handler = (context: PageContext) => PageAnswer | Promise<PageAnswer>;

/** The forge's pages for a person. */
export function createPages(options: PagesOptions): NonNullable<ForgeOptions['pages']> {
  return (forge) => {
    const app = createApp({
      log: { debug: () => undefined, error: (fields, message) => forge.world.log.error(fields, message) },
      refuse: ({ status, message }) => answerText(message, status),
      ofFault: () => new Refusal(500, 'The forge failed to make this page. What went wrong is in its log. Your data is as it was.'),
    });
    app.use(ownFormsOnly);
    serveStylesheet(app, stylesheet);
    const answer = (handle: Handler) => (context: HttpContext) => answerPageRequest(options, forge, context, handle);
    for (const [path, handle] of Object.entries(GETS)) app.get(path, answer(handle));
    for (const [path, handle] of Object.entries(POSTS)) app.post(path, answer(handle));
    app.get(
      '*',
      answer((context) => notFound(context, 'There is no page at this address.')),
    );
    app.all('*', () => answerText('Pages take GET and POST.', 405));
    return app;
  };
}

async function answerPageRequest(options: PagesOptions, forge: ForgeAccess, http: HttpContext, handle: Handler): Promise<Response> {
  const { world } = forge;
  const { req } = http;
  const session = readSession(world, http);
  if (session === undefined) return answerText('The forge has no people yet. Try again in a moment.', 503);
  const url = new URL(req.url);
  const flash = readFlash(http);
  const context: PageContext = {
    world,
    api: (method, path, body) => forge.call(session.account.login, method, path, body),
    redeliver: forge.redeliver,
    session,
    shell: {
      nowMs: world.now(),
      path: `${url.pathname}${url.search}`,
      csrf: session.csrf,
      user: session.account.login,
      users: world.store.accounts.people().map((person) => person.login),
      links: { dataPlane: options.dataPlaneUrl(), bot: options.botUrl() },
      flash,
    },
    url,
    params: req.param(),
    fields: req.method === 'POST' ? await readForm(http, { bytesMax: FORM_BYTES_MAX }) : new URLSearchParams(),
  };
  const isForged = req.method === 'POST' && !isOwnForm(session, context.fields.get('csrf'));
  const result = isForged ? forged(context) : await handle(context);
  const cookies = session.setCookie === undefined ? [] : [session.setCookie];
  if (result.kind === 'page' && flash !== undefined) cookies.push(clearFlashCookie);
  if (result.kind === 'go' && result.setCookie !== undefined) cookies.push(result.setCookie);
  if (result.kind === 'go' && result.flash !== undefined) cookies.push(flashCookie(result.flash));
  const response = result.kind === 'page' ? answerPage(result.text, result.status) : goTo(result.to);
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}

function forged({ shell }: PageContext): PageAnswer {
  const words = 'The form was made for another session or another user. Load the page again and send it from there.';
  return { kind: 'page', status: 403, text: renderErrorPage(shell, { title: 'Not sent', words, back: '/' }) };
}
