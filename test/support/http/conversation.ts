import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection whose bytes a test writes itself: what well-behaved clients would never send, or not send to the end. */
export class Conversation {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  /** What has come back so far. */
  answer = '';

  constructor(port: number, bytes: string | Buffer) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => {
      this.answer += chunk.toString('latin1');
    });
    // A server that refuses may close while we still write.
    this.#socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    if (bytes.length > 0) this.#socket.write(bytes);
  }

  async connected(): Promise<void> {
    if (this.#socket.connecting) await once(this.#socket, 'connect');
  }

  say(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** The first bytes of an answer have come, or the other side has closed without one. */
  async answered(): Promise<void> {
    await Promise.race([this.#closed, once(this.#socket, 'data')]).catch(() => undefined);
  }

  /** Everything that came back, once the other side has closed. Never, when it does not. */
  async end(): Promise<string> {
    await this.#closed;
    return this.answer;
  }

  leave(): void {
    this.#socket.destroy();
  }
}
