import type { GitHubClient } from '../../../src/adapters/github/client.ts';
import { CodeHostGitHub } from '../../../src/adapters/github/code-host-github.ts';
import { githubClient } from '../../../src/adapters/github/octokit.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer, or an error that the network gives. */
export type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> } | Error;

export const APP_ID = 77;
export const LOGIN = 'flotilla[bot]';

/** Answers one request after another from a list; the last answer is given again and again. */
export function scripted(answers: readonly Answer[]): { readonly fetch: typeof globalThis.fetch; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input));
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({
      method: init?.method ?? 'GET',
      path: url.pathname + url.search,
      body,
      headers: Object.fromEntries(new Headers(init?.headers)),
    });
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer was written for this request');
    return new Response(answer.status === 204 ? null : JSON.stringify(answer.body ?? {}), {
      status: answer.status,
      headers: { 'content-type': 'application/json', ...answer.headers },
    });
  };
  return { fetch, asked };
}

/** A client with a token of its own, without waits between writes. */
export function clientOf(fetch: typeof globalThis.fetch): GitHubClient {
  const { Octokit } = githubClient({ writeIntervalMs: 0, fetch });
  return new Octokit({ auth: { token: 'token-of-the-test' }, retry: { retryAfterBaseValue: 1 } });
}

export function hostOf(answers: readonly Answer[]): { readonly host: CodeHostGitHub; readonly asked: Asked[] } {
  const { fetch, asked } = scripted(answers);
  return {
    host: new CodeHostGitHub({
      octokit: async () => clientOf(fetch),
      owner: 'acme',
      repo: 'fleet',
      appId: APP_ID,
      login: async () => LOGIN,
    }),
    asked,
  };
}
