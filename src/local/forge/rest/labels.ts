import { emit } from '../events/emit.ts';
import { created, invalid, malformed, notFound, okay } from '../http/answer.ts';
import type { Fields } from '../http/fields.ts';
import { paged } from '../http/paging.ts';
import { ISSUES_WRITE, ISSUES_READ as READ, type RepositoryCall, type RepositoryRoute } from '../http/route.ts';
import { isJsonObject, type Json } from '../json.ts';
import { labelShape } from '../shapes/issue.ts';
import type { IssueRow, LabelRow } from '../store/rows.ts';
import { emitIssue, issueOf } from './issue-of.ts';

const WRITE = { ...ISSUES_WRITE, person: 'triage' } as const;
const ISSUE_LABELS = '/repos/:owner/:repo/issues/:number/labels';

export const labelRoutes: readonly RepositoryRoute[] = [
  {
    method: 'GET',
    path: '/repos/:owner/:repo/labels',
    access: READ,
    handle: (call) => {
      const { items, headers } = paged(call, call.world.store.issues.labels(call.repository.id), (label) =>
        labelShape(call.world, call.repository, label),
      );
      return okay(items, headers);
    },
  },
  {
    method: 'POST',
    path: '/repos/:owner/:repo/labels',
    access: { ...WRITE, person: 'write' },
    makesContent: true,
    handle: (call) => createLabel(call),
  },
  { method: 'GET', path: ISSUE_LABELS, access: READ, handle: (call) => labelsAnswer(call, issueOf(call)) },
  {
    method: 'POST',
    path: ISSUE_LABELS,
    access: WRITE,
    handle: (call) => change(call, (issue) => addLabels(call, issue, labelNames(call.body))),
  },
  { method: 'DELETE', path: `${ISSUE_LABELS}/:name`, access: WRITE, handle: (call) => change(call, (issue) => removeLabel(call, issue)) },
];

function labelOf(call: RepositoryCall): LabelRow {
  const label = call.world.store.issues.label(call.repository.id, call.params['name'] ?? '');
  if (label === undefined) throw notFound();
  return label;
}

const NAME_CHARACTERS_MAX = 50;
const COLOUR = 'ededed';

/** The label of this name; made in grey when there is none, as GitHub does. */
export function ensureLabel(call: RepositoryCall, name: string): LabelRow {
  const known = call.world.store.issues.label(call.repository.id, name);
  return known ?? addLabel(call, { name, color: COLOUR, description: null });
}

function addLabel(
  call: RepositoryCall,
  draft: { readonly name: string; readonly color: string; readonly description: string | null },
): LabelRow {
  const { world, repository } = call;
  if (draft.name.trim() === '' || draft.name.length > NAME_CHARACTERS_MAX) throw invalid('Label', 'name', 'invalid');
  if (!/^[0-9a-f]{6}$/i.test(draft.color)) throw invalid('Label', 'color', 'invalid');
  const label = world.store.issues.addLabel(repository.id, draft);
  emit(world, {
    event: 'label',
    action: 'created',
    repository,
    sender: call.author(),
    payload: { label: labelShape(world, repository, label) },
  });
  return label;
}

function createLabel(call: RepositoryCall): ReturnType<typeof created> {
  const { world, repository, body } = call;
  const name = body.requiredText('name');
  if (world.store.issues.label(repository.id, name) !== undefined) throw invalid('Label', 'name', 'already_exists');
  const color = (body.text('color') ?? COLOUR).replace(/^#/, '');
  const description = body.text('description') ?? null;
  const label = world.store.transaction(() => addLabel(call, { name, color, description }));
  const shape = labelShape(world, repository, label);
  return created(shape, shape['url']);
}

/** `labels` of a request: names, or objects with a name. */
export function labelNames(body: Fields): readonly string[] {
  return (body.list('labels') ?? []).map((label: Json) => {
    const name = isJsonObject(label) ? label['name'] : label;
    if (typeof name !== 'string') throw malformed(`For 'properties/labels', ${JSON.stringify(label).slice(0, 80)} is not a string.`);
    return name;
  });
}

function labelsAnswer(call: RepositoryCall, issue: IssueRow): ReturnType<typeof okay> {
  const { items, headers } = paged(call, call.world.store.issues.labelsOf(issue.id), (label) =>
    labelShape(call.world, call.repository, label),
  );
  return okay(items, headers);
}

function change(call: RepositoryCall, work: (issue: IssueRow) => void): ReturnType<typeof okay> {
  const issue = issueOf(call);
  call.world.store.transaction(() => work(issue));
  return labelsAnswer(call, issue);
}

function addLabels(call: RepositoryCall, issue: IssueRow, names: readonly string[]): void {
  const { world, repository } = call;
  for (const name of names) {
    const label = ensureLabel(call, name);
    if (world.store.issues.putLabel(issue.id, label.id))
      emitIssue(call, issue, 'labeled', call.author(), { label: labelShape(world, repository, label) });
  }
}

/** The labels of an issue become exactly these. */
export function setLabels(call: RepositoryCall, issue: IssueRow, names: readonly string[]): void {
  const { issues } = call.world.store;
  const wanted = new Set(names.map((name) => ensureLabel(call, name).id));
  for (const label of issues.labelsOf(issue.id)) if (!wanted.has(label.id)) issues.dropLabel(issue.id, label.id);
  for (const label of wanted) issues.putLabel(issue.id, label);
}

function removeLabel(call: RepositoryCall, issue: IssueRow): void {
  const { world, repository } = call;
  const label = labelOf(call);
  if (!world.store.issues.dropLabel(issue.id, label.id)) throw notFound();
  emitIssue(call, issue, 'unlabeled', call.author(), { label: labelShape(world, repository, label) });
}
