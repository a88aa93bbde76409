/** Refs that a `git push` is about to change, read from the head of its request while that passes by. */
export class PushCommands {
  #pending: Buffer = Buffer.alloc(0);
  #done = false;
  #readable = true;
  readonly #refs = new Set<string>();

  /** Takes the next piece of the request. */
  take(chunk: Buffer): void {
    if (this.#done) return;
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (!this.#done && this.#pending.length >= 4) {
      const length = Number.parseInt(this.#pending.toString('latin1', 0, 4), 16);
      if (length === 0) {
        this.#done = true;
      } else if (Number.isNaN(length) || length < 4) {
        this.#stop();
      } else if (this.#pending.length < length) {
        if (this.#pending.length > HEAD_BYTES_MAX) this.#stop();
        return;
      } else {
        this.#line(this.#pending.subarray(4, length));
        this.#pending = this.#pending.subarray(length);
      }
    }
    if (this.#done) this.#pending = Buffer.alloc(0);
  }

  /** `undefined` when the head of the request was not understood: then any ref may have changed. */
  get refs(): ReadonlySet<string> | undefined {
    return this.#readable && this.#done ? this.#refs : undefined;
  }

  /** `old new ref`, the first followed by NUL and capabilities. `shallow` and `push-cert` lines are not commands. */
  #line(line: Buffer): void {
    const text = line.toString('utf8').split('\0', 1)[0] ?? '';
    const found = /^[0-9a-f]{40} [0-9a-f]{40} (.+?)\n?$/.exec(text);
    if (found?.[1] !== undefined) this.#refs.add(found[1]);
  }

  #stop(): void {
    this.#readable = false;
    this.#done = true;
  }
}

/** One line of the protocol is at most 65,520 bytes. */
const HEAD_BYTES_MAX = 65_536;
