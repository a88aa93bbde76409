/** Instants are milliseconds since the epoch. Made when missing, so that opening an old file changes nothing in it. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  login TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  type TEXT NOT NULL CHECK (type IN ('User', 'Organization', 'Bot')),
  site_admin INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS token (
  secret TEXT PRIMARY KEY,
  account_id INTEGER NOT NULL UNIQUE REFERENCES account (id)
) STRICT;

CREATE TABLE IF NOT EXISTS repository (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id INTEGER NOT NULL REFERENCES account (id),
  name TEXT NOT NULL COLLATE NOCASE,
  description TEXT,
  default_branch TEXT NOT NULL,
  has_issues INTEGER NOT NULL,
  numbers_used INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  pushed_at INTEGER NOT NULL,
  UNIQUE (owner_id, name)
) STRICT;

-- Names that repositories had before. They lead to where the repository is now, until somebody else takes the name.
CREATE TABLE IF NOT EXISTS former_name (
  owner_id INTEGER NOT NULL REFERENCES account (id),
  name TEXT NOT NULL COLLATE NOCASE,
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  PRIMARY KEY (owner_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS collaborator (
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  account_id INTEGER NOT NULL REFERENCES account (id),
  role TEXT NOT NULL CHECK (role IN ('read', 'triage', 'write', 'maintain', 'admin')),
  PRIMARY KEY (repository_id, account_id)
) STRICT, WITHOUT ROWID;

-- Branches and tags as last told to the world. A ref in git that differs is a push whose events were not sent yet.
CREATE TABLE IF NOT EXISTS known_ref (
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  name TEXT NOT NULL,
  sha TEXT NOT NULL,
  PRIMARY KEY (repository_id, name)
) STRICT, WITHOUT ROWID;

-- What happened to branches, and by whom.
CREATE TABLE IF NOT EXISTS activity (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  ref TEXT NOT NULL,
  before_sha TEXT NOT NULL,
  after_sha TEXT NOT NULL,
  actor_id INTEGER NOT NULL REFERENCES account (id),
  type TEXT NOT NULL CHECK (type IN ('push', 'force_push', 'branch_creation', 'branch_deletion', 'pr_merge')),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS activity_ref ON activity (repository_id, ref);

-- Written before a ref moves and removed with its events, so that a start after a crash knows who did what.
CREATE TABLE IF NOT EXISTS intent (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  actor_id INTEGER NOT NULL REFERENCES account (id),
  kind TEXT NOT NULL CHECK (kind IN ('push', 'merge')),
  pull_id INTEGER REFERENCES pull (issue_id),
  base_before TEXT,
  result_sha TEXT
) STRICT;

CREATE TABLE IF NOT EXISTS issue (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  body TEXT,
  state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
  state_reason TEXT CHECK (state_reason IN ('completed', 'not_planned', 'duplicate', 'reopened')),
  author_id INTEGER NOT NULL REFERENCES account (id),
  via_app INTEGER NOT NULL,
  closed_by INTEGER REFERENCES account (id),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  closed_at INTEGER,
  UNIQUE (repository_id, number)
) STRICT;

CREATE TABLE IF NOT EXISTS pull (
  issue_id INTEGER PRIMARY KEY REFERENCES issue (id),
  head_ref TEXT NOT NULL,
  head_sha TEXT NOT NULL,
  base_ref TEXT NOT NULL,
  base_sha TEXT NOT NULL,
  draft INTEGER NOT NULL,
  mergeable INTEGER NOT NULL DEFAULT 0,
  test_merge_sha TEXT,
  tested_base TEXT,
  tested_head TEXT,
  commits INTEGER NOT NULL DEFAULT 0,
  additions INTEGER NOT NULL DEFAULT 0,
  deletions INTEGER NOT NULL DEFAULT 0,
  changed_files INTEGER NOT NULL DEFAULT 0,
  merged_at INTEGER,
  merged_by INTEGER REFERENCES account (id),
  merge_commit_sha TEXT,
  merge_base_before TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS pull_head ON pull (head_sha);

CREATE TABLE IF NOT EXISTS comment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_id INTEGER NOT NULL REFERENCES issue (id),
  author_id INTEGER NOT NULL REFERENCES account (id),
  via_app INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS comment_issue ON comment (issue_id);

CREATE TABLE IF NOT EXISTS reaction (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  comment_id INTEGER NOT NULL REFERENCES comment (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES account (id),
  content TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (comment_id, account_id, content)
) STRICT;

CREATE TABLE IF NOT EXISTS team_member (
  organization_id INTEGER NOT NULL REFERENCES account (id),
  team TEXT NOT NULL COLLATE NOCASE,
  account_id INTEGER NOT NULL REFERENCES account (id),
  PRIMARY KEY (organization_id, team, account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS label (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  name TEXT NOT NULL COLLATE NOCASE,
  color TEXT NOT NULL,
  description TEXT,
  UNIQUE (repository_id, name)
) STRICT;

CREATE TABLE IF NOT EXISTS issue_label (
  issue_id INTEGER NOT NULL REFERENCES issue (id),
  label_id INTEGER NOT NULL REFERENCES label (id),
  PRIMARY KEY (issue_id, label_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS check_suite (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  repository_id INTEGER NOT NULL REFERENCES repository (id),
  head_sha TEXT NOT NULL,
  head_branch TEXT,
  before_sha TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (repository_id, head_sha)
) STRICT;

CREATE TABLE IF NOT EXISTS check_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  suite_id INTEGER NOT NULL REFERENCES check_suite (id),
  name TEXT NOT NULL,
  external_id TEXT NOT NULL,
  details_url TEXT,
  status TEXT NOT NULL CHECK (status IN ('queued', 'in_progress', 'completed')),
  conclusion TEXT,
  started_at INTEGER NOT NULL,
  completed_at INTEGER,
  title TEXT,
  summary TEXT,
  text TEXT,
  actions TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS check_run_suite ON check_run (suite_id);

CREATE TABLE IF NOT EXISTS annotation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER NOT NULL REFERENCES check_run (id),
  path TEXT NOT NULL,
  start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL,
  start_column INTEGER,
  end_column INTEGER,
  annotation_level TEXT NOT NULL,
  title TEXT,
  message TEXT NOT NULL,
  raw_details TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS annotation_run ON annotation (run_id);

CREATE TABLE IF NOT EXISTS review (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  issue_id INTEGER NOT NULL REFERENCES issue (id),
  author_id INTEGER NOT NULL REFERENCES account (id),
  state TEXT NOT NULL CHECK (state IN ('APPROVED', 'CHANGES_REQUESTED', 'COMMENTED')),
  body TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  submitted_at INTEGER NOT NULL
) STRICT;

-- Reviews that somebody has taken the weight from. They stay, and are shown as such.
CREATE TABLE IF NOT EXISTS review_dismissal (
  review_id INTEGER PRIMARY KEY REFERENCES review (id),
  message TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS installation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id INTEGER NOT NULL UNIQUE REFERENCES account (id),
  created_at INTEGER NOT NULL
) STRICT;

-- Only the hash of the secret is kept: unlike a person's token it is never printed again.
CREATE TABLE IF NOT EXISTS installation_token (
  secret_hash TEXT PRIMARY KEY,
  installation_id INTEGER NOT NULL REFERENCES installation (id),
  permissions TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  guid TEXT NOT NULL,
  event TEXT NOT NULL,
  action TEXT,
  redelivery INTEGER NOT NULL,
  installation_id INTEGER,
  repository_id INTEGER,
  stage TEXT NOT NULL CHECK (stage IN ('queued', 'sending', 'done')),
  payload TEXT NOT NULL,
  delivered_at INTEGER NOT NULL,
  duration_s REAL NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT '',
  status_code INTEGER NOT NULL DEFAULT 0,
  url TEXT,
  request_headers TEXT NOT NULL DEFAULT '{}',
  response_headers TEXT NOT NULL DEFAULT '{}',
  response_body TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS delivery_stage ON delivery (stage, id);
`;
