import { once } from 'node:events';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Hono } from 'hono';
import { answerJson } from '../../../src/http/answers.ts';
import { createApp, type HttpEnv } from '../../../src/http/app.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import { quiet } from '../../support/http/serve.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whatever is sent on it has arrived. */
class Sink extends Socket {
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done();
  }
}

/** The HTTP server with some routes, asked without a network. */
export class Unconnected {
  readonly #server: Server;
  #fault: unknown;

  constructor(add: (app: Hono<HttpEnv>) => void) {
    const app = createApp({
      log: {
        ...quiet,
        error: (about) => {
          this.#fault = about['err'];
        },
      },
      refuse: ({ status, message }) => answerJson({ message }, status),
    });
    add(app);
    this.#server = createHttpServer(app);
  }

  /** @returns the status. @throws when a route fails. */
  async ask({ method, path, headers, body }: Asked): Promise<number> {
    const socket = new Sink();
    const request = new IncomingMessage(socket);
    const all = { host: 'localhost', ...headers };
    Object.assign(request, { method, url: path, headers: all, rawHeaders: Object.entries(all).flat(), complete: true });
    request.push(body);
    request.push(null);
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    const finished = once(response, 'finish');
    this.#server.emit('request', request, response);
    await finished;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) throw fault;
    return response.statusCode;
  }
}
