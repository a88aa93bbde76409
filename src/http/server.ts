import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import type { HttpEnv } from './app.ts';

export interface ServerLimits {
  readonly connectionsMax: number;
  readonly headersMs: number;
  /** For the whole request, headers and body; 0: as long as its route allows. */
  readonly requestMs: number;
  /** How long a connection is kept between two requests. */
  readonly keepAliveMs: number;
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
  // Longer than a load balancer keeps it (60 s is common): a request on a connection that we close at that moment would be lost.
  keepAliveMs: 75_000,
  // Node looks every 30 s when it is not told otherwise, which would double the limits above.
  checkEveryMs: 1_000,
};

/** One HTTP server: what is not read of a refused body is thrown away for half a second, then its connection is closed. */
export function createHttpServer(app: Hono<HttpEnv>, limits: ServerLimits = SERVER_LIMITS): Server {
  const { connectionsMax, headersMs, requestMs, keepAliveMs, checkEveryMs } = limits;
  const answer = getRequestListener((request, env) => app.fetch(request, env), {
    // The classes of the platform stay what they are for everybody else in this process.
    overrideGlobalObjects: false,
    // Where a client of HTTP/1.0 names no host.
    hostname: 'localhost',
    errorHandler: (error) =>
      new Response('The address of the request cannot be read.\n', { status: error instanceof RequestError ? 400 : 500 }),
  });
  const server = createServer(
    { headersTimeout: headersMs, requestTimeout: requestMs, keepAliveTimeout: keepAliveMs, connectionsCheckingInterval: checkEveryMs },
    (request, response) => {
      // A client that keeps its connection would otherwise be answered on it for as long as the server drains.
      if (!server.listening) response.setHeader('connection', 'close');
      void answer(request, response);
    },
  );
  server.maxConnections = connectionsMax;
  return server;
}

/** @returns the port that is listened on. @throws Error `EADDRINUSE`. */
export function listen(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Takes no more requests, and cuts off those that are under way. */
export async function closeNow(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
