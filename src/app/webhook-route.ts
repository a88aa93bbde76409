import type { Probot } from 'probot';
import type { Log } from '../ports/log.ts';
import { BODY_BYTES_MAX, type Route, readBody, sendJson } from './http-server.ts';
import type { Metrics } from './metrics.ts';

export const WEBHOOK_PATH = '/api/github/webhooks';

/**
 * Takes webhooks in. Stands in front of Probot's own middleware because that buffers any amount of unsigned
 * bytes, and answers only when its handlers are done.
 *
 * The answer is 202 once the delivery is on record, 4xx when it can never be taken, 503 when it should come again.
 */
export function webhookRoute(probot: () => Probot | undefined, metrics: Metrics, log: Log): Route {
  return async (request, response, url) => {
    if (url.pathname !== WEBHOOK_PATH) return false;
    const refuse = (status: number, message: string): true => {
      metrics.deliveries.inc({ event: 'unknown', outcome: 'refused' });
      sendJson(response, status, { message });
      return true;
    };
    if (request.method !== 'POST') return refuse(405, 'webhooks are sent with POST');
    const bot = probot();
    if (bot === undefined) return refuse(503, 'starting; send it again in a moment');
    const [id, name, signature] = ['x-github-delivery', 'x-github-event', 'x-hub-signature-256'].map((header) => request.headers[header]);
    if (typeof id !== 'string' || !/^[A-Za-z0-9-]{1,100}$/.test(id) || typeof name !== 'string' || !/^[a-z_]{1,60}$/.test(name)) {
      return refuse(400, 'X-GitHub-Delivery and X-GitHub-Event are missing or malformed: is this a webhook of GitHub?');
    }
    if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
      return refuse(415, 'set the content type of the webhook to application/json');
    if (typeof signature !== 'string') return refuse(401, 'X-Hub-Signature-256 is missing: set a webhook secret');
    const body = await readBody(request, BODY_BYTES_MAX);
    if (body === undefined) {
      response.setHeader('connection', 'close');
      return refuse(413, `a webhook has at most ${BODY_BYTES_MAX} bytes`);
    }
    const payload = body.toString('utf8');
    if (!(await bot.webhooks.verify(payload, signature).catch(() => false)))
      return refuse(401, 'the signature does not match: compare the webhook secret here and in the settings of the app');
    if (!isEvent(payload)) return refuse(400, 'the body is not a JSON object with an action in text, or none');
    try {
      await bot.webhooks.verifyAndReceive({ id, name, payload, signature });
    } catch (error) {
      log.error({ err: error, delivery: id, event: name }, 'a delivery could not be stored');
      return refuse(503, 'the delivery could not be stored; send it again');
    }
    sendJson(response, 202, { message: 'stored' });
    return true;
  };
}

/** Probot tells events apart by their action, and fails on one that is no text: such a delivery would come again for ever. */
function isEvent(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return !('action' in value) || value.action === null || typeof value.action === 'string';
  } catch {
    return false;
  }
}
