import type { Person } from '../person.ts';

/** Commits that a later chapter goes on from. */
export interface Landed {
  /** The release that fails its canaries. */
  bad?: string;
  /** The setting that came after it. */
  setting?: string;
  /** The rollout that merges follow faster than it bakes. */
  patient?: string;
}

/** One part of the story: tells it, and throws where it goes otherwise. */
export type Chapter = (person: Person, landed: Landed) => Promise<void>;

/** @throws Error when an earlier chapter was left out. */
export function after(commit: string | undefined): string {
  if (commit === undefined) throw new Error('the chapter before this one was not told');
  return commit;
}
