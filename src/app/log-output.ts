/** More than this waits for a reader that lives and does not read; what comes then is dropped. Some thousand lines. */
const WAITING_BYTES_MAX = 1024 * 1024;

export interface LogStream {
  readonly writableLength: number;
  write(text: string): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Where log lines go: standard error. When its reader is gone, or does not read, the bot goes on without a log.
 *
 * It does not end, because then every restart of a log collector would take the bot down with it, and stops and
 * budgets would not be looked after meanwhile. What the bot does is also in its reports, pages and metrics.
 */
export class LogOutput {
  readonly #stream: LogStream;
  #lost = 0;

  constructor(stream: LogStream) {
    this.#stream = stream;
    // A failed write is told as an event, and nobody listening to it ends the process. To log it would fail again.
    stream.on('error', () => {
      this.#lost += 1;
    });
  }

  write(line: string): void {
    if (this.#stream.writableLength > WAITING_BYTES_MAX) {
      this.#lost += 1;
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    this.#stream.write(lost === 0 ? line : `{"level":40,"lost":${lost},"msg":"lines of the log were lost before this one"}\n${line}`);
  }
}
