import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { Log } from '../ports/log.ts';
import { Refusal } from './refusal.ts';

/** Every route gets the request and the response of Node too, for bodies and answers that stream. */
export interface HttpEnv {
  Bindings: HttpBindings;
}

export type HttpContext = Context<HttpEnv>;

export interface AppOptions {
  readonly log: Pick<Log, 'debug' | 'error'>;
  /** How this server says no. A fault of its own has status 500, and words that give nothing away. */
  readonly refuse: (refusal: Refusal, context: HttpContext) => Response;
  /** What a fault is to who asks. When not given: 500, and that the log has the cause. */
  readonly ofFault?: (fault: Error) => Refusal;
}

const unexplained = (): Refusal => new Refusal(500, 'something went wrong here; the log has the cause', 'failed');

/** Routes that say no in one way: by `Refusal`. A route that fails answers 500, and the process lives. */
export function createApp({ log, refuse, ofFault = unexplained }: AppOptions): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>({ strict: false });
  // On the response of Node, so that answers that stream have it as well.
  app.use(async ({ env: { outgoing } }, next) => {
    outgoing.setHeader('x-content-type-options', 'nosniff');
    await next();
  });
  app.notFound((context) =>
    refuse(new Refusal(404, `there is no ${context.req.method} ${context.req.path.slice(0, 200)}`, 'not-found'), context),
  );
  app.onError((error, context) => {
    if (error instanceof Refusal) return refuse(error, context);
    const about = { err: error, method: context.req.method, path: context.req.path };
    const { outgoing } = context.env;
    // Anybody can hang up, as often as they like: that is no error of ours and must not fill the log.
    if (outgoing.destroyed || outgoing.socket?.destroyed !== false) {
      log.debug(about, 'the client went away');
      return RESPONSE_ALREADY_SENT;
    }
    log.error(about, 'request failed');
    if (outgoing.headersSent) {
      outgoing.destroy();
      return RESPONSE_ALREADY_SENT;
    }
    return refuse(ofFault(error), context);
  });
  return app;
}

/** For a route that has written its answer to `context.env.outgoing` itself. */
export const alreadyAnswered: Response = RESPONSE_ALREADY_SENT;
