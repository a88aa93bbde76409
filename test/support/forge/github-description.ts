import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { forgeRoutes } from '../../../src/local/forge/rest/routes.ts';
import type { TrimmedDescription } from '../../tooling/trim-openapi.ts';

const description = JSON.parse(readFileSync(new URL('../../fixtures/github/openapi.json', import.meta.url), 'utf8')) as TrimmedDescription;

/** Not strict about schemas: they are GitHub's, with `example` values of their own beside types. Strict about data. */
const ajv = new Ajv({ strict: false, allErrors: true, schemas: [{ $id: 'github', definitions: description.definitions }] });
addFormats.default(ajv);
const compiled = new Map<string, ValidateFunction>();

function validatorOf(name: string, schema: object): ValidateFunction {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(schema).replaceAll('"#/definitions/', '"github#/definitions/');
  const validator = ajv.compile(JSON.parse(text) as object);
  compiled.set(name, validator);
  return validator;
}

/** The path of a route as an expression. */
const patterns = forgeRoutes.map((route) => ({ route, pattern: new RegExp(`^${route.path.replaceAll(/:[a-zA-Z]+/g, '[^/]+')}$`) }));

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** REST over HTTP that holds every answer against GitHub's description, and remembers which operations succeeded. */
export class CheckedRest {
  readonly #apiUrl: string;
  readonly succeeded = new Set<string>();

  constructor(apiUrl: string) {
    this.#apiUrl = apiUrl;
  }

  async call(
    authorization: string | undefined,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<RestAnswer> {
    const response = await fetch(`${this.#apiUrl}${path}`, {
      method,
      headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    this.#check(method, path, answer);
    return answer;
  }

  #check(method: string, path: string, answer: RestAnswer): void {
    const { pathname } = new URL(path, 'http://forge');
    const route = patterns.find((each) => each.route.method === method && each.pattern.test(pathname))?.route;
    expect(route, `${method} ${path} is served`).toBeDefined();
    if (route === undefined) return;
    const name = `${method} ${route.path}`;
    const { status, body } = answer;
    const schema = description.operations[name]?.[String(status)];
    const where = `${name} answered ${status}`;
    if (status >= 400) {
      expectValid(where, { $ref: '#/definitions/basic-error' }, body);
      expect(body, where).toMatchObject({ message: expect.any(String), documentation_url: expect.any(String) });
      return;
    }
    if (status === 304) return;
    expect(schema, `${where}, which GitHub's description does not know`).toBeDefined();
    this.succeeded.add(name);
    if (schema === null || schema === undefined)
      expect(body, where).toSatisfy((value: unknown) => value === undefined || JSON.stringify(value) === '{}');
    else expectValid(where, schema, body);
  }
}

function expectValid(where: string, schema: object, body: unknown): void {
  const validator = validatorOf(JSON.stringify(schema), schema);
  if (validator(body)) return;
  const errors = (validator.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`);
  throw new Error(`${where}, which breaks GitHub's schema:\n${errors.join('\n')}`);
}

export function expectValidWebhook(name: string, payload: unknown): void {
  const schema = description.webhooks[name];
  expect(schema, `the webhook ${name} is in GitHub's description`).toBeDefined();
  if (schema !== undefined) expectValid(`the webhook ${name}`, schema, payload);
}

export const describedOperations = Object.keys(description.operations);
export const describedWebhooks = Object.keys(description.webhooks);
