import type { IncomingMessage } from 'node:http';
import type { Hono } from 'hono';
import type { Probot } from 'probot';
import { answerJson } from '../http/answers.ts';
import type { HttpEnv } from '../http/app.ts';
import type { Log } from '../ports/log.ts';
import { ByteBudget } from './byte-budget.ts';
import { isDeeperThan } from './json-depth.ts';
import type { Metrics } from './metrics.ts';
import { readSignature, readSignedBody, type SignedBody } from './signed-body.ts';
import { askedBy } from './webhooks.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';

export interface WebhookLimits {
  readonly bodyBytesMax: number;
  /** Of all bodies that are held at the same time; the first 64 KiB of each are not counted. */
  readonly bodiesBytesMax: number;
  readonly jsonDepthMax: number;
}

const MIB = 1024 * 1024;

export const WEBHOOK_LIMITS: WebhookLimits = {
  // GitHub sends up to 25 MB, but we need a few fields of each. A push that is larger is found by the sweep.
  bodyBytesMax: 5 * MIB,
  // Six of the largest at once. Common webhooks have 10 to 30 KB.
  bodiesBytesMax: 32 * MIB,
  // GitHub's own payloads have about 10 levels. Writing one down with some thousands more overflows the stack, here and in PostgreSQL.
  jsonDepthMax: 2_500,
};

/** By then, whatever fills the memory has been read to its end or was cut off. */
const RETRY_AFTER_S = 30;

export interface WebhookRouteOptions {
  /** `undefined` while the bot starts. */
  readonly probot: () => Probot | undefined;
  readonly secret: string;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly limits?: WebhookLimits;
}

/** GitHub shows it beside the delivery. */
interface Answer {
  readonly status: number;
  readonly message: string;
}

interface Delivery {
  readonly id: string;
  readonly name: string;
  readonly signature: Buffer;
}

/**
 * Takes webhooks in. Stands in front of Probot's own middleware because that buffers any amount of unsigned
 * bytes, and answers only when its handlers are done.
 *
 * The answer is 202 once the delivery is on record or asks for nothing, 4xx when it can never be taken, 503 when it
 * should come again. GitHub does not send it again by itself; the sweep finds what was missed.
 */
export function addWebhookRoute(app: Hono<HttpEnv>, options: WebhookRouteOptions): void {
  const limits = options.limits ?? WEBHOOK_LIMITS;
  const budget = new ByteBudget(limits.bodiesBytesMax);
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const bot = options.probot();
    const delivery = headersOf(request);
    if ('status' in delivery) return delivery;
    if (bot === undefined) return { status: 503, message: 'starting; send it again in a moment' };
    const share = budget.open();
    try {
      const body = await readSignedBody(request, options.secret, delivery.signature, { bytesMax: limits.bodyBytesMax, share });
      if (body.kind !== 'genuine') return refusal(body.kind, limits);
      return await take(bot, delivery, body.bytes, limits, options);
    } finally {
      share.giveBack();
    }
  };
  app.all(WEBHOOK_PATH, async ({ env: { incoming, outgoing } }) => {
    const { status, message } = await answer(incoming);
    if (status !== 202) options.metrics.deliveries.inc({ event: 'unknown', outcome: 'refused' });
    if (status === 503) outgoing.setHeader('retry-after', String(RETRY_AFTER_S));
    // The rest of a body that is refused is not read.
    if (!incoming.complete) outgoing.setHeader('connection', 'close');
    return answerJson({ message }, status);
  });
}

/** All that can be known before the body is read. */
function headersOf({ method, headers }: IncomingMessage): Delivery | Answer {
  if (method !== 'POST') return { status: 405, message: 'webhooks are sent with POST' };
  const [id, name] = [headers['x-github-delivery'], headers['x-github-event']];
  if (typeof id !== 'string' || !/^[A-Za-z0-9-]{1,100}$/.test(id) || typeof name !== 'string' || !/^[a-z][a-z0-9_]{0,59}$/.test(name))
    return { status: 400, message: 'X-GitHub-Delivery and X-GitHub-Event are missing or malformed: is this a webhook of GitHub?' };
  if (!(headers['content-type'] ?? '').startsWith('application/json'))
    return { status: 415, message: 'set the content type of the webhook to application/json' };
  const signature = readSignature(headers['x-hub-signature-256']);
  if (signature === undefined) return { status: 401, message: 'X-Hub-Signature-256 is missing or malformed: set a webhook secret' };
  return { id, name, signature };
}

function refusal(kind: Exclude<SignedBody['kind'], 'genuine'>, { bodyBytesMax }: WebhookLimits): Answer {
  switch (kind) {
    case 'forged':
      return { status: 401, message: 'the signature does not match: compare the webhook secret here and in the settings of the app' };
    case 'too-long':
      return { status: 413, message: `a webhook has at most ${bodyBytesMax} bytes` };
    case 'no-room':
      return { status: 503, message: 'too many webhooks at once; send it again later' };
  }
}

async function take(
  bot: Probot,
  { id, name }: Delivery,
  body: Buffer,
  limits: WebhookLimits,
  options: WebhookRouteOptions,
): Promise<Answer> {
  const { metrics, log } = options;
  const payload = isDeeperThan(body, limits.jsonDepthMax) ? undefined : eventOf(body.toString('utf8'));
  if (payload === undefined)
    return {
      status: 400,
      message: `the body is not a JSON object with an action in text, or none, and at most ${limits.jsonDepthMax} levels`,
    };
  if (askedBy(name, payload) === undefined) {
    metrics.deliveries.inc({ event: name, outcome: 'ignored' });
    return { status: 202, message: 'nothing to do' };
  }
  try {
    // Its types know the published events only.
    await bot.webhooks.receive({ id, name, payload } as unknown as Parameters<Probot['webhooks']['receive']>[0]);
  } catch (error) {
    log.error({ err: error, delivery: id, event: name }, 'a delivery could not be stored');
    return { status: 503, message: 'the delivery could not be stored; send it again' };
  }
  return { status: 202, message: 'taken' };
}

/** Probot tells events apart by their action, and fails on one that is no text: such a delivery would come again for ever. */
function eventOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return !('action' in value) || value.action === null || typeof value.action === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
