/** Questions that are not answered yet: whoever asks the same waits for the one answer. */
export class OpenQuestions {
  readonly #open = new Map<string, Promise<void>>();

  ask(question: string, answer: () => Promise<void>): Promise<void> {
    const known = this.#open.get(question);
    if (known !== undefined) return known;
    const asked = answer().finally(() => this.#open.delete(question));
    this.#open.set(question, asked);
    return asked;
  }
}
