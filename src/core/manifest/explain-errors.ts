import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Code } from './codes.ts';
import { closest } from './did-you-mean.ts';
import { explainForm, type Form } from './explain-form.ts';
import { explainType } from './explain-type.ts';
import type { Path } from './positions.ts';

/** Something wrong with the shape of a document, at a path of it. */
export interface Finding {
  readonly path: Path;
  /** Whether to point at the key or at the value. */
  readonly aim: 'key' | 'value';
  readonly code: Code;
  readonly message: string;
  readonly hint: string;
}

export type SourceOf = (path: Path) => string | undefined;

/**
 * Turns the errors of ajv into sentences for people. What a choice says about each of its branches is
 * collapsed into the one sentence that describes the choice.
 *
 * Values of text are never repeated: one of them could be a secret in the wrong place.
 */
export function explainErrors(errors: readonly ErrorObject[], document: unknown, sourceOf: SourceOf): readonly Finding[] {
  const choices = errors.filter(({ keyword }) => keyword === 'oneOf');
  const branches = choices.map((choice) => ({ at: choice.instancePath, schema: `${choice.schemaPath}/` }));
  const isBranch = (error: ErrorObject): boolean =>
    branches.some(({ at, schema }) => error.instancePath === at && error.schemaPath.startsWith(schema));
  const beside = ['metadata', 'spec'].flatMap((frame) => fieldsBeside(frame, errors, document));
  return [
    ...beside.map(({ finding }) => finding),
    ...errors
      .filter((error) => error.keyword !== 'propertyNames' && !isBranch(error) && !isFieldsOfNoMap(error) && !isRepeated(error, errors))
      .filter((error) => !beside.some(({ explains }) => explains(error)))
      .map((error) => explain(error, pathOf(error.instancePath, document), sourceOf)),
  ];
}

/** Fields that stand beside an empty `spec` or `metadata`, because they were not indented: one mistake, and not one for each. */
function fieldsBeside(
  frame: string,
  errors: readonly ErrorObject[],
  document: unknown,
): readonly { readonly finding: Finding; readonly explains: (error: ErrorObject) => boolean }[] {
  if (!isMap(document) || Object.getOwnPropertyDescriptor(document, frame)?.value !== null) return [];
  const unknown = errors.filter(({ keyword, instancePath }) => keyword === 'additionalProperties' && instancePath === '');
  const schema = unknown[0]?.parentSchema as Schema | undefined;
  const known = frame === 'metadata' ? ['name', 'labels'] : Object.keys(schema?.properties?.[frame]?.properties ?? {});
  const fields = unknown.map(({ params }) => String(params['additionalProperty'])).filter((field) => known.includes(field));
  const [first] = fields;
  if (first === undefined) return [];
  const others = fields.length === 1 ? '' : ` and ${fields.length - 1} more`;
  const message = `\`${first}\`${others} should be under \`${frame}\`, which is empty, and not beside it`;
  const hint = `indent ${fields.length === 1 ? 'it' : 'them'} by 2 spaces`;
  const explains = ({ keyword, instancePath, params }: ErrorObject): boolean =>
    instancePath === `/${frame}` ||
    (keyword === 'additionalProperties' && instancePath === '' && fields.includes(String(params['additionalProperty'])));
  return [{ finding: { path: [first], aim: 'key', code: 'schema/unknown-field', message, hint }, explains }];
}

/** A text that is too short for its form does not have that form either. */
const isRepeated = (error: ErrorObject, errors: readonly ErrorObject[]): boolean =>
  error.keyword === 'minLength' && errors.some((other) => other.keyword === 'pattern' && other.instancePath === error.instancePath);

/** Which of its fields are missing in what is no map: its type alone is told. */
const isFieldsOfNoMap = (error: ErrorObject): boolean =>
  error.keyword === 'oneOf' && fieldGroups(error) !== undefined && !isMap(error.data);

/** The fields of each branch of a choice; `undefined` when it is a choice between values. */
function fieldGroups({ schema }: ErrorObject): readonly (readonly string[])[] | undefined {
  const groups = (schema as readonly { readonly required?: readonly string[] }[]).map(({ required }) => required);
  return groups.every((group) => group !== undefined) ? groups : undefined;
}

/** The path as people write it: `spec.phases[2].soak`. */
export function nameOf(path: Path): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${step}`;
  return text === '' ? 'the document' : `\`${text}\``;
}

function explain(error: ErrorObject, path: Path, sourceOf: SourceOf): Finding {
  const name = nameOf(path);
  const params = error.params as Record<string, unknown>;
  const schema = error.parentSchema as Schema;
  const described = (schema.description ?? '').replace(/\.$/, '');
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownField(path, String(params['additionalProperty']), schema);
    case 'required': {
      const field = String(params['missingProperty']);
      if (field === 'soak' && isMap(error.data) && Object.hasOwn(error.data, 'bake')) return { path, aim: 'key', ...bakeWithoutSoak(name) };
      const about = schema.properties?.[field]?.description;
      const hint = about === undefined ? `add \`${field}:\`` : `add \`${field}:\` (${about.replace(/\.$/, '')})`;
      return { path, aim: 'key', code: 'schema/missing-field', message: `${name} lacks \`${field}\``, hint };
    }
    case 'type': {
      const told = explainForm(formOf(error), error.data, sourceOf(path));
      if (told !== undefined) return { path, aim: 'value', code: 'schema/type', message: `${name} ${told.what}`, hint: told.fix };
      return { path, aim: 'value', code: 'schema/type', ...explainType(name, schema, error.data, sourceOf(path)) };
    }
    case 'enum':
      return oneOfValues(path, params['allowedValues'], error.data);
    case 'const': {
      const wanted = String(params['allowedValue']);
      return {
        path,
        aim: 'value',
        code: 'schema/value',
        message: `${name} can only be ${wanted}`,
        hint: `write ${wanted}, or remove the line`,
      };
    }
    case 'pattern':
    case 'format':
      return wrongForm(error, path, described);
    case 'oneOf':
      return wrongChoice(error, path, described, sourceOf);
    case 'uniqueItems': {
      const item = [...path, Number(params['i'])];
      const message = `${nameOf(item)} says the same as item ${Number(params['j'])} of the list`;
      return { path: item, aim: 'value', code: 'schema/duplicate-item', message, hint: 'remove one' };
    }
    default:
      return outOfBounds(error, path);
  }
}

interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Strategies were once written with `bake` alone, and it meant what `soak` says: both must be said now, so that none is taken for the other. */
const bakeWithoutSoak = (name: string): Pick<Finding, 'code' | 'message' | 'hint'> => ({
  code: 'schema/missing-field',
  message: `${name} has \`bake\` and lacks \`soak\``,
  hint:
    'write `soak:` for how long one cluster must be seen healthy before it counts; `bake:` is how long the phase waits after all its clusters ' +
    'have soaked, and may be left out. The same goes for `rollback`',
});

const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

function unknownField(path: Path, field: string, schema: Schema): Finding {
  const known = Object.keys(schema.properties ?? {});
  const meant = closest(field, known);
  const hint = meant === undefined ? `remove it; known here: ${known.join(', ')}` : `did you mean \`${meant}\`?`;
  const message = `${nameOf(path)} has no field \`${field.slice(0, 80)}\``;
  return { path: [...path, field], aim: 'key', code: 'schema/unknown-field', message, hint };
}

function oneOfValues(path: Path, allowed: unknown, value: unknown): Finding {
  const values = Array.isArray(allowed) ? allowed.map(String) : [];
  const meant = typeof value === 'string' ? closest(value, values) : undefined;
  const list = `one of ${values.join(', ')}`;
  const hint = meant === undefined ? `write ${list}` : `did you mean \`${meant}\`? It can be ${list}`;
  return { path, aim: 'value', code: 'schema/value', message: `${nameOf(path)} has a value that is not known`, hint };
}

function wrongForm(error: ErrorObject, path: Path, described: string): Finding {
  const hint = described === '' ? `write it in the form ${String(error.schema)}` : `expected: ${lowerFirst(described)}`;
  if (error.propertyName !== undefined) {
    const key = error.propertyName;
    const message = `the key \`${key.slice(0, 80)}\` of ${nameOf(path)} does not have the right form`;
    return { path: [...path, key], aim: 'key', code: 'schema/pattern', message, hint };
  }
  const told = explainForm(formOf(error), error.data, undefined);
  if (told !== undefined) return { path, aim: 'value', code: 'schema/pattern', message: `${nameOf(path)} ${told.what}`, hint: told.fix };
  return { path, aim: 'value', code: 'schema/pattern', message: `${nameOf(path)} does not have the right form`, hint };
}

/** Which of the forms that people bring along from other tools is asked for here. */
function formOf({ schemaPath }: ErrorObject): Form | undefined {
  const name = /#\/\$defs\/(version|duration|capacity|budget)\//.exec(schemaPath)?.[1];
  return name === 'capacity' || name === 'budget' ? 'share' : name === 'version' || name === 'duration' ? name : undefined;
}

/** Either a value that fits none of its forms, or a map with none, or too many, of the fields to choose from. */
function wrongChoice(error: ErrorObject, path: Path, described: string, sourceOf: SourceOf): Finding {
  const groups = fieldGroups(error);
  const name = nameOf(path);
  if (groups === undefined) {
    const source = sourceOf(path);
    const told = explainForm(formOf(error), error.data, source);
    if (told !== undefined) return { path, aim: 'value', code: 'schema/pattern', message: `${name} ${told.what}`, hint: told.fix };
    const hint =
      source !== undefined && typeof error.data === 'string' && /^\d+$/.test(error.data) ? `write ${error.data} without quotes; ` : '';
    return {
      path,
      aim: 'value',
      code: 'schema/pattern',
      message: `${name} is out of range, or does not have the right form`,
      hint: `${hint}expected: ${lowerFirst(described)}`,
    };
  }
  const fields = groups.map((group) => group.map((field) => `\`${field}\``).join(' with '));
  const present = groups.filter((group) => group.some((field) => isMap(error.data) && Object.hasOwn(error.data, field)));
  const list = `${fields.slice(0, -1).join(', ')} or ${fields.at(-1) ?? ''}`;
  const message = present.length > 1 ? `${name} has more than one of ${list}` : `${name} needs ${list}`;
  return { path, aim: 'key', code: 'schema/choice', message, hint: `give exactly one of ${list}` };
}

/** For each bound its code, what is too much or too little, and the keywords of both bounds. */
const BOUNDS: Readonly<Record<string, readonly [Code, string, least: string, most: string, unit: string]>> = {
  minimum: ['schema/range', 'is too small', 'minimum', 'maximum', ''],
  maximum: ['schema/range', 'is too large', 'minimum', 'maximum', ''],
  minLength: ['schema/length', 'is too short', 'minLength', 'maxLength', ' characters'],
  maxLength: ['schema/length', 'is too long', 'minLength', 'maxLength', ' characters'],
  minItems: ['schema/length', 'has too few items', 'minItems', 'maxItems', ' items'],
  maxItems: ['schema/length', 'has too many items', 'minItems', 'maxItems', ' items'],
  maxProperties: ['schema/length', 'has too many keys', 'minProperties', 'maxProperties', ' keys'],
};

function outOfBounds(error: ErrorObject, path: Path): Finding {
  const name = nameOf(path);
  const bounds = BOUNDS[error.keyword];
  if (bounds === undefined) {
    return { path, aim: 'value', code: 'schema/value', message: `${name} ${error.message ?? 'is not allowed'}`, hint: 'change the value' };
  }
  const [code, what, leastKey, mostKey, unit] = bounds;
  const { [leastKey]: least, [mostKey]: most } = error.parentSchema ?? {};
  const from = least === undefined ? '' : ` from ${String(least)}`;
  const to = most === undefined ? '' : ` to ${String(most)}`;
  return { path, aim: 'value', code, message: `${name} ${what}`, hint: `expected:${from}${to}${unit}`.replace(': to', ': at most') };
}

/** Descriptions are sentences; after a colon they begin small, unless they begin with an abbreviation. */
const lowerFirst = (text: string): string => (/^[A-Z][a-z ]/.test(text) ? `${text[0]?.toLowerCase() ?? ''}${text.slice(1)}` : text);

/** A JSON pointer as keys and indices: a number is an index only where the document has a list. */
function pathOf(pointer: string, document: unknown): Path {
  const path: (string | number)[] = [];
  let at: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(key) : key);
    at = (at as Record<string, unknown> | undefined)?.[key];
  }
  return path;
}
