import { decode, flag, maybe, number, object, text } from '../core/model/decode.ts';
import { parseCommitSha } from '../core/model/ids.ts';
import type { PullInfo } from '../ports/code-host.ts';
import type { Job } from '../ports/state-store.ts';

/** News of an open pull request, with all that is asked of the code host else. */
export interface PullNews {
  readonly action: string;
  readonly info: PullInfo;
}

const EVENT = object({
  action: text,
  pull_request: object({
    number,
    state: text,
    title: text,
    draft: maybe(flag),
    user: maybe(object({ login: text })),
    head: object({ sha: text, repo: maybe(object({ id: number })) }),
    base: object({ ref: text, repo: object({ id: number }) }),
  }),
});

/** What a delivery says of an open pull request; `undefined` where it says less, or where only the code host knows. */
export function newsIn(payload: unknown): PullNews | undefined {
  const event = decode(EVENT, payload);
  if (!event.ok) return undefined;
  const { action, pull_request: pull } = event.value;
  const headSha = parseCommitSha(pull.head.sha);
  if (!headSha.ok || pull.state !== 'open') return undefined;
  const info: PullInfo = {
    ...{ number: pull.number, headSha: headSha.value, baseRef: pull.base.ref, author: pull.user?.login ?? 'ghost', title: pull.title },
    ...{ draft: pull.draft ?? false, state: 'open', merged: false, mergeCommit: undefined },
    fork: pull.head.repo?.id !== pull.base.repo.id,
  };
  return { action, info };
}

export const newsPayload = ({ action, info }: PullNews): Job['payload'] => ({
  ...{ action, head: info.headSha, base: info.baseRef, author: info.author, title: info.title, draft: info.draft, fork: info.fork },
});

const PAYLOAD = object({ pull: number, action: text, head: text, base: text, author: text, title: text, draft: flag, fork: flag });

/** @returns `undefined` where a job was asked for without news. */
export function readNews(payload: Job['payload']): PullNews | undefined {
  const read = decode(PAYLOAD, payload);
  const head = parseCommitSha(read.ok ? read.value.head : '');
  if (!read.ok || !head.ok) return undefined;
  const { pull, action, base, author, title, draft, fork } = read.value;
  const info = { number: pull, headSha: head.value, baseRef: base, author, title, draft, fork } as const;
  return { action, info: { ...info, state: 'open', merged: false, mergeCommit: undefined } };
}

/** A commit that was not there before: nothing of ours can stand on it. */
export const isNewHead = ({ action }: PullNews): boolean => action === 'opened' || action === 'synchronize';
/** Nobody can have commented on it before. */
export const isNewPull = ({ action }: PullNews): boolean => action === 'opened';
