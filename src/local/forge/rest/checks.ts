import { emit } from '../events/emit.ts';
import { isSha } from '../git/names.ts';
import { readCommit } from '../git/read.ts';
import { created, malformed, notFound, okay, Refusal } from '../http/answer.ts';
import { paged } from '../http/paging.ts';
import type { RepositoryCall, RepositoryRoute } from '../http/route.ts';
import type { JsonObject } from '../json.ts';
import { botAccount } from '../shapes/account.ts';
import { annotationShape, checkRunEvent, checkRunShape, checkSuiteEvent } from '../shapes/check.ts';
import { simpleCommit } from '../shapes/commit.ts';
import type { AccountRow, CheckRunRow, SuiteRow } from '../store/rows.ts';
import { gitOf } from '../world.ts';
import { annotationsOf, checkFields, newCheck } from './check-fields.ts';
import { commitOf } from './commits.ts';

const READ = { person: 'anyone', app: [['checks', 'read']] } as const;
/** Only apps write checks: people have no permission for it at all. */
const WRITE = { person: 'read', app: [['checks', 'write']] } as const;
const RUN = '/repos/:owner/:repo/check-runs/:run';
const SUITE = '/repos/:owner/:repo/check-suites/:suite';

export const checkRoutes: readonly RepositoryRoute[] = [
  { method: 'POST', path: '/repos/:owner/:repo/check-runs', access: WRITE, handle: (call) => createRun(call) },
  { method: 'GET', path: RUN, access: READ, handle: (call) => okay(checkRunShape(call.world, call.repository, runOf(call))) },
  { method: 'PATCH', path: RUN, access: WRITE, handle: (call) => updateRun(call) },
  {
    method: 'GET',
    path: `${RUN}/annotations`,
    access: READ,
    handle: (call) => {
      const run = runOf(call);
      const { items, headers } = paged(call, call.world.store.checks.annotations(run.id), (row) =>
        annotationShape(call.world, call.repository, run.head_sha, row),
      );
      return okay(items, headers);
    },
  },
  {
    method: 'POST',
    path: `${RUN}/rerequest`,
    access: { person: 'write', app: [['checks', 'write']] },
    handle: (call) => rerequestRun(call),
  },
  {
    method: 'GET',
    path: '/repos/:owner/:repo/commits/:ref/check-runs',
    access: READ,
    handle: async (call) => listRuns(call, await commitOf(call)),
  },
  {
    method: 'POST',
    path: `${SUITE}/rerequest`,
    access: { person: 'write', app: [['checks', 'write']] },
    handle: (call) => rerequestSuite(call),
  },
];

export function runOf(call: RepositoryCall): CheckRunRow {
  const run = call.world.store.checks.run(Number(call.params['run']));
  if (run === undefined || run.repository_id !== call.repository.id) throw notFound();
  return run;
}

function suiteOf(call: RepositoryCall): SuiteRow {
  const suite = call.world.store.checks.suite(Number(call.params['suite']));
  if (suite === undefined || suite.repository_id !== call.repository.id) throw notFound();
  return suite;
}

const headOf = async (call: RepositoryCall, suite: SuiteRow): Promise<JsonObject> =>
  simpleCommit(await readCommit(gitOf(call.world, call.repository), suite.head_sha));

function onlyApps(call: RepositoryCall): AccountRow {
  if (call.caller.kind !== 'installation') throw new Refusal(403, 'You must authenticate via a GitHub App.');
  return botAccount(call.world);
}

async function createRun(call: RepositoryCall): Promise<ReturnType<typeof created>> {
  const { world, repository, body } = call;
  const bot = onlyApps(call);
  const sha = body.requiredText('head_sha');
  const fields = checkFields(body, newCheck(body.requiredText('name'), world.now()), world.now());
  const annotations = annotationsOf(body);
  const git = gitOf(world, repository);
  if (!isSha(sha) || (await git.objectType(sha)) !== 'commit') throw new Refusal(422, `No commit found for SHA: ${sha.slice(0, 60)}`);
  const head = simpleCommit(await readCommit(git, sha));
  const run = world.store.transaction(() => {
    const branch = world.store.pulls.withHead(repository.id, sha)[0]?.head_ref ?? null;
    const { suite } = world.store.checks.ensureSuite({ repository: repository.id, sha, branch, before: null }, world.now());
    const id = world.store.checks.addRun(suite.id, fields, world.now());
    for (const annotation of annotations) world.store.checks.addAnnotation(id, annotation);
    return announceRun(call, id, bot, { wasCompleted: false, isNew: true, head });
  });
  const shape = checkRunShape(world, repository, run);
  return created(shape, shape['url']);
}

async function updateRun(call: RepositoryCall): Promise<ReturnType<typeof okay>> {
  const { world, repository, body } = call;
  const bot = onlyApps(call);
  const before = runOf(call);
  const fields = checkFields(body, before, world.now());
  const annotations = annotationsOf(body);
  const head = simpleCommit(await readCommit(gitOf(world, repository), before.head_sha));
  const run = world.store.transaction(() => {
    world.store.checks.updateRun(before, fields, world.now());
    // Annotations of an update are added to those before: that is how more than fifty are written.
    for (const annotation of annotations) world.store.checks.addAnnotation(before.id, annotation);
    return announceRun(call, before.id, bot, { wasCompleted: before.status === 'completed', isNew: false, head });
  });
  return okay(checkRunShape(world, repository, run));
}

/** Events of a run that was written: `created`, `completed`, and `completed` of its suite when it was the last. */
function announceRun(
  call: RepositoryCall,
  id: number,
  sender: AccountRow,
  change: { readonly wasCompleted: boolean; readonly isNew: boolean; readonly head: JsonObject },
): CheckRunRow {
  const { world, repository } = call;
  const run = world.store.checks.run(id);
  if (run === undefined) throw new Error(`no check run ${id}`);
  const payload = { check_run: checkRunEvent(world, repository, run) };
  if (change.isNew) emit(world, { event: 'check_run', action: 'created', repository, sender, payload });
  if (run.status !== 'completed' || change.wasCompleted) return run;
  emit(world, { event: 'check_run', action: 'completed', repository, sender, payload });
  const suite = world.store.checks.suite(run.suite_id);
  const isLast = world.store.checks.latestOf(repository.id, run.head_sha).every((other) => other.status === 'completed');
  if (suite !== undefined && isLast) {
    const check_suite = checkSuiteEvent(world, repository, suite, change.head);
    emit(world, { event: 'check_suite', action: 'completed', repository, sender, payload: { check_suite } });
  }
  return run;
}

function listRuns(call: RepositoryCall, sha: string): ReturnType<typeof okay> {
  const { world, repository } = call;
  const query = call.url.searchParams;
  const suite = world.store.checks.suiteOf(repository.id, sha);
  const all = suite === undefined ? [] : world.store.checks.runsOf(suite.id);
  const name = query.get('check_name');
  const app = query.get('app_id');
  const runs = (query.get('filter') === 'all' ? all : world.store.checks.latestOf(repository.id, sha))
    .filter((run) => name === null || run.name === name)
    .filter(() => app === null || Number(app) === world.app.id);
  const { items, headers } = paged(call, runs.toReversed(), (run) => checkRunShape(world, repository, run));
  return okay({ total_count: runs.length, check_runs: items }, headers);
}

function rerequestRun(call: RepositoryCall): ReturnType<typeof created> {
  const { world, repository } = call;
  const run = runOf(call);
  if (run.status !== 'completed') throw new Refusal(422, 'This check run is not rerequestable');
  emit(world, {
    event: 'check_run',
    action: 'rerequested',
    repository,
    sender: call.author(),
    payload: { check_run: checkRunEvent(world, repository, run) },
  });
  return created({});
}

async function rerequestSuite(call: RepositoryCall): Promise<ReturnType<typeof created>> {
  const { world, repository } = call;
  const suite = suiteOf(call);
  const payload = { check_suite: checkSuiteEvent(world, repository, suite, await headOf(call, suite)) };
  emit(world, { event: 'check_suite', action: 'rerequested', repository, sender: call.author(), payload });
  return created({});
}

/** A person presses a button of a completed check. GitHub has no REST operation for it: the pages of the forge call this. */
export function requestAction(call: RepositoryCall): ReturnType<typeof created> {
  const { world, repository } = call;
  const run = runOf(call);
  const identifier = call.body.requiredText('identifier');
  const actions = JSON.parse(run.actions) as readonly { readonly identifier: string }[];
  if (run.status !== 'completed' || !actions.some((action) => action.identifier === identifier))
    throw malformed(`This check has no button ${identifier.slice(0, 20)} now.`);
  const payload = { check_run: checkRunEvent(world, repository, run), requested_action: { identifier } };
  emit(world, { event: 'check_run', action: 'requested_action', repository, sender: call.author(), payload });
  return created({});
}
