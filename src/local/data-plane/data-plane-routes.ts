import { randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import { parseClusterId } from '../../core/model/ids.ts';
import { answerJson, answerPage, goTo, serveStylesheet } from '../../http/answers.ts';
import { createApp, type HttpContext, type HttpEnv } from '../../http/app.ts';
import { isForm, readForm, readJson } from '../../http/body.ts';
import { EventStream } from '../../http/event-stream.ts';
import { loopbackOnly, ownFormsOnly } from '../../http/own-site.ts';
import { orRefuse, Refusal } from '../../http/refusal.ts';
import { sameSecret } from '../../http/token.ts';
import type { Clock } from '../../ports/clock.ts';
import type { World } from '../../ports/in-memory/simulated-clusters/world.ts';
import type { Log } from '../../ports/log.ts';
import { breakSomething, changeSomething, find } from './controls.ts';
import { renderPage } from './page.ts';
import { pageStyle } from './page-style.ts';
import { BATCH_MAX, parseObserve, parseOrders } from './requests.ts';
import { pageOf, statusOf } from './status.ts';
import type { WatchHub } from './watch-hub.ts';

const BATCH = { bytesMax: 32 * 1024 * 1024, msMax: 10_000 };
const CONTROL = { bytesMax: 64 * 1024, msMax: 10_000 };
const NOTICES_MAX = 100;

export interface DataPlaneSources {
  readonly world: World;
  readonly hub: WatchHub;
  readonly speed: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** The HTTP side of the simulated data planes: for the bot, for the command line, and a page for people. */
export function dataPlaneRoutes(sources: DataPlaneSources): Hono<HttpEnv> {
  const app = createApp({
    log: sources.log,
    refuse: ({ status, code, message }) => answerJson({ error: { code, message } }, status),
    // Most likely the disk: the write was rolled back, so nothing that is not on disk was promised.
    ofFault: ({ message }) => new Refusal(503, `nothing was changed: ${message}`, 'not-stored'),
  });
  app.use(loopbackOnly, ownFormsOnly);
  serveStylesheet(app, pageStyle);
  addDataPlanes(app, sources);
  addControls(app, sources);
  return app;
}

/** What the bot asks. */
function addDataPlanes(app: Hono<HttpEnv>, { world, hub }: DataPlaneSources): void {
  // Data planes are named as clusters are.
  const planeOf = (context: HttpContext): string => {
    const name = orRefuse(parseClusterId(context.req.param('plane') ?? ''));
    if (world.isSilent(name)) throw new Refusal(503, `data plane ${name} does not answer`, 'silent');
    return name;
  };
  app.post('/data-planes/:plane/orders', async (context) => {
    const plane = planeOf(context);
    const orders = orRefuse(parseOrders(await readJson(context, BATCH), plane));
    return answerJson({ replies: world.order(orders) });
  });
  app.post('/data-planes/:plane/observe', async (context) => {
    const plane = planeOf(context);
    const clusters = orRefuse(parseObserve(await readJson(context, BATCH)));
    return answerJson({ observations: world.observe(plane, clusters) });
  });
  app.get('/data-planes/:plane/clusters', (context) => {
    const after = context.req.query('after') ?? '';
    const rest = world.list(planeOf(context)).filter((state) => state.cluster > after);
    const part = rest.slice(0, BATCH_MAX);
    const next = rest.length > part.length ? part.at(-1)?.cluster : undefined;
    return answerJson({ observations: part.map((state) => world.see(state)), next });
  });
  app.get('/data-planes/:plane/watch', (context) => {
    const plane = planeOf(context);
    const stream = new EventStream(context);
    hub.add(plane, stream, context.req.query('resync') === 'true');
    return stream.response;
  });
}

/** What people ask, by command line or on the page. */
function addControls(app: Hono<HttpEnv>, sources: DataPlaneSources): void {
  const { world, hub } = sources;
  /** Proves that a form came from our own page. */
  const token = randomBytes(16).toString('hex');
  const notices = new Notices();
  const page = (query: URLSearchParams, status: number, problem?: string): Response =>
    answerPage(renderPage({ ...pageOf(sources, query), token, notice: notices.words(query.get('notice')), problem }), status);
  app.get('/', (context) => page(new URL(context.req.url).searchParams, 200));
  app.get('/status', (context) => {
    const name = context.req.query('cluster');
    const states = name === undefined ? world.list(undefined) : [find(world, name, context.req.query('dataPlane'))];
    return answerJson(statusOf(sources, states));
  });
  /** JSON from programs, forms from our own page. */
  const control = (path: string, act: (world: World, body: unknown) => string): void => {
    const perform = (fields: unknown): string => {
      const done = act(world, fields);
      for (const name of world.dataPlanes()) if (world.isSilent(name)) hub.disconnect(name);
      return done;
    };
    app.post(path, async (context) => {
      if (!isForm(context)) return answerJson({ done: perform(await readJson(context, CONTROL)) });
      const form = await readForm(context, CONTROL);
      const query = new URLSearchParams(form.get('back') ?? '');
      try {
        if (!sameSecret(form.get('token') ?? '', token))
          throw new Refusal(403, 'this page is older than the running program: nothing was done; try again now', 'stale-page');
        query.set('notice', notices.add(perform(Object.fromEntries(form))));
        return goTo(`/?${query}`);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return page(query, error.status, error.message);
      }
    });
  };
  control('/faults', breakSomething);
  control('/set', changeSomething);
}

/** What was done, kept for the page that a form leads to; never taken from its address. */
class Notices {
  readonly #words = new Map<string, string>();

  add(words: string): string {
    const id = randomBytes(6).toString('hex');
    this.#words.set(id, words);
    const [oldest] = this.#words.keys();
    if (this.#words.size > NOTICES_MAX && oldest !== undefined) this.#words.delete(oldest);
    return id;
  }

  words(id: string | null): string | undefined {
    return this.#words.get(id ?? '');
  }
}
