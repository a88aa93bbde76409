import type { Registry } from 'prom-client';
import { type Route, send, sendJson } from './http-server.ts';

/** `/healthz`: the process lives. `/readyz`: it can take work. `/metrics`: Prometheus. */
export function operationsRoute(registry: Registry, ready: () => Promise<{ readonly ready: boolean; readonly because: string }>): Route {
  return async (request, response, url) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    switch (url.pathname) {
      case '/healthz':
        sendJson(response, 200, { status: 'ok' });
        return true;
      case '/readyz': {
        const state = await ready();
        sendJson(response, state.ready ? 200 : 503, { status: state.because });
        return true;
      }
      case '/metrics':
        send(response, 200, registry.contentType, await registry.metrics());
        return true;
      default:
        return false;
    }
  };
}
