/** Memory that many readers share: what all of them hold together stays under one limit. */
export class ByteBudget {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** A share that is empty at first. Whoever opens one gives it back. */
  open(): BudgetShare {
    let own = 0;
    return {
      grow: (bytes) => {
        if (this.#taken + bytes > this.#most) return false;
        this.#taken += bytes;
        own += bytes;
        return true;
      },
      giveBack: () => {
        this.#taken -= own;
        own = 0;
      },
    };
  }
}

export interface BudgetShare {
  /** @returns false when the others hold too much: then nothing was taken. */
  grow(bytes: number): boolean;
  giveBack(): void;
}
