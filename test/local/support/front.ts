import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** One address in front of several bots, as a load balancer is: each request goes to the next of those that are there. */
export class Front {
  readonly #server: Server;
  #targets: readonly string[] = [];
  #next = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#forward(request, response).catch(() => {
        response.statusCode = 502;
        response.end();
      });
    });
  }

  static async open(): Promise<Front> {
    const front = new Front();
    front.#server.listen(0, '127.0.0.1');
    await once(front.#server, 'listening');
    return front;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  add(target: string): void {
    this.#targets = [...this.#targets, target];
  }

  drop(target: string): void {
    this.#targets = this.#targets.filter((one) => one !== target);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.#next += 1;
    const target = this.#targets[this.#next % Math.max(1, this.#targets.length)];
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : [])),
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    response.statusCode = answer.status;
    response.setHeader('content-type', answer.headers.get('content-type') ?? 'text/plain');
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}
