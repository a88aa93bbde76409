import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { delimiter } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { decode, maybe, object, text } from '../../core/model/decode.ts';

const ANSWER_MS_MAX = 10_000;
/** Requests that are under way to one API server; a watch has a connection of its own. */
const CONNECTIONS_MAX = 8;
const BODY_BYTES_MAX = 64 * 1024 * 1024;

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON; what is none is its text. */
  readonly body: unknown;
}

/** Nobody answered, or nobody who may tell: nothing is known. The message is for a person. */
export class NoAnswer extends Error {}

/** One Kubernetes API server. */
export interface Connection {
  /** @throws NoAnswer */
  ask(request: ApiRequest): Promise<ApiAnswer>;
  /**
   * Reads an answer that goes on, line by line.
   *
   * @param onOpen - called when the server has begun to answer.
   * @returns the answer when it was a refusal; `undefined` when the stream has ended.
   * @throws NoAnswer
   */
  stream(path: string, onOpen: () => void, onLine: (line: string) => void, signal: AbortSignal): Promise<ApiAnswer | undefined>;
}

export interface Address {
  /** Of the kubeconfig; `undefined`: its current one, or the cluster in which the bot itself runs. */
  readonly context: string | undefined;
  /** Paths of kubeconfig files, as KUBECONFIG has them; `undefined`: where the library looks. */
  readonly files: string | undefined;
}

/** What kubeconfig files, exec plugins and service accounts mean is the library's work; it is loaded when the first one is needed. */
export class KubeconfigConnection implements Connection {
  readonly #address: Address;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  readonly #streams = new Agent({ keepAlive: false });
  #config: KubeConfig | undefined;

  constructor(address: Address) {
    this.#address = address;
  }

  async ask({ method, path, body, contentType = 'application/json' }: ApiRequest): Promise<ApiAnswer> {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const response = await this.#send(method, path, this.#agent, signal, payload, contentType);
    return this.#checked(response.statusCode ?? 0, await bodyOf(response));
  }

  async stream(path: string, onOpen: () => void, onLine: (line: string) => void, signal: AbortSignal): Promise<ApiAnswer | undefined> {
    const response = await this.#send('GET', path, this.#streams, signal);
    // A program that only waits for news has nothing left to do.
    response.socket.unref();
    const status = response.statusCode ?? 0;
    if (status !== 200) return this.#checked(status, await bodyOf(response));
    onOpen();
    try {
      let rest = '';
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        if (rest.length > BODY_BYTES_MAX) throw new NoAnswer('it sends a line without end');
        for (const line of lines) onLine(line);
      }
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      // It ended in the middle; what was read was whole lines.
    }
    return undefined;
  }

  async #send(
    method: string,
    path: string,
    agent: Agent,
    signal: AbortSignal,
    payload?: string,
    contentType?: string,
  ): Promise<IncomingMessage> {
    const { server, options } = await this.#options();
    const headers = {
      ...options.headers,
      accept: 'application/json',
      'user-agent': 'flotilla',
      ...(payload === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
    };
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request(`${server}${path}`, { ...options, agent: options.agent ?? agent, method, headers, signal }, resolve);
        sent.on('error', reject);
        sent.end(payload);
      });
    } catch (error) {
      throw new NoAnswer(`${server} does not answer (${reasonOf(error)})`, { cause: error });
    }
  }

  /** Read anew when they were not accepted: somebody may have renewed them. */
  async #options(): Promise<{ readonly server: string; readonly options: RequestOptions }> {
    const config = this.#config ?? (await this.#load());
    const server = config.getCurrentCluster()?.server;
    if (server === undefined || !server.startsWith('https://')) throw new NoAnswer('its kubeconfig names no https:// address');
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      throw new NoAnswer(`its credentials cannot be had (${reasonOf(error)})`, { cause: error });
    }
    // The library's own agent is only for what needs a proxy: it keeps no connection, and knows no bound.
    if (config.getCurrentCluster()?.proxyUrl === undefined) delete options.agent;
    return { server: server.replace(/\/$/, ''), options };
  }

  async #load(): Promise<KubeConfig> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    const { files, context } = this.#address;
    try {
      const [first, ...others] = files?.split(delimiter).filter((file) => file !== '') ?? [];
      if (first === undefined) config.loadFromDefault();
      else config.loadFromFile(first);
      for (const file of others) {
        const other = new KubeConfig();
        other.loadFromFile(file);
        config.mergeConfig(other, true);
      }
    } catch (error) {
      throw new NoAnswer(`its kubeconfig cannot be read (${reasonOf(error)})`, { cause: error });
    }
    if (context !== undefined) {
      const names = config.getContexts().map(({ name }) => name);
      if (!names.includes(context)) throw new NoAnswer(`the kubeconfig has no context ${context}; it has ${names.join(', ') || 'none'}`);
      config.setCurrentContext(context);
    }
    this.#config = config;
    return config;
  }

  #checked(status: number, body: unknown): ApiAnswer {
    if (status === 401) {
      this.#config = undefined;
      throw new NoAnswer('its credentials are not accepted (401): they have expired, or were taken back; renew them in the kubeconfig');
    }
    if (status === 429 || status >= 500) throw new NoAnswer(`it cannot answer now (${status}: ${messageOf(body)})`);
    return { status, body };
  }
}

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  let whole = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      whole += String(chunk);
      if (whole.length > BODY_BYTES_MAX) throw new Error('an answer without end');
    }
  } catch (error) {
    throw new NoAnswer(`it stopped in the middle of an answer (${reasonOf(error)})`, { cause: error });
  }
  try {
    return JSON.parse(whole);
  } catch {
    return whole;
  }
}

const withMessage = object({ message: maybe(text) });
const withCode = object({ code: maybe(text) });

/** What the API server says of a refusal. */
export function messageOf(body: unknown): string {
  const read = decode(withMessage, body);
  return (read.ok ? read.value.message : undefined)?.slice(0, 500) ?? 'no reason given';
}

/** The code of a failed connection, else its words; never an address or a credential. */
function reasonOf(error: unknown): string {
  const read = decode(withCode, error);
  if (read.ok && read.value.code !== undefined) return read.value.code;
  return error instanceof Error ? error.message.slice(0, 200) : 'no reason given';
}
