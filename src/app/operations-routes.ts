import type { Hono } from 'hono';
import type { Registry } from 'prom-client';
import { answerJson } from '../http/answers.ts';
import type { HttpEnv } from '../http/app.ts';
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
export function addOperationsRoutes(app: Hono<HttpEnv>, registry: Registry, { readiness, beforeMetrics }: OperationsSources): void {
  app.on('GET', ['/livez', '/healthz'], () => answerJson({ status: 'ok' }));
  app.get('/readyz', async () => {
    const { ready: isReady, ...body } = await readiness();
    return answerJson(body, isReady ? 200 : 503);
  });
  app.get('/metrics', async () => {
    await beforeMetrics();
    return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType, 'cache-control': 'no-store' } });
  });
}
