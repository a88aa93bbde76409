import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Route } from '../../../src/app/http-server.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Asks a route as the HTTP server would, without a socket. @returns the status, or `undefined` when the route is not concerned. */
export async function ask(route: Route, { method, path, headers, body }: Asked): Promise<number | undefined> {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method, url: path, headers });
  request.push(body);
  request.push(null);
  const response = new ServerResponse(request);
  const isOurs = await route(request, response, new URL(path, 'http://localhost'));
  if (isOurs && !response.writableEnded) throw new Error(`${method} ${path} is never answered`);
  return isOurs ? response.statusCode : undefined;
}
