import type { Annotation, CheckWrite } from '../../ports/code-host.ts';
import { type GitHubRepository, PER_PAGE } from './client.ts';
import { answeredStatus, asPortError, isGone, outcomeUnknown } from './github-errors.ts';
import { ANNOTATIONS_PER_REQUEST, checkActions, checkAnnotations, checkLength } from './limits.ts';

interface WrittenRun {
  readonly id: number;
  readonly annotations: number;
}

const OPERATION = 'writeCheck';

/** Writes the check run. A required one must come to its end: where GitHub refuses what it says, it says that, with the same conclusion. */
export async function writeCheckRun(repository: GitHubRepository, check: CheckWrite): Promise<{ readonly id: number }> {
  checkLength(OPERATION, 'the summary of the check', check.summary, 'check');
  checkLength(OPERATION, 'the text of the check', check.text ?? '', 'check');
  checkAnnotations(OPERATION, check.annotations);
  checkActions(OPERATION, check.actions ?? []);
  try {
    return await writeWhole(repository, check);
  } catch (error) {
    if (answeredStatus(error) !== 422) throw error;
    const title = check.title.slice(0, TITLE_CHARS_MAX);
    const minimal = { ...check, title, summary: `${title}\n\n${REFUSED}`, text: undefined, annotations: [], detailsUrl: undefined };
    return await writeWhole(repository, { ...minimal, isNew: false });
  }
}

const TITLE_CHARS_MAX = 200;
const REFUSED = 'GitHub refused to take what else this check says, so it is left out here. The comment and the pages of Flotilla have it.';

/** Updates the check run, looks for it when its id is not known, and only then creates it; GitHub takes 50 annotations a request, and adds them to those it has. */
async function writeWhole(repository: GitHubRepository, check: CheckWrite): Promise<{ readonly id: number }> {
  const known = check.id ?? (check.isNew === true ? undefined : await findRun(repository, check));
  const { id } = (known === undefined ? undefined : await goOnWith(repository, known, check)) ?? (await createWhole(repository, check));
  return { id };
}

async function createWhole(repository: GitHubRepository, check: CheckWrite): Promise<WrittenRun> {
  const [first = [], ...rest] = requestsOf(check.annotations);
  const run = await createRun(repository, check, first);
  for (const some of rest) await updateRun(repository, run.id, check, some);
  return run;
}

/**
 * Updates a run that is there, and adds the annotations that it lacks: a crash between two requests leaves some of them.
 *
 * @returns `undefined` when a new one of the same name has to take its place: it is gone, or it has annotations of before, which
 *   cannot be taken back.
 */
async function goOnWith(repository: GitHubRepository, id: number, check: CheckWrite): Promise<WrittenRun | undefined> {
  try {
    const missing = check.annotations.length === 0 ? [] : await missingIn(repository, id, check.annotations);
    const [first = [], ...rest] = requestsOf(missing ?? []);
    const run = await updateRun(repository, id, check, first);
    for (const some of rest) await updateRun(repository, id, check, some);
    return missing === undefined || (check.annotations.length === 0 && run.annotations > 0) ? undefined : run;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Those that the run does not have yet; `undefined` when it has others. */
async function missingIn(
  { client, owner, repo }: GitHubRepository,
  id: number,
  wanted: readonly Annotation[],
): Promise<readonly Annotation[] | undefined> {
  const missing = [...wanted];
  const pages = client.paginate.iterator(client.rest.checks.listAnnotations, { owner, repo, check_run_id: id, per_page: PER_PAGE });
  for await (const { data } of pages) {
    for (const found of data) {
      const nth = missing.findIndex((one) => isSame(one, found));
      if (nth < 0) return undefined;
      missing.splice(nth, 1);
    }
  }
  return missing;
}

/** As far as GitHub gives it back: it drops the column of some. */
function isSame(one: Annotation, found: { path: string; start_line: number; annotation_level: unknown; title: unknown; message: unknown }) {
  return (
    one.path === found.path &&
    one.line === found.start_line &&
    one.level === found.annotation_level &&
    one.title === found.title &&
    one.message === found.message
  );
}

function requestsOf(annotations: readonly Annotation[]): readonly (readonly Annotation[])[] {
  const requests: (readonly Annotation[])[] = [];
  for (let start = 0; start < annotations.length; start += ANNOTATIONS_PER_REQUEST)
    requests.push(annotations.slice(start, start + ANNOTATIONS_PER_REQUEST));
  return requests;
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

/** The newest run of ours with this name on this commit: people see one for each name. */
async function findRun({ client, owner, repo, appId, login }: GitHubRepository, check: CheckWrite): Promise<number | undefined> {
  const { data } = await client.rest.checks.listForRef({
    owner,
    repo,
    ref: check.headSha,
    check_name: check.name,
    ...(appId === undefined ? {} : { app_id: appId }),
    filter: 'latest',
  });
  if (appId !== undefined) return data.check_runs.find((run) => run.app?.id === appId)?.id;
  const us = (await login()).toLowerCase();
  return data.check_runs.find((run) => `${run.app?.slug}[bot]`.toLowerCase() === us)?.id;
}

function fieldsOf(check: CheckWrite, annotations: readonly Annotation[]) {
  return {
    name: check.name,
    external_id: check.externalId,
    ...(check.detailsUrl === undefined ? {} : { details_url: check.detailsUrl }),
    ...(check.state.kind === 'completed'
      ? { status: 'completed' as const, conclusion: check.state.conclusion }
      : { status: 'in_progress' as const }),
    // Left out they would stay as they were.
    actions: (check.actions ?? []).map(({ label, description, identifier }) => ({ label, description, identifier })),
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
