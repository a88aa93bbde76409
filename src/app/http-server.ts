import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../ports/log.ts';

/** Answers a request, or says that it is not one of its own. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<boolean> | boolean;

/** A body this large is refused before it is read: GitHub sends no webhook above 25 MB. */
export const BODY_BYTES_MAX = 26 * 1024 * 1024;
/** A client that needs longer to send its request is cut off, so that slow ones cannot hold all connections. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The one HTTP server of the bot. A route that fails answers 500 and the process lives. */
export function createHttpServer(routes: readonly Route[], log: Log): Server {
  const server = createServer((request, response) => {
    respond(routes, request, response).catch((error: unknown) => {
      log.error({ err: error, method: request.method, path: request.url?.split('?')[0] }, 'request failed');
      if (!response.headersSent) sendJson(response, 500, { message: 'something went wrong here; the log has the cause' });
      else response.destroy();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS / 2;
  return server;
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
