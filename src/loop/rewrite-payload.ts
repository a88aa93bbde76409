import { REWRITES, type Rewrite } from '../core/change/rewrite.ts';
import { decode, mapped, maybe, number, object, parsed, text, word } from '../core/model/decode.ts';
import { parseCommitSha, parseStopId } from '../core/model/ids.ts';
import { instant } from '../core/model/time.ts';
import type { Job } from '../ports/state-store.ts';

/** What a job carries of a rewritten history: it is on record nowhere else. */
export const rewritePayload = ({ how, before, commit, author, at, changed, stop }: Rewrite): Job['payload'] => ({
  ...{ how, before, commit, at },
  author: author ?? null,
  changed: changed ?? null,
  stop: stop ?? null,
});

/** @throws Error when the payload is none of ours. */
export function readRewrite(payload: Job['payload']): Rewrite {
  const read = decode(REWRITE, payload);
  if (!read.ok) throw new Error(`job payload: ${read.error}`);
  return read.value;
}

const REWRITE = object({
  how: word(REWRITES),
  before: parsed(text, parseCommitSha),
  commit: parsed(text, parseCommitSha),
  author: maybe(text),
  at: mapped(number, instant),
  changed: maybe(number),
  stop: maybe(parsed(text, parseStopId)),
});
