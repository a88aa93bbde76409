import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The request is wrong: `status` and a message that says what to fix. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export type Body = { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'form'; readonly value: URLSearchParams };

const BODY_MS_MAX = 10_000;

/** Only names of this machine: a page elsewhere that points its own name at 127.0.0.1 (DNS rebinding) is refused. */
export function checkHost(request: IncomingMessage): void {
  const host = request.headers.host ?? '';
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host)) {
    throw new RequestError(403, 'foreign-host', 'this server answers only under 127.0.0.1 or localhost');
  }
}

/** Browsers say where a POST comes from; another site may not send one. Programs that are no browser say nothing. */
export function checkSameOrigin(request: IncomingMessage): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreign =
    (origin !== undefined && origin !== `http://${host}`) || (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (foreign) throw new RequestError(403, 'foreign-origin', 'this form was sent from another site');
}

/** Reads a body as what it says it is. A page of another site cannot send JSON without being asked first, so only forms need a token. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Body> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'application/x-www-form-urlencoded') {
    throw new RequestError(415, 'unsupported-type', 'send content-type: application/json');
  }
  const text = await readText(request, bytesMax);
  if (type !== 'application/json') return { kind: 'form', value: new URLSearchParams(text) };
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    throw new RequestError(400, 'not-json', 'the body is not JSON');
  }
}

async function readText(request: IncomingMessage, bytesMax: number): Promise<string> {
  const tooLarge = () => new RequestError(413, 'too-large', `the body is larger than ${bytesMax} bytes; send smaller batches`);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge();
  const late = setTimeout(() => request.destroy(), BODY_MS_MAX);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge();
      chunks.push(chunk);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(400, 'unreadable-body', 'the body did not arrive whole, or is not UTF-8');
  } finally {
    clearTimeout(late);
  }
}

export function sameToken(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(text);
}

export function sendError(response: ServerResponse, error: RequestError): void {
  sendJson(response, error.status, { error: { code: error.code, message: error.message } });
}

export function sendPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  response.end(html);
}
