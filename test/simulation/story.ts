import { formatDuration } from '../../src/core/model/time.ts';
import { type Clocks, START } from './clocks.ts';

/** What happened, for a person; told only when somebody listens. */
export class Story {
  readonly lines: string[] = [];
  readonly #clocks: Clocks;
  readonly #isTold: boolean;

  constructor(clocks: Clocks, isTold: boolean) {
    this.#clocks = clocks;
    this.#isTold = isTold;
  }

  tell(words: () => string): void {
    if (this.#isTold) this.lines.push(`${formatDuration(this.#clocks.trueMs - START).padStart(8)}  ${words()}`);
  }
}
