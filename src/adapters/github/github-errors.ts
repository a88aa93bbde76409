import { PortError, type Retry } from '../../ports/port-error.ts';

/** The fields of Octokit's RequestError that we rely on. `response` is missing when nobody answered. */
interface GitHubFailure {
  readonly status: number;
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>>; readonly data: unknown };
}

/** GitHub asks for this much when it names no time. @see docs.github.com, "Rate limits for the REST API" */
const RATE_LIMIT_WAIT_MS = 60_000;
const SAID_CHARS_MAX = 300;

/** Status of GitHub's answer; `undefined` when there was none, or when the error is of another kind. */
export function answeredStatus(error: unknown): number | undefined {
  return isFailure(error) && error.response !== undefined ? error.status : undefined;
}

/**
 * GitHub said that there is no such thing. On an Enterprise Server a plugin of Probot takes that for a server too old to know teams, and
 * puts an error of its own in the place of the answer: with its status, and without a response.
 */
export const isNotFound = (error: unknown): boolean => isFailure(error) && error.status === 404;

/** The request may have done its work although it failed: nobody answered, or something broke on the way back. */
export const outcomeUnknown = (error: unknown): boolean => isFailure(error) && (error.response === undefined || error.status >= 500);

/** What we looked for is no more: 410 is GitHub's word for deleted issues. */
export const isGone = (error: unknown): boolean => [404, 410].includes(answeredStatus(error) ?? 0);

/** @param now - milliseconds since the epoch; used when GitHub's answer carries no date of its own. */
export function asPortError(operation: string, error: unknown, now: number = Date.now()): PortError {
  if (error instanceof PortError) return error;
  const { retry, message } = isFailure(error) ? judge(error, now) : judgeOther(error);
  return new PortError({ port: 'code-host', operation, retry, message }, { cause: error });
}

/** A request that we do not send because GitHub would refuse it. */
export const refused = (operation: string, message: string): PortError =>
  new PortError({ port: 'code-host', operation, retry: { kind: 'needs-human' }, message });

interface Judgement {
  readonly retry: Retry;
  readonly message: string;
}

function judge({ status, response }: GitHubFailure, now: number): Judgement {
  if (response === undefined) return later('GitHub cannot be reached; it is tried again');
  const waitMs = rateLimitWaitMs(status, response, now);
  if (waitMs !== undefined) {
    return {
      retry: { kind: 'retry-after', waitMs },
      message: `GitHub's rate limit is reached; the next request goes out in ${Math.ceil(waitMs / 1_000)} s`,
    };
  }
  if (status >= 500 || status === 408 || status === 409)
    return later(`GitHub answered with an error of its own (${status}); it is tried again`);
  return {
    retry: { kind: 'needs-human' },
    message: `${ADVICE[status] ?? `GitHub refused the request (${status})`}${saidBy(response.data)}`,
  };
}

const later = (message: string): Judgement => ({ retry: { kind: 'retry-later' }, message });

const ADVICE: Readonly<Record<number, string>> = {
  401: "GitHub does not accept the app's credentials (401); check APP_ID, the private key and the clock of this machine",
  403: 'the app is not allowed to do this (403); check its permissions, that the installation has accepted them, and that the conversation is not locked',
  404: 'GitHub has no such thing, or does not show it to the app (404); check that the app is installed on the repository with the permissions of app.yml',
  410: 'this is switched off or was deleted (410); if it is about issues, switch them on in the settings of the repository',
  422: 'GitHub calls the request invalid (422)',
};

/** @returns `undefined` when the failure is not about rate limits. */
function rateLimitWaitMs(status: number, { headers, data }: NonNullable<GitHubFailure['response']>, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const retryAfterS = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(retryAfterS)) return Math.max(0, retryAfterS * 1_000);
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const answeredAt = Date.parse(String(headers['date'] ?? ''));
    const resetAt = Number(headers['x-ratelimit-reset']) * 1_000;
    // One second more: the reset is given in whole seconds.
    if (Number.isFinite(resetAt)) return Math.max(0, resetAt - (Number.isFinite(answeredAt) ? answeredAt : now)) + 1_000;
  }
  // A secondary limit may come without any header; then the link to its documentation tells it from a missing permission.
  const link = fieldOf(data, 'documentation_url');
  return status === 429 || (typeof link === 'string' && link.includes('rate-limit')) ? RATE_LIMIT_WAIT_MS : undefined;
}

/** GitHub's own words, as one short line. */
function saidBy(data: unknown): string {
  const said = fieldOf(data, 'message');
  if (typeof said !== 'string' || said === '') return '';
  const details = fieldOf(data, 'errors');
  const text = Array.isArray(details) ? `${said}: ${details.map((detail) => JSON.stringify(detail)).join(', ')}` : said;
  return `: ${text.replaceAll(/\p{C}+/gu, ' ').slice(0, SAID_CHARS_MAX)}`;
}

function judgeOther(error: unknown): Judgement {
  const said = error instanceof Error ? error.message : 'unknown error';
  return later(`GitHub could not be asked: ${said.slice(0, SAID_CHARS_MAX)}`);
}

function fieldOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null && name in data ? (data as Readonly<Record<string, unknown>>)[name] : undefined;
}

function isFailure(error: unknown): error is GitHubFailure {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}
