import { malformed } from '../http/answer.ts';
import { characters, type Fields } from '../http/fields.ts';
import type { AnnotationDraft, CheckRunFields } from '../store/checks.ts';

/** `stale` is GitHub's own: no app may set it. */
const CONCLUSIONS = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'] as const;
const STATUSES = ['queued', 'in_progress', 'completed'] as const;
const LEVELS = ['notice', 'warning', 'failure'] as const;

/** @see https://docs.github.com/rest/checks/runs */
/** The description says characters; GitHub's column takes bytes. */
const OUTPUT_BYTES_MAX = 65_535;
const ANNOTATIONS_MAX = 50;
const ANNOTATION_TITLE_CHARACTERS_MAX = 255;
const ANNOTATION_MESSAGE_BYTES_MAX = 65_536;
const ACTIONS_MAX = 3;
const ACTION_LENGTHS = { label: 20, description: 40, identifier: 20 } as const;

export const newCheck = (name: string, now: number): CheckRunFields => ({
  name,
  external_id: '',
  details_url: null,
  status: 'queued',
  conclusion: null,
  started_at: now,
  completed_at: null,
  title: null,
  summary: null,
  text: null,
  actions: '[]',
});

/** A check run as a request changes it. @throws Refusal 422 where a limit or a rule is broken. */
export function checkFields(body: Fields, before: CheckRunFields, now: number): CheckRunFields {
  const completedAt = body.instant('completed_at');
  const conclusion = body.oneOf('conclusion', CONCLUSIONS);
  const isCompleted = conclusion !== undefined || completedAt !== undefined;
  const status = isCompleted ? 'completed' : (body.oneOf('status', STATUSES) ?? before.status);
  const outcome = status === 'completed' ? (conclusion ?? before.conclusion) : null;
  if (status === 'completed' && outcome === null) throw malformed(`"conclusion" wasn't supplied, and the check is completed.`);
  return {
    name: body.text('name') ?? before.name,
    external_id: body.text('external_id') ?? before.external_id,
    details_url: body.has('details_url') ? webAddress(body) : before.details_url,
    status,
    conclusion: outcome,
    started_at: body.instant('started_at') ?? before.started_at,
    completed_at: status === 'completed' ? (completedAt ?? before.completed_at ?? now) : null,
    ...outputOf(body, before),
    actions: body.has('actions') ? actionsOf(body) : before.actions,
  };
}

function webAddress(body: Fields): string | null {
  const address = body.text('details_url') ?? null;
  if (address !== null && !/^https?:\/\//i.test(address))
    throw malformed(`For 'properties/details_url', the address must use the http or https scheme.`);
  return address;
}

function outputOf(body: Fields, before: CheckRunFields): Pick<CheckRunFields, 'title' | 'summary' | 'text'> {
  const output = body.object('output');
  if (output === undefined) return { title: before.title, summary: before.summary, text: before.text };
  const summary = limitedOutput('output/summary', output.requiredText('summary'));
  const text = output.text('text') ?? null;
  // An update may leave the title as it is; a new check has to have one.
  const title = output.text('title') ?? before.title;
  if (title === null) throw malformed(`"title" wasn't supplied.`);
  return { title, summary, text: text === null ? null : limitedOutput('output/text', text) };
}

function limitedOutput(field: string, text: string): string {
  if (Buffer.byteLength(text) > OUTPUT_BYTES_MAX)
    throw malformed(
      `For 'properties/${field}', only ${OUTPUT_BYTES_MAX} characters are allowed; ${Buffer.byteLength(text)} bytes were supplied.`,
    );
  return text;
}

function limited(field: string, text: string, max: number): string {
  const length = characters(text, max);
  if (length > max) throw malformed(`For 'properties/${field}', only ${max} characters are allowed; ${length} were supplied.`);
  return text;
}

function actionsOf(body: Fields): string {
  const actions = body.objects('actions') ?? [];
  if (actions.length > ACTIONS_MAX)
    throw malformed(`For 'properties/actions', no more than ${ACTIONS_MAX} items are allowed; ${actions.length} were supplied.`);
  const read = (action: Fields, field: keyof typeof ACTION_LENGTHS): string =>
    limited(`actions/${field}`, action.requiredText(field), ACTION_LENGTHS[field]);
  return JSON.stringify(
    actions.map((action) => ({
      label: read(action, 'label'),
      description: read(action, 'description'),
      identifier: read(action, 'identifier'),
    })),
  );
}

/** Annotations of a request. @throws Refusal 422 */
export function annotationsOf(body: Fields): readonly AnnotationDraft[] {
  const annotations = body.object('output')?.objects('annotations') ?? [];
  if (annotations.length > ANNOTATIONS_MAX) {
    throw malformed(
      `For 'properties/annotations', no more than ${ANNOTATIONS_MAX} items are allowed; ${annotations.length} were supplied.`,
    );
  }
  return annotations.map((annotation) => annotationOf(annotation));
}

function annotationOf(fields: Fields): AnnotationDraft {
  const startLine = line(fields, 'start_line');
  const endLine = line(fields, 'end_line');
  const startColumn = fields.integer('start_column') ?? null;
  const endColumn = fields.integer('end_column') ?? null;
  if (endLine < startLine) throw malformed('end_line must not be before start_line.');
  if (startLine !== endLine && (startColumn !== null || endColumn !== null))
    throw malformed('start_column and end_column are allowed only on one line.');
  const message = fields.requiredText('message');
  if (Buffer.byteLength(message) > ANNOTATION_MESSAGE_BYTES_MAX) throw malformed(`For 'properties/message', only 64 KB are allowed.`);
  const level = fields.oneOf('annotation_level', LEVELS);
  if (level === undefined) throw malformed(`"annotation_level" wasn't supplied.`);
  const title = fields.text('title') ?? null;
  return {
    path: fields.requiredText('path'),
    start_line: startLine,
    end_line: endLine,
    start_column: startColumn,
    end_column: endColumn,
    annotation_level: level,
    title: title === null ? null : limited('annotations/title', title, ANNOTATION_TITLE_CHARACTERS_MAX),
    message,
    raw_details: fields.text('raw_details') ?? null,
  };
}

function line(fields: Fields, name: 'start_line' | 'end_line'): number {
  const value = fields.integer(name);
  if (value === undefined) throw malformed(`"${name}" wasn't supplied.`);
  if (value < 1) throw malformed(`For 'properties/${name}', ${value} must be at least 1.`);
  return value;
}
