import type { Rewrite } from '../core/change/rewrite.ts';
import type { CommitSha } from '../core/model/ids.ts';

/** Under which key of ours each thing that we write on the code host is kept. */
export const planCheckKey = (head: CommitSha): string => `check:${head}:plan`;
export const rolloutCheckKey = (commit: CommitSha): string => `check:${commit}:rollout`;
/** One comment for a pull request: plan before the merge, plan and rollouts after it. */
export const commentKey = (pull: number): string => `comment:${pull}`;
export const BROKEN_BRANCH_KEY = 'issue:broken-branch';
export const rewriteKey = ({ before, commit }: Rewrite): string => `issue:rewritten-history:${before}:${commit}`;
export const DRIFT_KEYS = 'issue:drift:';
/** The answer to a comment, and which commands it gave. */
export const replyKey = (comment: number): string => `reply:${comment}`;
/** The answer to a person whose button did nothing: one for each pull request. */
export const pressedKey = (pull: number, by: string): string => `press:${pull}:${by.toLowerCase()}`;
export const repliedKey = (comment: number): string => `commands:${comment}`;
/** Checks of a pull request that are under way. */
export const begunKey = (pull: number): string => `begun:${pull}`;
/** A comment that tells people of something that waits for them. */
export const noticeKey = (key: string): string => `notice:${key}`;
