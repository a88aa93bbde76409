import type { Result } from '../core/model/result.ts';

/** The request is wrong, or cannot be met now: a status, and a sentence that says what to do. Thrown by routes, said once by their server. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** For programs. */
  readonly code: string;

  constructor(status: number, message: string, code = 'refused') {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What was read of a request. @throws Refusal 400 with what is wrong. */
export function orRefuse<T>(parsed: Result<T, string>): T {
  if (parsed.ok) return parsed.value;
  throw new Refusal(400, parsed.error, 'invalid-request');
}
