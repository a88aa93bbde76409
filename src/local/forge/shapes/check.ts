import { isoTime, isoTimeOrNull, type JsonObject } from '../json.ts';
import type { AnnotationRow, CheckRunRow, RepositoryRow, SuiteRow } from '../store/rows.ts';
import { nodeId, type World } from '../world.ts';
import { appShape } from './account.ts';
import { pullMinimal } from './pull.ts';

const pullsOf = (world: World, repository: RepositoryRow, sha: string): readonly JsonObject[] =>
  world.store.pulls.withHead(repository.id, sha).map((pull) => pullMinimal(world, repository, pull));

export function checkRunShape(world: World, repository: RepositoryRow, run: CheckRunRow): JsonObject {
  const url = `${world.urls.repository(repository)}/check-runs/${run.id}`;
  const page = `${world.urls.page(repository)}/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.head_sha,
    external_id: run.external_id,
    url,
    html_url: page,
    details_url: run.details_url ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: isoTime(run.started_at),
    completed_at: isoTimeOrNull(run.completed_at),
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suite_id },
    app: appShape(world),
    pull_requests: pullsOf(world, repository, run.head_sha),
  };
}

/** State of a suite: what its newest runs say together. */
function suiteState(runs: readonly CheckRunRow[]): { readonly status: string; readonly conclusion: string | null } {
  if (runs.length === 0) return { status: 'queued', conclusion: null };
  if (runs.some((run) => run.status !== 'completed')) return { status: 'in_progress', conclusion: null };
  const order = ['failure', 'timed_out', 'cancelled', 'action_required', 'stale', 'success', 'neutral', 'skipped'];
  const worst = order.find((conclusion) => runs.some((run) => run.conclusion === conclusion));
  return { status: 'completed', conclusion: worst ?? 'neutral' };
}

function suiteCore(world: World, repository: RepositoryRow, suite: SuiteRow): JsonObject {
  const runs = world.store.checks.latestOf(repository.id, suite.head_sha);
  return {
    id: suite.id,
    node_id: nodeId('CheckSuite', suite.id),
    head_branch: suite.head_branch,
    head_sha: suite.head_sha,
    ...suiteState(runs),
    url: `${world.urls.repository(repository)}/check-suites/${suite.id}`,
    before: suite.before_sha,
    after: suite.head_sha,
    pull_requests: pullsOf(world, repository, suite.head_sha),
    app: appShape(world),
    created_at: isoTime(suite.created_at),
    updated_at: isoTime(suite.updated_at),
  };
}

/** @param headCommit - the commit in the form of push events. */
export function checkSuiteEvent(world: World, repository: RepositoryRow, suite: SuiteRow, headCommit: JsonObject): JsonObject {
  return {
    ...suiteCore(world, repository, suite),
    latest_check_runs_count: world.store.checks.latestOf(repository.id, suite.head_sha).length,
    check_runs_url: `${world.urls.repository(repository)}/check-suites/${suite.id}/check-runs`,
    head_commit: headCommit,
  };
}

/** A check run inside an event, where its suite is spelt out. */
export function checkRunEvent(world: World, repository: RepositoryRow, run: CheckRunRow): JsonObject {
  const suite = world.store.checks.suite(run.suite_id);
  const shape = checkRunShape(world, repository, run);
  return suite === undefined ? shape : { ...shape, check_suite: suiteCore(world, repository, suite) };
}

export function annotationShape(world: World, repository: RepositoryRow, sha: string, annotation: AnnotationRow): JsonObject {
  const { id: _, ...fields } = annotation;
  return {
    ...fields,
    blob_href: `${world.urls.page(repository)}/blob/${sha}/${annotation.path.split('/').map(encodeURIComponent).join('/')}`,
  };
}
