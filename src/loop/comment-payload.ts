import { mayHoldCommands } from '../core/command/command-lines.ts';
import { decode, flag, number, object, text } from '../core/model/decode.ts';
import type { Job } from '../ports/state-store.ts';

/** A comment that a person has just written. Its author is who gives the commands in it. */
export interface PostedComment {
  readonly id: number;
  /** The issue or pull request that it is in. */
  readonly number: number;
  readonly author: string;
  readonly body: string;
  /** Anybody may write in a public repository: who has no part in it gets a reaction, and no comment that others would be told of. */
  readonly isStranger: boolean;
}

const ACCOUNT = object({ login: text, type: text });
const EVENT = object({
  action: text,
  issue: object({ number }),
  comment: object({ id: number, body: text, user: ACCOUNT, author_association: text }),
  sender: ACCOUNT,
  repository: object({ private: flag }),
});

/**
 * The comment of a delivery, where it may hold commands. Only what a person has just written: an edit could be another person's, and would
 * change under the eyes of whoever has read it; programs are answered by nobody.
 */
export function commentIn(payload: unknown): PostedComment | undefined {
  const event = decode(EVENT, payload);
  if (!event.ok || event.value.action !== 'created') return undefined;
  const { issue, comment, sender, repository } = event.value;
  const isPerson = sender.type === 'User' && comment.user.type === 'User' && comment.user.login === sender.login;
  if (!isPerson || !mayHoldCommands(comment.body)) return undefined;
  const isStranger = !repository.private && !MEMBERS.has(comment.author_association);
  return { id: comment.id, number: issue.number, author: sender.login, body: comment.body, isStranger };
}

const MEMBERS: ReadonlySet<string> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

/** It is on record nowhere else: what was edited since is not what was asked. */
export const commentPayload = ({ id, number: issue, author, body, isStranger }: PostedComment): Job['payload'] => ({
  ...{ id, author, body, isStranger },
  number: issue,
});

/** @throws Error when the payload is none of ours. */
export function readComment(payload: Job['payload']): PostedComment {
  const read = decode(object({ id: number, number, author: text, body: text, isStranger: flag }), payload);
  if (!read.ok) throw new Error(`job payload: ${read.error}`);
  return read.value;
}
