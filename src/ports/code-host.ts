import type { ChangeRef } from '../core/command/brought-change.ts';
import type { CommitSha } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { WordOf } from '../core/model/vocabulary.ts';
import type { Role } from '../core/reconcile/policy.ts';

/**
 * What the bot needs of GitHub for one repository, in our words. Every method throws PortError.
 *
 * Whatever is written without an id is looked for before it is made: the answer to its creation may have been lost, and so may the
 * database. That costs one request for each creation, and none for a change, nor for what is new together with what it is written on.
 */
export interface CodeHost {
  /**
   * Updates the check run with this id. Without an id, the newest of ours with this name on this commit, whatever plan it is of; else
   * a new one is made. Annotations beyond 50 are sent in further requests.
   */
  writeCheck(check: CheckWrite): Promise<{ readonly id: number }>;
  /**
   * Edits our comment on a pull request. When no id is known, or the comment is gone (404), one of ours with this marker is edited;
   * else a new one is made. Of several, the oldest stays, and the others are deleted.
   */
  writeComment(comment: {
    readonly pull: number;
    readonly id: number | undefined;
    readonly body: string;
    readonly marker: string;
    /** Nothing of ours can be there: without an id, it is made at once. */
    readonly isNew?: boolean | undefined;
  }): Promise<{ readonly id: number }>;
  /** Writes the issue with this number, else the one of ours with this marker, else a new one; closes and reopens it by `state`. */
  writeIssue(issue: IssueWrite): Promise<{ readonly number: number }>;
  openPulls(): Promise<readonly PullInfo[]>;
  pull(number: number): Promise<PullInfo | undefined>;
  /** Pull requests that brought this commit to the default branch; newest first. */
  pullsOfCommit(sha: CommitSha): Promise<readonly PullInfo[]>;
  repository(): Promise<{ readonly defaultBranch: string; readonly cloneUrl: string }>;
  /** Role of a person in the repository, for authorisation. */
  roleOf(login: string): Promise<Role>;
  /** Is this person in the team of the organisation that owns the repository? A team that is not there, or not shown to us, has no members. */
  isMember(team: string, login: string): Promise<boolean>;
  /**
   * All who have a part in a change: the author of the pull request, the authors and committers of its commits, and whoever pushed them; of
   * a commit that was pushed to the default branch its author, its committer and whoever pushed it.
   */
  peopleBehind(change: ChangeRef): Promise<FoundBehind>;
  /**
   * Logins of the people whose newest review of a pull request approves this very head. A review that was dismissed, or that its author
   * has taken back by asking for changes, does not; nor does one of an earlier head, or of a program.
   */
  approvingReviewers(pull: number, head: CommitSha): Promise<readonly string[]>;
  /** Puts our reaction on a comment of a conversation. Again changes nothing. A comment that is gone gets none. */
  react(comment: number, reaction: Reaction): Promise<void>;
  /** A short-lived token for git over HTTP, sent as a header and never in a URL. */
  gitToken(): Promise<string>;
}

export interface FoundBehind {
  readonly logins: readonly string[];
  /** Why others may have a part in it as well, in one sentence with what helps; `undefined`: these are all. */
  readonly whyNotAll: string | undefined;
}

export interface CheckWrite {
  readonly id: number | undefined;
  readonly name: string;
  readonly headSha: CommitSha;
  readonly externalId: string;
  readonly state: CheckState;
  readonly title: string;
  readonly summary: string;
  readonly text: string | undefined;
  readonly annotations: readonly Annotation[];
  /** Buttons, at most three; left out: none. People see them on a check that is completed. */
  readonly actions?: readonly CheckAction[] | undefined;
  readonly detailsUrl: string | undefined;
  /** Nothing of ours can be there: without an id, it is made at once. */
  readonly isNew?: boolean | undefined;
}

/** A button of a check. The code host takes 20, 40 and 20 characters. */
export interface CheckAction {
  readonly label: string;
  readonly description: string;
  /** What we are told when a person presses it. */
  readonly identifier: string;
}

export type CheckState =
  | { readonly kind: 'in-progress' }
  | { readonly kind: 'completed'; readonly conclusion: 'success' | 'failure' | 'neutral' | 'cancelled' | 'action_required' };

export interface Annotation {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly level: 'failure' | 'warning';
  readonly title: string;
  readonly message: string;
}

export interface IssueWrite {
  readonly number: number | undefined;
  readonly title: string;
  readonly body: string;
  /** Set when it is made; people may take them off. */
  readonly labels: readonly [string, ...string[]];
  readonly state: 'open' | 'closed';
  /** Hidden text at the start of the body: how an issue of ours is found again when its number was lost. */
  readonly marker: string;
}

/** `eyes`: seen. `rocket`: done. `confused`: refused, and the reply says why. */
export type Reaction = 'eyes' | 'rocket' | 'confused';

export const PULL_STATES = ['open', 'closed'] as const;

export interface PullInfo {
  readonly number: number;
  readonly headSha: CommitSha;
  readonly baseRef: string;
  readonly author: string;
  readonly title: string;
  readonly draft: boolean;
  readonly state: WordOf<typeof PULL_STATES>;
  readonly merged: boolean;
  /** From another repository: labelled as an untrusted author. */
  readonly fork: boolean;
  readonly mergeCommit: CommitSha | undefined;
}

/** One account on which the app is installed. */
export interface Installation {
  readonly id: number;
  /** Nothing of it can be read until a person lifts that. */
  readonly isSuspended: boolean;
}

/** What a repository is called. It may change at any time, and somebody else may take the name. */
export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** The same for every way to write one name: case does not count. */
export const nameKeyOf = ({ owner, name }: RepositoryName): string => `${owner}/${name}`.toLowerCase();

/** A repository that an installation of the app lists. */
export interface InstalledRepository extends RepositoryName {
  /** Stays the same through renames and transfers, and is never given to another. */
  readonly id: number;
  readonly installation: number;
  readonly defaultBranch: string;
  readonly cloneUrl: string;
  /** When somebody pushed to it last, in the code host's own words: it is only compared. */
  readonly pushedAt: string;
  /** Why nothing can be written there, and so nothing be reported. */
  readonly closed: 'archived' | 'disabled' | undefined;
}

/** What the bot asks of the code host as an app, not for one repository. Every method throws PortError. */
export interface CodeHostApp {
  installations(): Promise<readonly Installation[]>;
  /** What one installation lists. */
  repositories(installation: number): Promise<readonly InstalledRepository[]>;
  /**
   * The repository with this id as it is at this moment, and as it is called; `undefined` when the installation does not list it. One
   * request, however many it lists.
   */
  repository(installation: number, repository: number): Promise<InstalledRepository | undefined>;
  /** Whether its default branch seems to hold a `Fleet` document: a few requests, and no clone. */
  holdsFleet(repository: InstalledRepository): Promise<boolean>;
  /** What was sent to our webhook after the attempt with this id, each attempt by itself, newest first; at most so many. */
  deliveries(after: number, most: number): Promise<readonly WebhookDelivery[]>;
  /** Has a delivery sent once more: a new attempt under the same GUID. */
  redeliver(id: number): Promise<void>;
}

/** One attempt to deliver a webhook. */
export interface WebhookDelivery {
  /** Grows with each attempt. */
  readonly id: number;
  /** Of the event; the same for each attempt. */
  readonly guid: string;
  readonly event: string;
  readonly at: Instant;
  /** We have taken it. */
  readonly delivered: boolean;
  /** What we answered, or why nobody did. */
  readonly status: string;
}
