import type { Hono } from 'hono';
import { createApp, type HttpEnv } from '../../../http/app.ts';
import { readBytes } from '../../../http/body.ts';
import { loopbackOnly } from '../../../http/own-site.ts';
import type { World } from '../world.ts';
import { Refusal } from './answer.ts';
import { identify } from './callers.ts';
import { addGitRoutes } from './git-server.ts';
import { API_PREFIX, type RestEnv, responseOf } from './rest-server.ts';

/** GitHub takes no larger body. */
const BODY_BYTES_MAX = 25 * 1_024 * 1_024;

/** REST, git and pages behind one address. */
export function createForgeApp(world: World, rest: Hono<RestEnv>, pages: Hono<HttpEnv> | undefined): Hono<HttpEnv> {
  const app = createApp({
    log: { debug: () => undefined, error: (fields, message) => world.log.error(fields, message) },
    refuse: ({ status, message }) => responseOf(new Refusal(status, message).answer()),
  });
  app.use(loopbackOnly);
  app.all(`${API_PREFIX}/*`, (context) =>
    rest.fetch(context.req.raw, {
      caller: () => identify(world, context.req.header('authorization')),
      body: () => readBytes(context, { bytesMax: BODY_BYTES_MAX }),
    }),
  );
  app.get('/_forge/requests', () => responseOf({ status: 200, body: world.requests.summary() }));
  app.delete('/_forge/requests', () => {
    world.requests.clear();
    return responseOf({ status: 204 });
  });
  addGitRoutes(app, world);
  if (pages !== undefined) app.route('/', pages);
  return app;
}
