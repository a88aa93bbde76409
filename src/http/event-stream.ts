import type { ServerResponse } from 'node:http';
import { alreadyAnswered, type HttpContext } from './app.ts';

/** A reader that is this far behind is cut off; it comes back and asks for everything. */
const UNSENT_BYTES_MAX = 64 * 1024 * 1024;

/** Server-sent events to one reader, who goes away whenever it likes. */
export class EventStream {
  /** What the route returns. */
  readonly response = alreadyAnswered;
  readonly #outgoing: ServerResponse;

  constructor({ env: { outgoing } }: HttpContext) {
    this.#outgoing = outgoing;
    outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' });
    this.comment('watching');
  }

  send(data: unknown): void {
    if (this.#outgoing.writableLength > UNSENT_BYTES_MAX) this.cutOff();
    else this.#outgoing.write(`data: ${JSON.stringify(data)}\n\n`);
  }

  /** Keeps the connection alive, and says nothing. */
  comment(words: string): void {
    this.#outgoing.write(`: ${words}\n\n`);
  }

  onEnd(tell: () => void): void {
    this.#outgoing.on('close', tell);
  }

  cutOff(): void {
    this.#outgoing.destroy();
  }
}
