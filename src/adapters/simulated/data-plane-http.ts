import type { Observation } from '../../core/evidence/observation.ts';
import type { Order, OrderReply } from '../../core/evidence/order.ts';
import {
  parseListing,
  parseObservations,
  parseReplies,
  parseUnaskedObservation,
  type Receipt,
  unknownOf,
} from '../../core/evidence/parse.ts';
import { type Decoded, decode, listOf, maybe, object, text } from '../../core/model/decode.ts';
import type { ClusterId } from '../../core/model/ids.ts';
import type { Result } from '../../core/model/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DataPlane } from '../../ports/data-plane.ts';
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
      const answer = await this.#request('apply', 'orders', { orders: batch });
      replies.push(...parseReplies(this.#read('apply', decode(applyAnswer, answer)).replies, batch));
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
      const answer = await this.#request('list', `clusters?after=${encodeURIComponent(after)}`);
      const page: Decoded<typeof listAnswer> = this.#read('list', decode(listAnswer, answer));
      observations.push(...this.#read('list', parseListing(page.observations, this.#receipt())));
      if (page.next !== undefined && page.next <= after) throw this.#unreadable('list', 'its next page does not go on');
      after = page.next;
    }
    return observations;
  }

  watch(onChange: (observation: Observation) => void, signal: AbortSignal): void {
    const onData = (data: unknown): void => {
      const seen = parseUnaskedObservation(data, this.#receipt());
      // A watch is a hint, and what names no cluster is a hint at nothing.
      if (seen.ok) onChange(seen.value);
    };
    // Not awaited: it ends when the signal says so, and never rejects.
    void watchEvents(`${this.#base}/watch`, onData, signal);
  }

  async #observeBatch(clusters: readonly ClusterId[]): Promise<readonly Observation[]> {
    try {
      const answer = await this.#request('observe', 'observe', { clusters });
      return parseObservations(this.#read('observe', decode(observeAnswer, answer)).observations, clusters, this.#receipt());
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      const receipt = this.#receipt();
      return clusters.map((cluster) => unknownOf({ ...receipt, cluster }, receipt.receivedAt, cause));
    }
  }

  #receipt(): Receipt {
    return { dataPlane: this.name, receivedAt: this.#clock.now() };
  }

  /** POST with a body, else GET. @throws PortError */
  async #request(operation: string, path: string, body?: unknown): Promise<unknown> {
    const signal = AbortSignal.timeout(this.#answerMsMax);
    const init = body === undefined ? { signal } : { signal, method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) };
    let response: Response;
    try {
      response = await fetch(`${this.#base}/${path}`, init);
      if (response.ok) return await response.json();
    } catch (cause) {
      throw this.#error(operation, { kind: 'retry-later' }, `data plane ${this.name} does not answer`, cause);
    }
    throw await this.#refusal(operation, response);
  }

  async #refusal(operation: string, response: Response): Promise<PortError> {
    const words = await response.text().catch(() => '');
    const retry: Retry = response.status >= 500 ? { kind: 'retry-later' } : { kind: 'needs-human' };
    const failed = retry.kind === 'retry-later' ? 'does not answer' : 'did not understand us';
    return this.#error(operation, retry, `data plane ${this.name} ${failed} (status ${response.status})`, words.slice(0, 2_000));
  }

  /** @throws PortError when the answer is not what a data plane says. */
  #read<T>(operation: string, answer: Result<T, string>): T {
    if (answer.ok) return answer.value;
    throw this.#unreadable(operation, answer.error);
  }

  #unreadable(operation: string, problem: string): PortError {
    return this.#error(operation, { kind: 'retry-later' }, `the answer of data plane ${this.name} cannot be read: ${problem}`, undefined);
  }

  #error(operation: string, retry: Retry, message: string, cause: unknown): PortError {
    return new PortError({ port: 'data-plane', operation, retry, message }, { cause });
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** Lists that are read one by one: one bad entry spoils itself alone. */
const entries = listOf((entry) => entry);
const applyAnswer = object({ replies: entries });
const observeAnswer = object({ observations: entries });
const listAnswer = object({ observations: entries, next: maybe(text) });

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH_MAX) yield items.slice(start, start + BATCH_MAX);
}
