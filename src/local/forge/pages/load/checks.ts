import { isoTime, isoTimeOrNull } from '../../json.ts';
import type { AnnotationRow, CheckRunRow, RepositoryRow } from '../../store/rows.ts';
import type { World } from '../../world.ts';
import { CHECK_STATES, type CheckAction, type CheckState } from '../views.ts';

const LEVELS: Readonly<Record<string, 'notice' | 'warning' | 'failure'>> = { notice: 'notice', warning: 'warning', failure: 'failure' };

function stateOf(run: CheckRunRow): CheckState {
  if (run.status !== 'completed') return run.status;
  return CHECK_STATES.find((state) => state === run.conclusion) ?? 'neutral';
}

export const checkBrief = (run: CheckRunRow) => ({ id: run.id, name: run.name, state: stateOf(run), title: run.title ?? undefined });

/** The newest run of each check on a commit, for a list. */
export function checkBriefs(world: World, repository: RepositoryRow, sha: string) {
  return world.store.checks.latestOf(repository.id, sha).map(checkBrief);
}

/** The newest run of each check on a commit, with all it says. */
export function checkViews(world: World, repository: RepositoryRow, sha: string) {
  return world.store.checks.latestOf(repository.id, sha).map((run) => checkView(world, run));
}

export function checkView(world: World, run: CheckRunRow) {
  return {
    ...checkBrief(run),
    headSha: run.head_sha,
    app: world.app.name,
    summary: run.summary ?? undefined,
    text: run.text ?? undefined,
    annotations: world.store.checks.annotations(run.id).map(annotationView),
    startedAt: isoTime(run.started_at),
    completedAt: isoTimeOrNull(run.completed_at) ?? undefined,
    detailsUrl: run.details_url ?? undefined,
    // Written by our own REST API, which has checked its form.
    actions: JSON.parse(run.actions) as readonly CheckAction[],
  };
}

export function annotationView(row: AnnotationRow) {
  return {
    path: row.path,
    startLine: row.start_line,
    endLine: row.end_line,
    startColumn: row.start_column ?? undefined,
    level: LEVELS[row.annotation_level] ?? 'notice',
    title: row.title ?? undefined,
    message: row.message,
    details: row.raw_details ?? undefined,
  };
}
