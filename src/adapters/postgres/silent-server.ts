import type pg from 'pg';

/**
 * Ends a connection that does not answer a query in time. The server may stand still, or be behind a cut cable, and then it does
 * not even send its own time-out.
 *
 * The driver's `query_timeout` would give the connection back to its pool, where a transaction may still be open on it: the next
 * to use it would commit what the one before had given up.
 */
export function endWhenSilent(client: pg.ClientBase & { end?: () => Promise<void> }, answerMs: number): void {
  const ask = client.query.bind(client) as (...given: readonly unknown[]) => unknown;
  const bounded = (...given: readonly unknown[]): unknown => {
    // With a query that is not answered, `end` breaks the connection at once instead of saying goodbye.
    const limit = setTimeout(() => void client.end?.().catch(() => undefined), answerMs);
    const answered = (): void => clearTimeout(limit);
    const callback = given.at(-1);
    if (typeof callback === 'function') {
      return ask(...given.slice(0, -1), (...answer: readonly unknown[]) => {
        answered();
        callback(...answer);
      });
    }
    const answer = ask(...given);
    if (answer instanceof Promise) answer.then(answered, answered);
    else answered();
    return answer;
  };
  client.query = bounded as typeof client.query;
}
