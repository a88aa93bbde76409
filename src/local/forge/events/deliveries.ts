import { createHmac } from 'node:crypto';
import type { DeliveryStore } from '../store/deliveries.ts';
import type { DeliveryRow } from '../store/rows.ts';
import type { ForgeLog } from '../world.ts';

const ANSWER_MS_MAX = 10_000;
/** The log shows the beginning of an answer; a receiver may send what it likes. */
const ANSWER_BYTES_KEPT = 16_384;

export interface DeliveriesOptions {
  readonly store: DeliveryStore;
  readonly log: ForgeLog;
  readonly appId: number;
  readonly secret: string;
  /** Where to send; `undefined` while there is no receiver: then every delivery fails, as to a host that is down. */
  readonly webhookUrl: () => string | undefined;
  readonly now: () => number;
  /** Gives a receiver up that takes too long; default as on GitHub, after ten seconds. */
  readonly giveUp?: () => AbortSignal;
}

/**
 * Sends queued deliveries one after another, in their order, each once. What fails stays failed until somebody asks for a redelivery.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  #running: Promise<void> | undefined;
  #wanted = false;
  #stopping = false;
  readonly #stop = new AbortController();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  get url(): string | undefined {
    return this.#options.webhookUrl();
  }

  /** May be called inside a transaction: sending begins in a later turn, when it is committed. */
  wake(): void {
    this.#wanted = true;
    if (this.#running !== undefined || this.#stopping) return;
    this.#running = this.#drain().finally(() => {
      this.#running = undefined;
      if (this.#wanted) this.wake();
    });
  }

  /** Settles when everything queued so far was sent. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** The delivery under way is cut short; queued ones stay for the next start. */
  async close(): Promise<void> {
    this.#stopping = true;
    this.#stop.abort();
    await this.#running;
  }

  async #drain(): Promise<void> {
    await new Promise(setImmediate);
    this.#wanted = false;
    for (let next = this.#take(); next !== undefined; next = this.#take()) await this.#send(next);
  }

  #take(): DeliveryRow | undefined {
    return this.#stopping ? undefined : this.#options.store.takeNext();
  }

  async #send(delivery: DeliveryRow): Promise<void> {
    const { store, log, now } = this.#options;
    const url = this.#options.webhookUrl();
    const headers = this.#headersOf(delivery);
    const startedAt = performance.now();
    const outcome =
      url === undefined
        ? { status: 'failed to connect to host', code: 502, headers: {}, body: '' }
        : await this.#post(url, headers, delivery.payload);
    store.finish(delivery.id, {
      delivered_at: now(),
      duration_s: Math.round((performance.now() - startedAt) / 10) / 100,
      status: outcome.status,
      status_code: outcome.code,
      url: url ?? null,
      request_headers: JSON.stringify(headers),
      response_headers: JSON.stringify(outcome.headers),
      response_body: outcome.body,
    });
    log.info({ event: delivery.event, action: delivery.action, guid: delivery.guid, status: outcome.code }, 'webhook delivered');
  }

  async #post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<{
    readonly status: string;
    readonly code: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }> {
    const late = this.#options.giveUp?.() ?? AbortSignal.timeout(ANSWER_MS_MAX);
    const signal = AbortSignal.any([late, this.#stop.signal]);
    try {
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      const text = await readStart(response);
      const isOk = response.status >= 200 && response.status < 300;
      const status = isOk ? 'OK' : `Invalid HTTP Response: ${response.status}`;
      return { status, code: response.status, headers: Object.fromEntries(response.headers), body: text };
    } catch (error) {
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      return { status: isTimeout ? 'timed out' : 'failed to connect to host', code: isTimeout ? 504 : 502, headers: {}, body: '' };
    }
  }

  #headersOf(delivery: DeliveryRow): Readonly<Record<string, string>> {
    const sign = (algorithm: string): string => createHmac(algorithm, this.#options.secret).update(delivery.payload).digest('hex');
    return {
      Accept: '*/*',
      'Content-Type': 'application/json',
      'User-Agent': 'GitHub-Hookshot/local',
      'X-GitHub-Delivery': delivery.guid,
      'X-GitHub-Event': delivery.event,
      'X-GitHub-Hook-ID': String(this.#options.appId),
      'X-GitHub-Hook-Installation-Target-ID': String(this.#options.appId),
      'X-GitHub-Hook-Installation-Target-Type': 'integration',
      'X-Hub-Signature': `sha1=${sign('sha1')}`,
      'X-Hub-Signature-256': `sha256=${sign('sha256')}`,
    };
  }
}

async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (response.body !== null) {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= ANSWER_BYTES_KEPT) break;
    }
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_KEPT).toString('utf8');
}
