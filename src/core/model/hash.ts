import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type CommitSha, type PlanDigest, type Revision, type RolloutId, trusted } from './ids.ts';
import type { Instant } from './time.ts';

/** Plain data: what JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** JSON with sorted keys and no white space: the same data gives the same text, in whatever order it was written. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = value as Record<string, unknown>;
  let text = '';
  for (const key of Object.keys(entries).sort()) {
    const entry = entries[key];
    if (entry !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(entry)}`;
  }
  return `{${text}}`;
}

/** The first 16 hex digits (64 bits) of SHA-256: short enough to read in a comment, and at 100,000 specs a clash has odds of 1 in 3 billion. */
export function hash16(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 8));
}

export const revisionOf = (spec: unknown): Revision => trusted.revision(hash16(canonicalJson(spec)));
export const digestOf = (plan: unknown): PlanDigest => trusted.digest(hash16(canonicalJson(plan)));

/** A place in [0, 2^32) that depends on seed and name only: how cohorts are drawn, never by the alphabet. */
export function place(seed: string, name: string): number {
  return Number.parseInt(hash16(`${seed}\u0000${name}`).slice(0, 8), 16);
}

/**
 * A rollout is known by the commit that landed, its release, the plan, and when: a branch that is forced back and forth lands the
 * same commit with the same plan again, and that is another rollout.
 */
export function rolloutIdOf(commit: CommitSha, release: string, digest: PlanDigest, createdAt: Instant): RolloutId {
  return trusted.rollout(`${commit.slice(0, 12)}-${hash16(`${release} ${digest} ${createdAt}`)}`);
}
