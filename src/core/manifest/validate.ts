import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { closest } from './did-you-mean.ts';
import { explainErrors, type Finding, type SourceOf } from './explain-errors.ts';
import { type Manifest, SCHEMAS } from './generated.ts';

const API_VERSION = 'flotilla.dev/v1';

/** What a document is, or everything that is wrong with its shape. */
export type Validated = { readonly ok: true; readonly manifest: Manifest } | { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Validates one document against the schema of its kind.
 *
 * @param sourceOf - the text of the scalar at a path as it was written, for hints such as `3.10 is the number 3.1`.
 */
export function validate(document: unknown, sourceOf: SourceOf): Validated {
  const identity = explainIdentity(document);
  const validator = validatorOf(document);
  if (validator === undefined) return { ok: false, findings: identity };
  if (validator(document) && identity.length === 0) return { ok: true, manifest: document as Manifest };
  const errors = (validator.errors ?? []).filter((error) => !isAboutApiVersion(error));
  return { ok: false, findings: [...identity, ...explainErrors(errors, document, sourceOf)] };
}

/** What `explainIdentity` says better. */
const isAboutApiVersion = (error: ErrorObject): boolean =>
  error.instancePath === '/apiVersion' || (error.instancePath === '' && error.params['missingProperty'] === 'apiVersion');

/** The quick question of the bulk path: the manifest, or `undefined` when anything at all is wrong. */
export function passes(document: unknown): Manifest | undefined {
  return validatorOf(document)?.(document) === true ? (document as Manifest) : undefined;
}

/** Every kind that there is, by the alphabet. */
export const kinds = (): readonly Manifest['kind'][] => [...validators().keys()].sort();

export const isKind = (kind: unknown): kind is Manifest['kind'] => typeof kind === 'string' && validators().has(kind as Manifest['kind']);

function validatorOf(document: unknown): ValidateFunction | undefined {
  return isMap(document) ? validators().get(document['kind'] as Manifest['kind']) : undefined;
}

let compiled: ReadonlyMap<Manifest['kind'], ValidateFunction> | undefined;

/** Compiled at the first use: it takes a tenth of a second, which a program that validates nothing should not pay. */
function validators(): ReadonlyMap<Manifest['kind'], ValidateFunction> {
  compiled ??= compile();
  return compiled;
}

function compile(): ReadonlyMap<Manifest['kind'], ValidateFunction> {
  // A choice between required fields names fields that are defined beside it, which strictRequired does not see.
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, verbose: true, allowUnionTypes: true });
  ajv.addFormat('date-time', isInstant);
  const byKind = new Map<Manifest['kind'], ValidateFunction>();
  const titled = SCHEMAS as readonly { readonly $id: string; readonly title: string; readonly properties?: object }[];
  for (const schema of titled) ajv.addSchema(schema);
  for (const { $id, title, properties } of titled) {
    const validator = properties === undefined ? undefined : ajv.getSchema($id);
    if (validator !== undefined) byKind.set(title as Manifest['kind'], validator as ValidateFunction);
  }
  return byKind;
}

const dateTime = fullFormats['date-time'] as { readonly validate: (text: string) => boolean };

/** RFC 3339 with its `T`, less the leap second: `Date` reads that as no time at all, and every comparison would be false. */
const isInstant = (text: string): boolean => text[10] === 'T' && dateTime.validate(text) && Number.isFinite(Date.parse(text));

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Why it is not even known which schema applies. */
function explainIdentity(document: unknown): readonly Finding[] {
  if (!isMap(document)) {
    return [
      {
        path: [],
        aim: 'value',
        code: 'schema/type',
        message: 'a manifest is a map that begins with `apiVersion` and `kind`',
        hint: `begin with \`apiVersion: ${API_VERSION}\` and \`kind: ...\`, or list the file in \`ignore\` of the Fleet`,
      },
    ];
  }
  const findings: Finding[] = [];
  const { apiVersion, kind } = document;
  if (apiVersion === undefined) {
    findings.push({
      path: [],
      aim: 'value',
      code: 'schema/missing-field',
      message: 'the document lacks `apiVersion`',
      hint: `add \`apiVersion: ${API_VERSION}\``,
    });
  } else if (apiVersion !== API_VERSION) {
    const message = `apiVersion ${shown(apiVersion)} is not known`;
    findings.push({
      path: ['apiVersion'],
      aim: 'value',
      code: 'schema/unknown-api-version',
      message,
      hint: `write \`apiVersion: ${API_VERSION}\``,
    });
  }
  if (kind === undefined) {
    findings.push({
      path: [],
      aim: 'value',
      code: 'schema/missing-field',
      message: 'the document lacks `kind`',
      hint: `add \`kind:\` with one of ${kinds().join(', ')}`,
    });
  } else if (!isKind(kind)) {
    const meant = typeof kind === 'string' ? closest(kind, kinds()) : undefined;
    const known = `known kinds: ${kinds().join(', ')}`;
    const hint = meant === undefined ? known : `did you mean \`${meant}\`? ${known}`;
    findings.push({ path: ['kind'], aim: 'value', code: 'schema/unknown-kind', message: `kind ${shown(kind)} is not known`, hint });
  }
  return findings;
}

/** A value from a manifest inside a message: short, and on one line. */
const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : `is ${typeof value}, and so`);
