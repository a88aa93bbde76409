import type { Hono } from 'hono';
import { answerJson } from '../http/answers.ts';
import type { HttpEnv } from '../http/app.ts';
import { COMMANDS, OPENAPI, READS } from './openapi/document.ts';

export const OPENAPI_PATH = '/api/openapi.json';

/** What the API has, for whoever comes without knowing: a list to read, and a description for programs. Nothing of a fleet is in it, so no token is asked for. */
export function addApiDescription(app: Hono<HttpEnv>): void {
  const lines = [
    ...Object.entries(READS).map(([path, { summary }]) => ({ method: 'GET', path, summary })),
    ...Object.entries(COMMANDS).map(([path, { summary }]) => ({ method: 'POST', path, summary })),
  ];
  app.get('/api', () => answerJson({ openapi: OPENAPI_PATH, routes: lines }));
  app.get(OPENAPI_PATH, () => answerJson(OPENAPI));
}
