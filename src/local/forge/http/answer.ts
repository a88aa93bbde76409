import { Refusal as AnyRefusal } from '../../../http/refusal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

export const okay = (body: Json, headers: Readonly<Record<string, string>> = {}): Answer => ({ status: 200, body, headers });
export const created = (body: Json, location?: Json): Answer => ({
  status: 201,
  body,
  headers: typeof location === 'string' ? { location } : {},
});
export const noContent: Answer = { status: 204 };

const DOCUMENTATION = 'https://docs.github.com/rest';

/** An answer that says no, in GitHub's words. Thrown by handlers, caught once by the server. */
export class Refusal extends AnyRefusal {
  readonly errors: readonly JsonObject[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, errors?: readonly JsonObject[], headers: Readonly<Record<string, string>> = {}) {
    super(status, message);
    this.errors = errors;
    this.headers = headers;
  }

  answer(): Answer {
    return {
      status: this.status,
      body: {
        message: this.message,
        ...(this.errors === undefined ? {} : { errors: this.errors }),
        documentation_url: DOCUMENTATION,
        status: String(this.status),
      },
      headers: this.headers,
    };
  }
}

export const notFound = (): Refusal => new Refusal(404, 'Not Found');

/** A value of the request breaks a rule of the resource. `field: 'custom'` rules carry their own message. */
export function invalid(
  resource: string,
  field: string,
  code: 'missing' | 'invalid' | 'already_exists' | 'custom',
  message?: string,
): Refusal {
  return new Refusal(422, 'Validation Failed', [{ resource, code, field, ...(message === undefined ? {} : { message }) }]);
}

/** The request itself has not the form that the operation takes. */
export const malformed = (what: string): Refusal => new Refusal(422, `Invalid request.\n\n${what}`);

/** What an answer said no with, for a person; `undefined` when it said yes. */
export function troubleOf({ status, body }: Answer): string | undefined {
  if (status < 400) return undefined;
  if (!isJsonObject(body)) return `The forge answered ${status}.`;
  const errors = Array.isArray(body['errors']) ? body['errors'].filter(isJsonObject) : [];
  const details = errors.map((each) => each['message'] ?? `${each['field']} is ${each['code']}`);
  return `${body['message']}${details.length === 0 ? '' : `: ${details.join('; ')}`}`;
}
