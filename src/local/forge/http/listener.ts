import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ForgeAccess, ForgeOptions } from '../options.ts';
import type { World } from '../world.ts';
import { type Answer, notFound, Refusal } from './answer.ts';
import { answerGit, isGitPath } from './git-server.ts';
import { API_PREFIX, type RestServer } from './rest-server.ts';

/** GitHub takes no larger body. */
const BODY_BYTES_MAX = 25 * 1_024 * 1_024;
/** Someone who sends slower than this only wants to keep a connection busy. A push may take long: it has its own limit. */
const HEADERS_MS_MAX = 10_000;
const BODY_MS_MAX = 30_000;
const HEADER_BYTES_MAX = 16_384;
const LOOPBACK = '127.0.0.1';

export interface Listener {
  readonly server: Server;
  readonly port: number;
}

/** One HTTP server for REST, git and pages. @throws when the port is taken. */
export async function listen(options: ForgeOptions, world: World, rest: RestServer, access: () => ForgeAccess): Promise<Listener> {
  const server = createServer(
    { headersTimeout: HEADERS_MS_MAX, requestTimeout: 0, connectionsCheckingInterval: HEADERS_MS_MAX / 2, maxHeaderSize: HEADER_BYTES_MAX },
    (request, response) => {
      serve(options, world, rest, access, request, response).catch((error: unknown) => {
        world.log.error({ error, method: request.method }, 'a request of the local forge failed');
        if (!response.headersSent) send(response, new Refusal(500, 'Server Error').answer());
        else response.destroy();
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, LOOPBACK, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function serve(
  options: ForgeOptions,
  world: World,
  rest: RestServer,
  access: () => ForgeAccess,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  if (!isOwnHost(request.headers.host)) return send(response, new Refusal(421, 'This forge answers to its own address only.').answer());
  const url = URL.parse(request.url ?? '/', 'http://forge');
  if (url === null) return send(response, notFound().answer());
  if (url.pathname.startsWith(`${API_PREFIX}/`)) return send(response, await answerRest(rest, request, response, url), request.method);
  if (isGitPath(url.pathname)) return answerGit(world, request, response, url);
  if (url.pathname === '/_forge/requests') return send(response, requestsAnswer(world, request));
  if (await options.pages?.(request, response, access())) return;
  send(response, notFound().answer());
}

/** A page of another site whose name is made to point here must not reach the forge: browsers send that name. */
function isOwnHost(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  return name === LOOPBACK || name === 'localhost';
}

async function answerRest(rest: RestServer, request: IncomingMessage, response: ServerResponse, url: URL): Promise<Answer> {
  const answer = await rest.answer({
    method: request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'),
    url,
    authorization: request.headers.authorization,
    ifNoneMatch: request.headers['if-none-match'],
    readBody: () => readBody(request),
  });
  if (!request.complete) endConnection(request, response);
  return answer;
}

/** How long the rest of a refused request is read and thrown away, so that its sender sees the answer and not a reset. */
const LINGER_MS = 1_000;

function endConnection(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('connection', 'close');
  request.on('error', () => undefined);
  response.once('finish', () => {
    request.resume();
    const timer = setTimeout(() => request.socket.destroy(), LINGER_MS);
    request.once('close', () => clearTimeout(timer));
  });
}

function requestsAnswer(world: World, request: IncomingMessage): Answer {
  if (request.method === 'DELETE') {
    world.requests.clear();
    return { status: 204 };
  }
  return { status: 200, body: world.requests.summary() };
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = new Refusal(413, `The body is larger than ${BODY_BYTES_MAX} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return Promise.reject(tooLarge);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => finish(() => reject(new Refusal(408, 'The body did not arrive in time.'))), BODY_MS_MAX);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      request.removeAllListeners('data').pause();
      settle();
    };
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) finish(() => reject(tooLarge));
      else chunks.push(chunk);
    });
    request.on('end', () => finish(() => resolve(Buffer.concat(chunks))));
    request.on('error', (error) => finish(() => reject(error)));
    request.on('close', () => finish(() => reject(new Refusal(400, 'The body was cut off.'))));
  });
}

function send(response: ServerResponse, answer: Answer, method = 'GET'): void {
  const headers: Record<string, string> = {
    'x-github-media-type': 'github.v3; format=json',
    'x-github-enterprise-version': 'local',
    'x-github-request-id': randomUUID(),
    ...answer.headers,
  };
  if (answer.body === undefined) {
    response.writeHead(answer.status, headers).end();
    return;
  }
  const body = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
  });
  response.end(method === 'HEAD' ? undefined : body);
}
