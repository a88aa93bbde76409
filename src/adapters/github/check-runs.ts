import type { Annotation, CheckWrite } from '../../ports/code-host.ts';
import type { GitHubRepository } from './client.ts';
import { asPortError, isGone, outcomeUnknown } from './github-errors.ts';
import { ANNOTATIONS_PER_REQUEST, checkAnnotations, checkLength } from './limits.ts';

interface WrittenRun {
  readonly id: number;
  readonly annotations: number;
}

const OPERATION = 'writeCheck';

/** Creates the check run or updates it; GitHub takes 50 annotations a request, and adds them to those it has. */
export async function writeCheckRun(repository: GitHubRepository, check: CheckWrite): Promise<{ readonly id: number }> {
  checkLength(OPERATION, 'the summary of the check', check.summary, 'check');
  checkLength(OPERATION, 'the text of the check', check.text ?? '', 'check');
  checkAnnotations(OPERATION, check.annotations);
  const first = check.annotations.slice(0, ANNOTATIONS_PER_REQUEST);
  const { id } = await writeWith(repository, check, first);
  for (let start = first.length; start < check.annotations.length; start += ANNOTATIONS_PER_REQUEST) {
    await updateRun(repository, id, check, check.annotations.slice(start, start + ANNOTATIONS_PER_REQUEST));
  }
  return { id };
}

async function writeWith(repository: GitHubRepository, check: CheckWrite, first: readonly Annotation[]): Promise<WrittenRun> {
  const known = check.id ?? (check.adopt ? await findRun(repository, check) : undefined);
  if (known === undefined) return createRun(repository, check, first);
  try {
    const run = await updateRun(repository, known, check, first);
    // Annotations cannot be taken back. Where older ones are left, a new run of the same name takes this one's place.
    return run.annotations > first.length ? await createRun(repository, check, first) : run;
  } catch (error) {
    if (isGone(error)) return createRun(repository, check, first);
    throw error;
  }
}

async function createRun(repository: GitHubRepository, check: CheckWrite, annotations: readonly Annotation[]): Promise<WrittenRun> {
  const { client, owner, repo } = repository;
  try {
    const { data } = await client.rest.checks.create({ owner, repo, head_sha: check.headSha, ...fieldsOf(check, annotations) });
    return { id: data.id, annotations: data.output.annotations_count };
  } catch (error) {
    if (!outcomeUnknown(error)) throw error;
    // It may be there: then a second one would be one too many.
    const id = await findRun(repository, check).catch(() => undefined);
    if (id === undefined) throw asPortError(OPERATION, error);
    return { id, annotations: annotations.length };
  }
}

async function updateRun(
  repository: GitHubRepository,
  id: number,
  check: CheckWrite,
  annotations: readonly Annotation[],
): Promise<WrittenRun> {
  const { client, owner, repo } = repository;
  const { data } = await client.rest.checks.update({ owner, repo, check_run_id: id, ...fieldsOf(check, annotations) });
  return { id: data.id, annotations: data.output.annotations_count };
}

/** The newest run of ours with this name and external id on this commit. */
async function findRun({ client, owner, repo, appId }: GitHubRepository, check: CheckWrite): Promise<number | undefined> {
  const { data } = await client.rest.checks.listForRef({
    owner,
    repo,
    ref: check.headSha,
    check_name: check.name,
    app_id: appId,
    filter: 'latest',
  });
  return data.check_runs.find((run) => run.app?.id === appId && run.external_id === check.externalId)?.id;
}

function fieldsOf(check: CheckWrite, annotations: readonly Annotation[]) {
  return {
    name: check.name,
    external_id: check.externalId,
    ...(check.detailsUrl === undefined ? {} : { details_url: check.detailsUrl }),
    ...(check.state.kind === 'completed'
      ? { status: 'completed' as const, conclusion: check.state.conclusion }
      : { status: 'in_progress' as const }),
    output: {
      title: check.title,
      summary: check.summary,
      ...(check.text === undefined ? {} : { text: check.text }),
      annotations: annotations.map((annotation) => ({
        path: annotation.path,
        start_line: annotation.line,
        end_line: annotation.line,
        start_column: annotation.column,
        end_column: annotation.column,
        annotation_level: annotation.level,
        title: annotation.title,
        message: annotation.message,
      })),
    },
  };
}
