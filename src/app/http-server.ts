import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../ports/log.ts';

/** Answers a request, or says that it is not one of its own. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean> | boolean;

export interface ServerLimits {
  readonly connectionsMax: number;
  readonly headersMs: number;
  /** For the whole request, headers and body. */
  readonly requestMs: number;
  /** How often Node looks for requests that are late. */
  readonly checkEveryMs: number;
}

/** So that nobody can hold memory, files or connections by sending slowly, or nothing. */
export const SERVER_LIMITS: ServerLimits = {
  // A process may commonly open 1,024 files; half of them are left for the database, git and data planes.
  connectionsMax: 500,
  // GitHub itself gives a webhook 10 s from beginning to end, an Enterprise Server 30 s.
  headersMs: 10_000,
  requestMs: 30_000,
  // Node looks every 30 s when it is not told otherwise, which would double the limits above.
  checkEveryMs: 1_000,
};

/** The one HTTP server of the bot. A route that fails answers 500 and the process lives. */
export function createHttpServer(routes: readonly Route[], log: Log, limits: ServerLimits = SERVER_LIMITS): Server {
  const { connectionsMax, headersMs, requestMs, checkEveryMs } = limits;
  const server = createServer(
    { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkEveryMs },
    (request, response) => {
      // A client that keeps its connection would otherwise be answered on it for as long as the bot drains.
      if (!server.listening) response.setHeader('connection', 'close');
      respond(routes, request, response).catch((error: unknown) => failed(error, request, response, log));
    },
  );
  server.maxConnections = connectionsMax;
  return server;
}

function failed(error: unknown, request: IncomingMessage, response: ServerResponse, log: Log): void {
  const about = { err: error, method: request.method, path: request.url?.split('?')[0] };
  // Anybody can hang up, as often as they like: that is no error of ours and must not fill the log.
  if (response.destroyed || response.socket?.destroyed !== false) {
    log.debug(about, 'the client went away');
    return;
  }
  log.error(about, 'request failed');
  if (response.headersSent) response.destroy();
  else sendJson(response, 500, { message: 'something went wrong here; the log has the cause' });
}

async function respond(routes: readonly Route[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://localhost');
  if (url === null) return sendJson(response, 400, { message: 'the address of the request cannot be read' });
  for (const route of routes) if (await route(request, response, url)) return;
  sendJson(response, 404, { message: `there is no ${request.method} ${url.pathname}` });
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(body);
}

/** @returns the bytes, or `undefined` when there are more than `most`: then nothing more was read. */
export async function readBody(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > most) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @returns the port that is listened on. @throws Error `EADDRINUSE` with the way out. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} is in use: stop the other program, or set PORT to another port`, { cause: error })
          : error,
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}
