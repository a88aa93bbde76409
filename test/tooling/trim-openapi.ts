/**
 * Cuts GitHub's OpenAPI description down to what the local forge serves and sends, as JSON Schemas that ajv compiles as they are.
 *
 *     node test/tooling/trim-openapi.ts            writes test/fixtures/github/openapi.json
 *     node test/tooling/trim-openapi.ts --check    fails when that file is not what would be written
 *
 * The whole description is fetched for that and thrown away: it takes 400 MB, for every version of the server, and tests need one of it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgeRoutes } from '../../src/local/forge/rest/routes.ts';

type Schema = { readonly [key: string]: unknown };

export interface TrimmedDescription {
  /** `GET /repos/{owner}/{repo}`: the body's schema for each status; `null` for an answer without a body. */
  readonly operations: Readonly<Record<string, Readonly<Record<string, Schema | null>>>>;
  /** `pull_request.opened`, `push`: schema of the payload. */
  readonly webhooks: Readonly<Record<string, Schema>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

const PACKAGE = '@octokit/openapi@23.0.2';
const TARGET = new URL('../fixtures/github/openapi.json', import.meta.url);

/** Events that the forge sends, as the description names them. */
const WEBHOOKS: Readonly<Record<string, readonly string[]>> = {
  push: [''],
  ping: [''],
  installation: ['created'],
  'installation-repositories': ['added'],
  'pull-request': ['opened', 'synchronize', 'reopened', 'closed', 'edited', 'labeled', 'unlabeled'],
  'pull-request-review': ['submitted', 'dismissed'],
  issues: ['opened', 'closed', 'reopened', 'edited', 'labeled', 'unlabeled'],
  'issue-comment': ['created', 'edited', 'deleted'],
  'check-run': ['created', 'completed', 'requested_action', 'rerequested'],
  'check-suite': ['requested', 'completed', 'rerequested'],
  label: ['created'],
  repository: ['renamed'],
};

const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);

function child(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), value);
}

/**
 * Where the description contradicts its own example: here it wants the account of an installation to be a user and an enterprise at once.
 * The operation for one installation has it right.
 */
const CORRECTIONS: Readonly<Record<string, Schema>> = {
  'GET /app/installations': { type: 'array', items: { $ref: '#/components/schemas/installation' } },
};

function fetchDescription(): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-openapi-'));
  try {
    execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', PACKAGE], {
      stdio: 'inherit',
    });
    return JSON.parse(readFileSync(join(folder, 'node_modules/@octokit/openapi/generated/api.github.com.json'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function trimDescription(source: unknown): TrimmedDescription {
  const definitions = new Map<string, Schema>();
  const take = (schema: unknown): Schema => {
    if (!isObject(schema)) throw new Error('a schema is missing in the description');
    return convert(schema, (name) => {
      if (definitions.has(name)) return;
      definitions.set(name, {});
      definitions.set(name, take(child(source, 'components', 'schemas', name)));
    });
  };
  const operations = Object.fromEntries(
    servedOperations(source).map(([name, operation]) => [name, responsesOf(source, name, operation, take)]),
  );
  const webhooks = Object.fromEntries(sentWebhooks(source).map(([name, schema]) => [name, take(schema)]));
  return { operations, webhooks, definitions: Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The description's operation for every route of the forge. @throws when GitHub has none: then the route is no part of GitHub. */
function servedOperations(source: unknown): readonly (readonly [name: string, operation: unknown])[] {
  const paths = child(source, 'paths');
  if (!isObject(paths)) throw new Error('the description has no paths');
  const shapeOf = (path: string): string => path.replace(/\{[^}]+\}/g, '{}');
  const byShape = new Map(Object.keys(paths).map((path) => [shapeOf(path), path]));
  const served = forgeRoutes.filter(({ path }) => !path.startsWith('/_forge/'));
  return served.map(({ method, path }) => {
    const found = byShape.get(path.replace(/:[a-zA-Z]+/g, '{}'));
    const operation = found === undefined ? undefined : child(paths, found, method.toLowerCase());
    if (operation === undefined) throw new Error(`${method} ${path} is not in GitHub's description`);
    return [`${method} ${path}`, operation] as const;
  });
}

function responsesOf(source: unknown, name: string, operation: unknown, take: (schema: unknown) => Schema): Record<string, Schema | null> {
  const responses = child(operation, 'responses');
  if (!isObject(responses)) throw new Error('an operation has no responses');
  const entries = Object.entries(responses).map(([status, response]) => {
    const reference = child(response, '$ref');
    const resolved =
      typeof reference === 'string' ? child(source, 'components', 'responses', reference.slice(reference.lastIndexOf('/') + 1)) : response;
    const schema = (status === '200' ? CORRECTIONS[name] : undefined) ?? child(resolved, 'content', 'application/json', 'schema');
    return [status, schema === undefined ? null : take(schema)] as const;
  });
  return Object.fromEntries(entries);
}

function sentWebhooks(source: unknown): readonly (readonly [name: string, schema: unknown])[] {
  return Object.entries(WEBHOOKS).flatMap(([event, actions]) =>
    actions.map((action) => {
      const key = action === '' ? event : `${event}-${action.replaceAll('_', '-')}`;
      const content = child(source, 'x-webhooks', key, 'post', 'requestBody', 'content', 'application/json', 'schema');
      if (content === undefined) throw new Error(`${key} is not in GitHub's description`);
      const name = event.replaceAll('-', '_');
      return [action === '' ? name : `${name}.${action}`, content] as const;
    }),
  );
}

/** What only explains, and OpenAPI's own words that JSON Schema has not. */
const DROPPED = new Set([
  'description',
  'title',
  'example',
  'examples',
  'externalDocs',
  'deprecated',
  'default',
  'x-github',
  'discriminator',
  'readOnly',
  'x-multi-segment',
]);

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, references point to `definitions`. */
function convert(schema: Schema, reference: (name: string) => void): Schema {
  const target = schema['$ref'];
  if (typeof target === 'string') {
    const name = target.slice(target.lastIndexOf('/') + 1);
    reference(name);
    return { $ref: `#/definitions/${name}` };
  }
  const converted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (DROPPED.has(key) || key === 'nullable') continue;
    converted[key] = convertKeyword(key, value, reference);
  }
  return schema['nullable'] === true ? nullable(converted) : converted;
}

function convertKeyword(key: string, value: unknown, reference: (name: string) => void): unknown {
  if (key === 'properties' && isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, property]) => [name, isObject(property) ? convert(property, reference) : property]),
    );
  }
  if (Array.isArray(value) && (key === 'anyOf' || key === 'oneOf' || key === 'allOf'))
    return value.map((part) => (isObject(part) ? convert(part, reference) : part));
  return isObject(value) ? convert(value, reference) : value;
}

function nullable(schema: Record<string, unknown>): Schema {
  if (typeof schema['type'] !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const values = schema['enum'];
  return {
    ...schema,
    type: [schema['type'], 'null'],
    ...(Array.isArray(values) ? { enum: [...values.filter((value) => value !== null), null] } : {}),
  };
}

/** One definition on a line: a diff then shows which ones have changed. */
function printDescription(description: TrimmedDescription): string {
  const sections = Object.entries(description).map(([section, entries]) => {
    const lines = Object.entries(entries).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return `${JSON.stringify(section)}:{\n${lines.join(',\n')}\n}`;
  });
  return `{\n${sections.join(',\n')}\n}\n`;
}

if (import.meta.main) {
  const text = printDescription(trimDescription(fetchDescription()));
  if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
  else if (readFileSync(TARGET, 'utf8') !== text) {
    console.error('test/fixtures/github/openapi.json is out of date: run `node test/tooling/trim-openapi.ts`');
    process.exitCode = 1;
  }
}
