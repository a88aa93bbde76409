import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gitEnvironment } from './process.ts';
import type { PushCommands } from './push-commands.ts';

export interface GitHttpRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly home: string;
  /** Bare repository on disk; chosen by the forge, never by the client. */
  readonly directory: string;
  readonly service: 'git-upload-pack' | 'git-receive-pack';
  readonly kind: 'advertisement' | 'call';
  /** Login of who pushes; `undefined` for a read without signing in. */
  readonly user: string | undefined;
  readonly commands: PushCommands | undefined;
  /** Runs when git has done its work, before the client gets the end of its answer. */
  readonly beforeEnd: () => Promise<void>;
}

/** A clone of a large repository takes minutes; an hour means that the other side is gone. */
const RUN_MS_MAX = 3_600_000;
/** The header block of a CGI answer. */
const HEADER_BYTES_MAX = 65_536;

/**
 * Serves one request of git's smart HTTP protocol with `git http-backend` as a CGI program. Both bodies stream, so size does not matter.
 *
 * @returns when the child has ended and its answer was sent, or the client has gone away. Throws what `beforeEnd` throws.
 */
export function serveGit(call: GitHttpRequest): Promise<void> {
  const { request, response } = call;
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], { env: cgiEnvironment(call), stdio: ['pipe', 'pipe', 'pipe'], timeout: RUN_MS_MAX });
    const reader = new CgiReader(response);
    child.on('error', () => reader.fail());
    child.stdin.on('error', () => undefined);
    if (call.commands !== undefined) request.on('data', (chunk: Buffer) => call.commands?.take(chunk));
    request.pipe(child.stdin);
    // A client that goes away ends its child: a push then changes nothing, as receive-pack has not got all of it.
    request.on('close', () => {
      if (!request.complete) child.kill();
    });
    response.on('close', () => {
      if (!response.writableFinished) child.kill();
    });
    child.stderr.resume();
    child.stdout.on('data', (chunk: Buffer) => {
      if (!reader.take(chunk)) child.stdout.pause();
    });
    response.on('drain', () => child.stdout.resume());
    child.on('close', () => {
      request.unpipe(child.stdin);
      request.resume();
      call
        .beforeEnd()
        .then(resolve, reject)
        .finally(() => reader.end());
    });
  });
}

function cgiEnvironment(call: GitHttpRequest): Record<string, string> {
  const { request } = call;
  const path = call.kind === 'advertisement' ? '/info/refs' : `/${call.service}`;
  const optional: Record<string, string | undefined> = {
    CONTENT_TYPE: request.headers['content-type'],
    CONTENT_LENGTH: request.headers['content-length'],
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
    // Only the forms that git itself sends: the value reaches a child's environment.
    GIT_PROTOCOL: /^[a-z0-9=:]{1,100}$/.exec(String(request.headers['git-protocol'] ?? ''))?.[0],
    REMOTE_USER: call.user,
  };
  return {
    ...gitEnvironment(call.home),
    GIT_PROJECT_ROOT: call.directory,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: path,
    REQUEST_METHOD: call.kind === 'advertisement' ? 'GET' : 'POST',
    QUERY_STRING: call.kind === 'advertisement' ? `service=${call.service}` : '',
    REMOTE_ADDR: request.socket.remoteAddress ?? '127.0.0.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    ...Object.fromEntries(Object.entries(optional).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

/** Turns the output of a CGI program into an HTTP answer. */
class CgiReader {
  readonly #response: ServerResponse;
  #head: Buffer = Buffer.alloc(0);
  #inBody = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** @returns whether more may be sent now. */
  take(chunk: Buffer): boolean {
    if (this.#inBody) return this.#response.write(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#head.length > HEADER_BYTES_MAX) this.fail();
      return true;
    }
    this.#inBody = true;
    this.#writeHead(this.#head.toString('latin1', 0, end));
    const rest = this.#head.subarray(end + 4);
    return rest.length === 0 || this.#response.write(rest);
  }

  end(): void {
    if (!this.#inBody) this.fail();
    else this.#response.end();
  }

  fail(): void {
    if (!this.#response.headersSent) this.#response.writeHead(500, { 'content-type': 'text/plain' });
    if (!this.#response.writableEnded) this.#response.end('git could not be run on the server\n');
    this.#inBody = true;
  }

  #writeHead(block: string): void {
    let status = 200;
    const headers: Record<string, string> = {};
    for (const line of block.split('\r\n')) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      if (name === 'status') status = Number.parseInt(value, 10) || 500;
      else headers[name] = value;
    }
    this.#response.writeHead(status, headers);
  }
}
