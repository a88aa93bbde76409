import { ProbotOctokit } from 'probot';
import { PortError } from '../../ports/port-error.ts';
import { PacedGroup } from './paced-group.ts';
import { type CountedRequest, countingFetch, type Fetch } from './request-counter.ts';

export interface GitHubClientOptions {
  /** Least time between two writes of one installation, in milliseconds; GitHub asks for 1,000. */
  readonly writeIntervalMs: number;
  /** Told of every request that went out. */
  readonly onRequest?: (request: CountedRequest) => void;
  /** The platform's own when left out. */
  readonly fetch?: Fetch;
}

/** GitHub itself gives up after 10 s; whoever has not answered by then does not answer. */
const REQUEST_MS_MAX = 15_000;
/** The plugin's own ratio: what notifies people goes out three times slower. */
const NOTIFYING_FACTOR = 3;
/** A limit that ends soon is waited for here; one that lasts longer is left to the queue, which survives a restart. */
const LIMIT_WAIT_S_MAX = 10;
const LIMIT_RETRIES_MAX = 2;
/** Of requests that may be repeated, after 1 and 4 seconds. */
const RETRIES = 2;
/** No answer that we ask for is longer: a page of a hundred comments of full length is 26 MB. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/**
 * What Probot has to be given so that its clients behave: `new Probot({ appId, privateKey, secret, baseUrl, ...githubClient(options) })`.
 *
 * The class replaces Probot's defaults where they are unsafe for us: secondary limits are retried, but boundedly;
 * a POST is never repeated after an error of the server, because it may have done its work; every request ends.
 */
export function githubClient(options: GitHubClientOptions): {
  readonly Octokit: typeof ProbotOctokit;
  readonly request: { readonly fetch: Fetch };
} {
  const ending = endingFetch(options.fetch ?? globalThis.fetch);
  const fetch = options.onRequest === undefined ? ending : countingFetch(ending, options.onRequest);
  const throttle = {
    enabled: true,
    write: new PacedGroup(options.writeIntervalMs),
    notifications: new PacedGroup(options.writeIntervalMs * NOTIFYING_FACTOR),
    onRateLimit: waitsOutSoon,
    onSecondaryRateLimit: waitsOutSoon,
  };
  const Octokit = ProbotOctokit.plugin(createOnce, stayWhereAsked).defaults((given: ProbotGiven) => ({
    ...given,
    retry: { ...given.retry, retries: RETRIES },
    request: { ...given.request, fetch },
    // Kept: the id of the installation, by which the turns are told apart.
    throttle: { ...given.throttle, ...throttle },
    ...authAt(given, fetch),
  }));
  return { Octokit: Octokit as typeof ProbotOctokit, request: { fetch } };
}

/** The options that Probot and Octokit put together before ours are laid over them. */
interface ProbotGiven {
  readonly baseUrl?: string;
  readonly retry?: object;
  readonly request?: object;
  readonly throttle?: object;
  readonly auth?: { readonly request?: { readonly defaults: (defaults: object) => unknown } };
}

/** Probot asks for installation tokens at api.github.com, whatever `baseUrl` says, when it is asked for one directly. */
function authAt({ auth, baseUrl }: ProbotGiven, fetch: Fetch): { readonly auth?: object } {
  if (auth === undefined) return {};
  if (auth.request === undefined) return { auth };
  return { auth: { ...auth, request: auth.request.defaults({ ...(baseUrl === undefined ? {} : { baseUrl }), request: { fetch } }) } };
}

const waitsOutSoon = (retryAfterS: number, _options: unknown, _octokit: unknown, retryCount: number): boolean =>
  retryAfterS <= LIMIT_WAIT_S_MAX && retryCount < LIMIT_RETRIES_MAX;

interface Hooked {
  readonly hook: {
    before(name: 'request', listener: (options: { method: string; request?: object }) => void): void;
    after(name: 'request', listener: (response: { status: number }) => void): void;
  };
}

/** Its outcome unknown, a creation is looked for by its marker before it is made again: by the caller, who has the marker. */
function createOnce(octokit: Hooked): void {
  octokit.hook.before('request', (options) => {
    if (options.method === 'POST') options.request = { ...options.request, retries: 0 };
  });
}

/** GitHub answers for a repository that has moved with where it is now. Discovery, which knows repositories by their ids, learns its name. */
function stayWhereAsked(octokit: Hooked): void {
  octokit.hook.after('request', ({ status }) => {
    if (status >= 300 && status < 400 && status !== 304) throw moved();
  });
}

const moved = () =>
  new PortError({
    port: 'code-host',
    operation: 'request',
    retry: { kind: 'retry-later' },
    message: 'the repository has moved to another name or owner; it is asked again when its new name is known',
  });

/** Reads the whole answer in time, so that one that stops in the middle is an error and never an empty text. */
function endingFetch(fetch: Fetch): Fetch {
  return async (input, init) => {
    const late = AbortSignal.timeout(REQUEST_MS_MAX);
    const signal = init?.signal === undefined || init.signal === null ? late : AbortSignal.any([late, init.signal]);
    // A name that was renamed or transferred leads to another repository: whoever follows it acts on what they did not mean.
    const response = await fetch(input, { ...init, signal, redirect: 'manual' });
    if (response.body === null) return response;
    const answer = new Response(await readBounded(response.body), {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
    return Object.defineProperty(answer, 'url', { value: response.url });
  };
}

async function readBounded(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new TypeError(`the answer has more than ${ANSWER_BYTES_MAX} bytes`);
  }
  return new Uint8Array(Buffer.concat(chunks, bytes));
}
