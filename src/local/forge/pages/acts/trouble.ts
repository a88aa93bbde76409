import { type Answer, Refusal } from '../../http/answer.ts';
import { isJsonObject } from '../../json.ts';

/** What the REST API said no with, for a person; `undefined` when it said yes. */
export function troubleOf(answer: Answer): string | undefined {
  if (answer.status < 400) return undefined;
  const { body } = answer;
  if (!isJsonObject(body)) return `The forge answered ${answer.status}.`;
  return wordsOf(String(body['message'] ?? `The forge answered ${answer.status}.`), Array.isArray(body['errors']) ? body['errors'] : []);
}

/** The words of a refusal; anything else is not for a person, and goes on. */
export function refusalWords(error: unknown): string {
  if (error instanceof Refusal) return wordsOf(error.message, error.errors ?? []);
  throw error;
}

function wordsOf(message: string, errors: readonly unknown[]): string {
  const details = errors.filter(isJsonObject).map((each) => each['message'] ?? `${each['field']} is ${each['code']}`);
  return details.length === 0 ? message : `${message}: ${details.join('; ')}`;
}
