import type { Registry } from 'prom-client';
import { type Route, send, sendJson } from './http-server.ts';
import type { Readiness } from './readiness.ts';

export interface OperationsSources {
  readonly readiness: () => Promise<Readiness>;
  /** Brings those metrics up to date that are not counted as things happen. */
  readonly beforeMetrics: () => Promise<void>;
}

/**
 * For the platform: `/livez` answers while the process lives, and depends on nothing else, so that a database that is
 * away does not get the bot restarted. `/readyz`: work gets done. `/metrics`: Prometheus. `/healthz` is the old name of `/livez`.
 */
export function operationsRoute(registry: Registry, { readiness, beforeMetrics }: OperationsSources): Route {
  return async (request, response, url) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    switch (url.pathname) {
      case '/livez':
      case '/healthz':
        sendJson(response, 200, { status: 'ok' });
        return true;
      case '/readyz': {
        const { ready: isReady, ...body } = await readiness();
        sendJson(response, isReady ? 200 : 503, body);
        return true;
      }
      case '/metrics':
        await beforeMetrics();
        send(response, 200, registry.contentType, await registry.metrics());
        return true;
      default:
        return false;
    }
  };
}
