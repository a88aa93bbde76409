import { ROLLOUT_VERBS } from '../../core/command/command.ts';
import { SCHEMAS, type Schema } from './schemas.ts';

const FLEET = '/api/fleets/{owner}/{name}';

/** What can be read, by path: what the answer is, and in one line what for. A test holds the answers to this. */
export const READS: Readonly<
  Record<string, { readonly summary: string; readonly answer: Schema; readonly query?: Readonly<Record<string, string>> }>
> = {
  '/api/fleets': { summary: 'Every fleet.', answer: listOf('Fleet') },
  [FLEET]: { summary: 'One fleet: which commit is in force.', answer: of('Fleet') },
  [`${FLEET}/rollouts`]: { summary: 'Its newest rollouts.', answer: listOf('RolloutSummary') },
  [`${FLEET}/rollouts/{id}`]: {
    summary: 'One rollout: what is planned, how it stands, and why each cluster waits.',
    answer: of('Rollout'),
  },
  [`${FLEET}/stops`]: { summary: 'What is stopped, by whom, and why.', answer: listOf('Stop') },
  [`${FLEET}/drifts`]: { summary: 'What differs outside of rollouts, with what is pinned or opted out.', answer: listOf('Drift') },
  [`${FLEET}/audit`]: {
    summary: 'Who did what, and why; newest first.',
    answer: listOf('AuditEntry'),
    query: { subject: 'Only about this cluster, rollout, stop or commit.' },
  },
  [`${FLEET}/clusters/{cluster}/history`]: {
    summary: 'How often a cluster failed, when, in which rollouts and how.',
    answer: of('ClusterHistory'),
    query: { days: 'How far back; 183 unless given.' },
  },
  [`${FLEET}/commands/{id}`]: { summary: 'A command, and what became of it.', answer: of('Command') },
};

/** Commands: what the body is, and in one line what for. */
export const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly body: string }>> = {
  [`${FLEET}/rollouts/{id}/{verb}`]: { summary: 'A command to a rollout.', body: 'Asked' },
  [`${FLEET}/stops/{id}/lift`]: { summary: 'Lifts a stop.', body: 'Asked' },
  [`${FLEET}/stop`]: { summary: 'Stops the fleet, a product, a release, a data plane or a cluster.', body: 'AskedStop' },
  [`${FLEET}/releases/{release}/reconcile`]: { summary: 'Plans a release again, and brings home what was left behind.', body: 'Asked' },
};

function of(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}
function listOf(name: string): Schema {
  return { type: 'array', items: of(name) };
}

const json = (schema: Schema) => ({ 'application/json': { schema } });
const no = (description: string) => ({ description, content: json(of('Message')) });
const REFUSALS = { 401: no('The token is missing.'), 404: no('There is no such thing.'), 503: no('The bot is starting.') };

/** The JSON API as an OpenAPI 3.1 document. */
export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Flotilla',
    version: '1',
    description: 'What the fleets do, and commands to them. With a token set, send it with every request: `Authorization: Bearer TOKEN`.',
  },
  security: [{ token: [] }],
  paths: {
    ...Object.fromEntries(
      Object.entries(READS).map(([path, { summary, answer, query = {} }]) => [
        path,
        {
          get: {
            summary,
            parameters: [
              ...inPath(path),
              ...Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } })),
            ],
            responses: { 200: { description: summary, content: json(answer) }, ...REFUSALS },
          },
        },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(COMMANDS).map(([path, { summary, body }]) => [
        path,
        {
          post: {
            summary,
            description:
              'Stored first, and then carried out: 200 with what it changed, 409 with why not, 202 with the path to look at when no replica works on the fleet right now, or the code host has not said yet who gave it.',
            parameters: [
              ...inPath(path),
              { name: 'Prefer', in: 'header', description: '`respond-async`: do not wait.', schema: { type: 'string' } },
              {
                name: 'Idempotency-Key',
                in: 'header',
                description: 'The same key is the same command.',
                schema: { type: 'string', maxLength: 200 },
              },
            ],
            requestBody: { required: true, content: json(of(body)) },
            responses: {
              200: { description: 'Carried out.', content: json(of('CommandDone')) },
              202: { description: 'Accepted.', content: json(of('CommandAccepted')) },
              400: no('The request is no command.'),
              403: no('Commands need the token of somebody who may give them.'),
              409: no('Refused, and why.'),
              422: no('The key was used for another command.'),
              ...REFUSALS,
            },
          },
        },
      ]),
    ),
  },
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: SCHEMAS,
  },
} as const;

function inPath(path: string) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'verb' ? { type: 'string', enum: [...ROLLOUT_VERBS] } : { type: 'string' },
  }));
}
