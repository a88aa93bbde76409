import type { ClusterId } from '../../core/model/ids.ts';
import type { Observation, Order } from '../../core/reconcile/evidence.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DataPlane, OrderReply } from '../../ports/data-plane.ts';
import { PortError, type Retry } from '../../ports/port-error.ts';
import { watchEvents } from './event-stream.ts';

const ANSWER_MS_MAX = 2_000;
/** The server takes no more in one request. */
const BATCH_MAX = 2_000;

/** A data plane of the simulation, over its HTTP service. */
export class SimulatedDataPlane implements DataPlane {
  readonly name: string;
  readonly #base: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #answerMsMax: number;

  /**
   * @param url - of the service, without a path: `http://127.0.0.1:3001`.
   * @param answerMsMax - who has not answered by then does not answer.
   */
  constructor(name: string, url: string, clock: Pick<Clock, 'now'>, answerMsMax = ANSWER_MS_MAX) {
    this.name = name;
    this.#base = `${url.replace(/\/$/, '')}/data-planes/${encodeURIComponent(name)}`;
    this.#clock = clock;
    this.#answerMsMax = answerMsMax;
  }

  async apply(orders: readonly Order[]): Promise<readonly OrderReply[]> {
    const replies: OrderReply[] = [];
    for (const batch of batches(orders)) {
      const answer = await this.#request<{ replies: OrderReply[] }>('apply', 'orders', { orders: batch });
      replies.push(...answer.replies);
    }
    return replies;
  }

  async observe(clusters: readonly ClusterId[]): Promise<readonly Observation[]> {
    const observations: Observation[] = [];
    for (const batch of batches(clusters)) observations.push(...(await this.#observeBatch(batch)));
    return observations;
  }

  async list(): Promise<readonly Observation[]> {
    const observations: Observation[] = [];
    let after: string | undefined = '';
    // Ends: each page begins after the last name of the one before.
    while (after !== undefined) {
      const page: { observations: Observation[]; next?: string } = await this.#request(
        'list',
        `clusters?after=${encodeURIComponent(after)}`,
      );
      observations.push(...page.observations);
      after = page.next;
    }
    return observations;
  }

  watch(onChange: (observation: Observation) => void, signal: AbortSignal): void {
    // Not awaited: it ends when the signal says so, and never rejects.
    void watchEvents(`${this.#base}/watch`, (text) => onChange(JSON.parse(text) as Observation), signal);
  }

  async #observeBatch(clusters: readonly ClusterId[]): Promise<readonly Observation[]> {
    try {
      const answer = await this.#request<{ observations: Observation[] }>('observe', 'observe', { clusters });
      return answer.observations;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      const sampledAt = this.#clock.now();
      return clusters.map((cluster) => ({ kind: 'unknown', cluster, dataPlane: this.name, sampledAt, cause, missing: false }));
    }
  }

  /** POST with a body, else GET. @throws PortError */
  async #request<T>(operation: string, path: string, body?: unknown): Promise<T> {
    const signal = AbortSignal.timeout(this.#answerMsMax);
    const init = body === undefined ? { signal } : { signal, method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) };
    let response: Response;
    try {
      response = await fetch(`${this.#base}/${path}`, init);
      if (response.ok) return (await response.json()) as T;
    } catch (cause) {
      throw this.#error(operation, { kind: 'retry-later' }, `data plane ${this.name} does not answer`, cause);
    }
    throw await this.#refusal(operation, response);
  }

  async #refusal(operation: string, response: Response): Promise<PortError> {
    const text = await response.text().catch(() => '');
    const retry: Retry = response.status >= 500 ? { kind: 'retry-later' } : { kind: 'needs-human' };
    const words = retry.kind === 'retry-later' ? 'does not answer' : 'did not understand us';
    return this.#error(operation, retry, `data plane ${this.name} ${words} (status ${response.status})`, text.slice(0, 2_000));
  }

  #error(operation: string, retry: Retry, message: string, cause: unknown): PortError {
    return new PortError({ port: 'data-plane', operation, retry, message }, { cause });
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH_MAX) yield items.slice(start, start + BATCH_MAX);
}
