import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseClusterId } from '../../core/model/ids.ts';
import type { Result } from '../../core/model/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { World } from '../../ports/in-memory/simulated-clusters/world.ts';
import type { Log } from '../../ports/log.ts';
import { breakSomething, changeSomething, find } from './controls.ts';
import { checkHost, checkSameOrigin, RequestError, readBody, sameToken, sendError, sendJson, sendPage } from './http-exchange.ts';
import { renderPage } from './page.ts';
import { BATCH_MAX, parseObserve, parseOrders } from './requests.ts';
import { pageOf, statusOf } from './status.ts';
import type { WatchHub } from './watch-hub.ts';

const BATCH_BYTES_MAX = 32 * 1024 * 1024;
const CONTROL_BYTES_MAX = 64 * 1024;
const NOTICES_MAX = 100;

interface Fields {
  readonly world: World;
  readonly hub: WatchHub;
  readonly speed: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Proves that a form came from our own page. */
  readonly token: string;
}

/** The HTTP side of the simulated data planes: for the bot, for the command line, and a page for people. */
export class DataPlaneRoutes {
  readonly #fields: Fields;
  /** What was done, kept for the page that a form leads to; never taken from its address. */
  readonly #notices = new Map<string, string>();

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      checkHost(request);
      const url = URL.parse(request.url ?? '/', 'http://localhost');
      if (url === null) throw new RequestError(400, 'invalid-address', 'the address of the request cannot be read');
      await this.#route(request, response, url);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const [first, second, third, more] = url.pathname.split('/').filter((part) => part !== '');
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    if (isGet && first === undefined) return this.#page(response, 200, url.searchParams, undefined);
    if (isGet && first === 'status' && second === undefined) return this.#status(response, url.searchParams);
    if (request.method === 'POST' && second === undefined && (first === 'faults' || first === 'set')) {
      return this.#control(request, response, first === 'faults' ? breakSomething : changeSomething);
    }
    if (first === 'data-planes' && second !== undefined && third !== undefined && more === undefined) {
      return this.#dataPlane(request, response, {
        name: dataPlaneName(second),
        action: `${request.method} ${third}`,
        query: url.searchParams,
      });
    }
    throw new RequestError(404, 'not-found', `there is nothing at ${request.method} ${url.pathname.slice(0, 200)}`);
  }

  async #dataPlane(
    request: IncomingMessage,
    response: ServerResponse,
    asked: { readonly name: string; readonly action: string; readonly query: URLSearchParams },
  ): Promise<void> {
    const { world, hub } = this.#fields;
    if (world.isSilent(asked.name)) throw new RequestError(503, 'silent', `data plane ${asked.name} does not answer`);
    switch (asked.action) {
      case 'POST orders': {
        const orders = valid(parseOrders(await json(request), asked.name));
        return sendJson(response, 200, { replies: world.order(orders) });
      }
      case 'POST observe': {
        const clusters = valid(parseObserve(await json(request)));
        return sendJson(response, 200, { observations: world.observe(asked.name, clusters) });
      }
      case 'GET clusters': {
        const after = asked.query.get('after') ?? '';
        const rest = world.list(asked.name).filter((state) => state.cluster > after);
        const part = rest.slice(0, BATCH_MAX);
        const next = rest.length > part.length ? part.at(-1)?.cluster : undefined;
        return sendJson(response, 200, { observations: part.map((state) => world.see(state)), next });
      }
      case 'GET watch':
        return hub.add(asked.name, response, asked.query.get('resync') === 'true');
      default:
        throw new RequestError(404, 'not-found', 'a data plane has: POST orders, POST observe, GET clusters, GET watch');
    }
  }

  #status(response: ServerResponse, query: URLSearchParams): void {
    const { world } = this.#fields;
    const name = query.get('cluster');
    const states = name === null ? world.list(undefined) : [find(world, name, query.get('dataPlane') ?? undefined)];
    sendJson(response, 200, statusOf(this.#fields, states));
  }

  /** JSON from programs, forms from our own page. */
  async #control(request: IncomingMessage, response: ServerResponse, act: (world: World, body: unknown) => string): Promise<void> {
    checkSameOrigin(request);
    const { world, hub, token } = this.#fields;
    const body = await readBody(request, CONTROL_BYTES_MAX);
    const perform = (fields: unknown): string => {
      const done = act(world, fields);
      for (const name of world.dataPlanes()) if (world.isSilent(name)) hub.disconnect(name);
      return done;
    };
    if (body.kind === 'json') return sendJson(response, 200, { done: perform(body.value) });
    const query = new URLSearchParams(body.value.get('back') ?? '');
    try {
      if (!sameToken(body.value.get('token') ?? '', token)) {
        throw new RequestError(403, 'stale-page', 'this page is older than the running program: nothing was done; try again now');
      }
      query.set('notice', this.#notice(perform(Object.fromEntries(body.value))));
      response.writeHead(303, { location: `/?${query}`, 'cache-control': 'no-store' });
      response.end();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#page(response, error.status, query, error.message);
    }
  }

  #page(response: ServerResponse, status: number, query: URLSearchParams, problem: string | undefined): void {
    const { token } = this.#fields;
    const notice = this.#notices.get(query.get('notice') ?? '');
    sendPage(response, status, renderPage({ ...pageOf(this.#fields, query), token, notice, problem }));
  }

  #notice(words: string): string {
    const id = randomBytes(6).toString('hex');
    this.#notices.set(id, words);
    const [oldest] = this.#notices.keys();
    if (this.#notices.size > NOTICES_MAX && oldest !== undefined) this.#notices.delete(oldest);
    return id;
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (!(error instanceof RequestError)) this.#fields.log.error({ err: error }, 'simulated data plane failed to answer');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // Most likely the disk: the write was rolled back, so nothing that is not on disk was promised.
    const told = error instanceof RequestError ? error : new RequestError(503, 'not-stored', `nothing was changed: ${messageOf(error)}`);
    sendError(response, told);
  }
}

async function json(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, BATCH_BYTES_MAX);
  if (body.kind !== 'json') throw new RequestError(415, 'unsupported-type', 'send content-type: application/json');
  return body.value;
}

function dataPlaneName(text: string): string {
  // Data planes are named as clusters are.
  return valid(parseClusterId(text));
}

function valid<T>(parsed: Result<T, string>): T {
  if (parsed.ok) return parsed.value;
  throw new RequestError(400, 'invalid-request', parsed.error);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
