import type { Hono } from 'hono';
import type { HttpEnv } from './app.ts';
import { pageHeaders } from './html/policy.ts';
import type { Stylesheet } from './html/stylesheet.ts';

/** For programs. */
export function answerJson(value: unknown, status = 200): Response {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return new Response(`${JSON.stringify(value)}\n`, { status, headers });
}

/** A page, with the headers that keep whatever is in it from doing harm. */
export const answerPage = (markup: string, status = 200): Response => new Response(markup, { status, headers: pageHeaders });

/** A line for a person, where there is no page to show. */
export const answerText = (words: string, status: number): Response =>
  new Response(`${words}\n`, { status, headers: { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8' } });

/** After a form: the page that shows what it did. */
export const goTo = (address: string): Response =>
  new Response(null, { status: 303, headers: { location: address, 'cache-control': 'no-store' } });

export function serveStylesheet(app: Hono<HttpEnv>, { path, text, headers }: Stylesheet): void {
  app.get(path, () => new Response(text, { headers }));
}
