/** One request as it went over the wire: retries and requests for tokens are requests too. */
export interface CountedRequest {
  readonly method: string;
  /** Path with its variable parts taken out: few enough for a label of a metric. */
  readonly route: string;
  /** 0 when nobody answered. */
  readonly status: number;
  /** What the answer says is left of a rate limit. */
  readonly limit?: { readonly resource: string; readonly remaining: number };
}

export type Fetch = typeof globalThis.fetch;

/** Segments that are followed by a name of somebody's own. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  repos: ['{owner}', '{repo}'],
  collaborators: ['{username}'],
  commits: ['{ref}'],
  labels: ['{name}'],
};

/** `/api/v3/repos/acme/fleet/issues/12` is `/repos/{owner}/{repo}/issues/{id}`. */
export function routeOf(url: string): string {
  const segments = new URL(url).pathname.replace(/^\/api\/v3(?=\/)/, '').split('/');
  const route: string[] = [];
  for (let i = 0; i < segments.length; i += 1) {
    const segment = segments[i] ?? '';
    route.push(/^\d+$/.test(segment) ? '{id}' : segment);
    for (const name of NAMED[segment] ?? []) {
      i += 1;
      if (i < segments.length) route.push(name);
    }
  }
  return route.join('/');
}

export function countingFetch(fetch: Fetch, onRequest: (request: CountedRequest) => void): Fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const counted = { method: init?.method ?? 'GET', route: routeOf(url) };
    try {
      const response = await fetch(input, init);
      const remaining = response.headers.get('x-ratelimit-remaining');
      const limit = { resource: response.headers.get('x-ratelimit-resource') ?? 'core', remaining: Number(remaining) };
      onRequest({ ...counted, status: response.status, ...(remaining === null ? {} : { limit }) });
      return response;
    } catch (error) {
      onRequest({ ...counted, status: 0 });
      throw error;
    }
  };
}
