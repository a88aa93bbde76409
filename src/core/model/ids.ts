import { err, ok, type Result } from './result.ts';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/**
 * The key of every table and queue: opaque, and never changed. It is `owner/name`, lower case, of the repository when it was first seen;
 * with `~` and the repository's number behind it where a fleet that was renamed since has that key. What the repository is called now
 * stands in the record of the fleet.
 */
export type FleetId = Branded<string, 'FleetId'>;
/** `metadata.name` of a Cluster; unique in its fleet. */
export type ClusterId = Branded<string, 'ClusterId'>;
/** 40 lower-case hex digits. */
export type CommitSha = Branded<string, 'CommitSha'>;
/** Object id of a git blob; the cache key of a parsed document. */
export type BlobId = Branded<string, 'BlobId'>;
/** Canonical hash of a desired spec, 16 hex digits. */
export type Revision = Branded<string, 'Revision'>;
/** Canonical hash of a plan, 16 hex digits. */
export type PlanDigest = Branded<string, 'PlanDigest'>;
/** One execution of one plan. */
export type RolloutId = Branded<string, 'RolloutId'>;
/** One stop, from the moment it is set until it is lifted. */
export type StopId = Branded<string, 'StopId'>;

const COMMIT_SHA = /^[0-9a-f]{40}$/;
const HASH16 = /^[0-9a-f]{16}$/;
/** Logins of managed users have a `_` before the short name of their enterprise. */
const FLEET_ID = /^[a-z0-9][a-z0-9_-]{0,38}\/[a-z0-9._-]{1,100}(~[1-9][0-9]{0,15})?$/;
const CLUSTER_ID = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Accepts the full 40-digit lower-case form only: a short sha may come to name another commit. */
export function parseCommitSha(text: string): Result<CommitSha, string> {
  return COMMIT_SHA.test(text) ? ok(text as CommitSha) : err(`not a full commit sha: ${JSON.stringify(text.slice(0, 80))}`);
}

export function parseBlobId(text: string): Result<BlobId, string> {
  return COMMIT_SHA.test(text) ? ok(text as BlobId) : err(`not a full object id: ${JSON.stringify(text.slice(0, 80))}`);
}

/** GitHub compares owner and name without case, so the key is lower case. Anybody's name: only the record says whose fleet it is. */
export function parseFleetId(text: string): Result<FleetId, string> {
  const lower = text.toLowerCase();
  return FLEET_ID.test(lower) ? ok(lower as FleetId) : err(`not an owner/name: ${JSON.stringify(text.slice(0, 160))}`);
}

/** The same limit as a DNS label, because the name becomes part of Kubernetes object names. */
export function parseClusterId(text: string): Result<ClusterId, string> {
  return CLUSTER_ID.test(text) ? ok(text as ClusterId) : err(`not a cluster name: ${JSON.stringify(text.slice(0, 80))}`);
}

export function parseRevision(text: string): Result<Revision, string> {
  return HASH16.test(text) ? ok(text as Revision) : err(`not a revision: ${JSON.stringify(text.slice(0, 80))}`);
}

export function parsePlanDigest(text: string): Result<PlanDigest, string> {
  return HASH16.test(text) ? ok(text as PlanDigest) : err(`not a plan digest: ${JSON.stringify(text.slice(0, 80))}`);
}

export function parseRolloutId(text: string): Result<RolloutId, string> {
  return /^[0-9a-f]{12}-[0-9a-f]{16}$/.test(text) ? ok(text as RolloutId) : err(`not a rollout id: ${JSON.stringify(text.slice(0, 80))}`);
}

export function parseStopId(text: string): Result<StopId, string> {
  return HASH16.test(text) ? ok(text as StopId) : err(`not the id of a stop: ${JSON.stringify(text.slice(0, 80))}`);
}

/** For values that a schema or our own store has already checked. */
export const trusted = {
  cluster: (text: string): ClusterId => text as ClusterId,
  fleet: (text: string): FleetId => text as FleetId,
  commit: (text: string): CommitSha => text as CommitSha,
  blob: (text: string): BlobId => text as BlobId,
  revision: (text: string): Revision => text as Revision,
  digest: (text: string): PlanDigest => text as PlanDigest,
  rollout: (text: string): RolloutId => text as RolloutId,
  stop: (text: string): StopId => text as StopId,
};
