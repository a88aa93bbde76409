import type { Server } from 'node:http';
import type { Hono } from 'hono';
import { answerJson } from '../../../src/http/answers.ts';
import { createApp, type HttpEnv } from '../../../src/http/app.ts';
import { createHttpServer, listen, SERVER_LIMITS, type ServerLimits } from '../../../src/http/server.ts';
import type { Log } from '../../../src/ports/log.ts';

export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const servers: Server[] = [];

export interface Served {
  readonly port: number;
  readonly url: string;
  /** Takes no more connections; those that there are stay. */
  close(): void;
}

/** An HTTP server with the routes that are added, on a port that the system gives; it says no as the bot does. `closeServers` ends it. */
export function serve(add: (app: Hono<HttpEnv>) => void): Promise<Served> {
  return serveWithin(SERVER_LIMITS, quiet, add);
}

export async function serveWithin(limits: ServerLimits, log: Log, add: (app: Hono<HttpEnv>) => void): Promise<Served> {
  const app = createApp({ log, refuse: ({ status, message }) => answerJson({ message }, status) });
  add(app);
  const server = createHttpServer(app, limits);
  servers.push(server);
  const port = await listen(server, 0);
  return { port, url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

export function closeServers(): void {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
}
