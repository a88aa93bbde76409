import type { Server } from 'node:http';
import { createHttpServer, listen, type Route, SERVER_LIMITS, type ServerLimits } from '../../../src/app/http-server.ts';
import type { Log } from '../../../src/ports/log.ts';

export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const servers: Server[] = [];

export interface Served {
  readonly port: number;
  readonly url: string;
  /** Takes no more connections; those that there are stay. */
  close(): void;
}

/** The bot's HTTP server with these routes, on a port that the system gives. `closeServers` ends it. */
export function serve(...routes: readonly Route[]): Promise<Served> {
  return serveWithin(SERVER_LIMITS, quiet, ...routes);
}

export async function serveWithin(limits: ServerLimits, log: Log, ...routes: readonly Route[]): Promise<Served> {
  const server = createHttpServer(routes, log, limits);
  servers.push(server);
  const port = await listen(server, 0, '127.0.0.1');
  return { port, url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}

export function closeServers(): void {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
}
