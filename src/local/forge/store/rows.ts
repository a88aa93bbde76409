/** Rows as the schema has them. Flags are 0 or 1; instants are milliseconds since the epoch. */

export interface AccountRow {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly type: 'User' | 'Organization' | 'Bot';
  readonly site_admin: number;
  readonly created_at: number;
}

export interface RepositoryRow {
  readonly id: number;
  readonly owner_id: number;
  readonly owner_login: string;
  readonly name: string;
  readonly description: string | null;
  readonly default_branch: string;
  readonly has_issues: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly pushed_at: number;
}

export type Role = 'read' | 'triage' | 'write' | 'maintain' | 'admin';

export interface IntentRow {
  readonly id: number;
  readonly repository_id: number;
  readonly actor_id: number;
  readonly kind: 'push' | 'merge';
  readonly pull_id: number | null;
  readonly base_before: string | null;
  readonly result_sha: string | null;
}

export interface ActivityRow {
  readonly id: number;
  readonly repository_id: number;
  readonly ref: string;
  readonly before_sha: string;
  readonly after_sha: string;
  readonly actor_id: number;
  readonly type: 'push' | 'force_push' | 'branch_creation' | 'branch_deletion' | 'pr_merge';
  readonly at: number;
}

export interface IssueRow {
  readonly id: number;
  readonly repository_id: number;
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly state: 'open' | 'closed';
  readonly state_reason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null;
  readonly author_id: number;
  readonly via_app: number;
  readonly closed_by: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly closed_at: number | null;
}

export interface PullRow extends IssueRow {
  readonly issue_id: number;
  readonly head_ref: string;
  readonly head_sha: string;
  readonly base_ref: string;
  readonly base_sha: string;
  readonly draft: number;
  readonly mergeable: number;
  readonly test_merge_sha: string | null;
  readonly tested_base: string | null;
  readonly tested_head: string | null;
  readonly commits: number;
  readonly additions: number;
  readonly deletions: number;
  readonly changed_files: number;
  readonly merged_at: number | null;
  readonly merged_by: number | null;
  readonly merge_commit_sha: string | null;
  /** Tip of the base branch just before the merge: what a revert goes back to. */
  readonly merge_base_before: string | null;
}

export interface CommentRow {
  readonly id: number;
  readonly issue_id: number;
  readonly author_id: number;
  readonly via_app: number;
  readonly body: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface ReactionRow {
  readonly id: number;
  readonly comment_id: number;
  readonly account_id: number;
  readonly content: string;
  readonly created_at: number;
}

export interface LabelRow {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface SuiteRow {
  readonly id: number;
  readonly repository_id: number;
  readonly head_sha: string;
  readonly head_branch: string | null;
  readonly before_sha: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export type CheckStatus = 'queued' | 'in_progress' | 'completed';

export interface CheckRunRow {
  readonly id: number;
  readonly suite_id: number;
  readonly head_sha: string;
  readonly name: string;
  readonly external_id: string;
  readonly details_url: string | null;
  readonly status: CheckStatus;
  readonly conclusion: string | null;
  readonly started_at: number;
  readonly completed_at: number | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  readonly actions: string;
  readonly annotations: number;
}

export interface AnnotationRow {
  readonly id: number;
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column: number | null;
  readonly end_column: number | null;
  readonly annotation_level: string;
  readonly title: string | null;
  readonly message: string;
  readonly raw_details: string | null;
}

export interface ReviewRow {
  readonly id: number;
  readonly issue_id: number;
  readonly author_id: number;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  readonly body: string;
  readonly commit_id: string;
  readonly submitted_at: number;
}

export interface InstallationRow {
  readonly id: number;
  readonly account_id: number;
  readonly created_at: number;
}

/** Only the hash of the secret is kept: unlike a person's token it is never printed again. */
export interface InstallationTokenRow {
  readonly secret_hash: string;
  readonly installation_id: number;
  readonly permissions: string;
  readonly expires_at: number;
}

export interface DeliveryRow {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly redelivery: number;
  readonly installation_id: number | null;
  readonly repository_id: number | null;
  readonly stage: 'queued' | 'sending' | 'done';
  readonly payload: string;
  readonly delivered_at: number;
  readonly duration_s: number;
  readonly status: string;
  readonly status_code: number;
  readonly url: string | null;
  readonly request_headers: string;
  readonly response_headers: string;
  readonly response_body: string;
}
