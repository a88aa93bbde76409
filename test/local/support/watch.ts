/** What the suites see of the bot and of the clusters beside the forge: both over HTTP, as any other program would. */

import type { WorldStatus } from '../../../src/local/data-plane/status.ts';
import type { LocalRun } from '../../../src/local/demo/local-run.ts';
import { eventually } from '../../../src/local/demo/person.ts';

const FLEET = 'flotilla-demo/fleet';

/** Where bot, forge and data planes are. */
type Watched = Pick<LocalRun, 'state'>;

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Rollout {
  readonly id: string;
  readonly status: string;
  readonly commit: string;
  readonly pull?: number;
}

/** By which the bot and the forge know a person. */
export const tokenOf = (run: Watched, login = 'alice'): string => run.state.users.find((user) => user.login === login)?.token ?? '';

/** @param token - `undefined`: none is sent. */
export async function api(run: Watched, method: string, path: string, token: string | undefined, body?: string): Promise<Answer> {
  const response = await fetch(`${run.state.botUrl}/api/fleets/${FLEET}${path}`, {
    method,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Oldest first. @throws Error with the answer, when it is no list. */
export async function rollouts(run: Watched): Promise<readonly Rollout[]> {
  const { status, body } = await api(run, 'GET', '/rollouts', tokenOf(run));
  if (status !== 200) throw new Error(`the rollouts were answered with ${status}: ${JSON.stringify(body)}`);
  return (body as unknown as readonly Rollout[]).toReversed();
}

export interface StopNow {
  readonly id: string;
  readonly cause: string;
  readonly reason: string;
}

/** Those that are not lifted, oldest first. */
export async function stops(run: Watched): Promise<readonly StopNow[]> {
  const { body } = await api(run, 'GET', '/stops', tokenOf(run));
  return body as unknown as readonly StopNow[];
}

/** Of every kind: those that one test leaves are in the way of the next. */
export async function liftAll(run: Watched): Promise<void> {
  for (const { id } of await stops(run)) {
    const { status, body } = await api(run, 'POST', `/stops/${id}/lift`, tokenOf(run), JSON.stringify({ reason: 'over' }));
    if (status !== 200) throw new Error(`stop ${id} was not lifted: ${JSON.stringify(body)}`);
  }
}

export function rolloutOf(run: Watched, commit: string, status: string): Promise<Rollout> {
  return eventually(`rollout of ${commit.slice(0, 8)}: ${status}`, async () => {
    const all = (await rollouts(run)).filter((rollout) => rollout.commit === commit);
    const [only] = all;
    if (all.length !== 1 || only?.status !== status) throw new Error(JSON.stringify(all));
    return only;
  });
}

export function command(run: Watched, rollout: string, verb: string, more: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
  const { by = 'alice', ...fields } = more;
  const body = JSON.stringify({ reason: `${verb}, because a test says so`, ...fields });
  return api(run, 'POST', `/rollouts/${rollout}/${verb}`, tokenOf(run, String(by)), body);
}

export interface ClusterNow {
  readonly cluster: string;
  readonly version: string;
  /** Of the newest order that its data plane has taken; 0: none since the beginning. */
  readonly epoch: number;
  /** All brokers at one version, and ready. */
  readonly whole: boolean;
}

export async function clusters(run: Watched): Promise<ReadonlyMap<string, ClusterNow>> {
  const { clusters } = (await (await fetch(`${run.state.dataPlaneUrl}/status`)).json()) as WorldStatus;
  return new Map(
    clusters.map(({ inside: { cluster, accepted, running, brokers, rolled, healthy } }) => [
      cluster,
      {
        cluster,
        version: running.version,
        epoch: accepted?.epoch ?? 0,
        whole: rolled && healthy && brokers.every(({ version, state }) => version === running.version && state === 'ready'),
      },
    ]),
  );
}

/** `kafka-a 4.0.1`, for each that is whole; `kafka-a 4.0.1, moving` for each that is not. In alphabetical order. */
export async function versions(run: Watched, names: readonly string[]): Promise<readonly string[]> {
  const now = await clusters(run);
  return names.map((name) => `${name} ${now.get(name)?.version}${now.get(name)?.whole === true ? '' : ', moving'}`);
}

export async function epochs(run: Watched, names: readonly string[]): Promise<readonly number[]> {
  const now = await clusters(run);
  return names.map((name) => now.get(name)?.epoch ?? -1);
}

export interface RequestCount {
  readonly total: number;
  readonly callers: Readonly<Record<string, { readonly total: number; readonly routes: Readonly<Record<string, number>> }>>;
}

/** Requests that the bot made of the forge since they were last forgotten. */
export async function requestsOfBot(run: Watched): Promise<{ readonly total: number; readonly routes: Readonly<Record<string, number>> }> {
  const { callers } = (await (await fetch(`${run.state.forgeUrl}/_forge/requests`)).json()) as RequestCount;
  const own = Object.entries(callers).filter(([caller]) => caller.startsWith('installation:') || caller.startsWith('app:'));
  return {
    total: own.reduce((sum, [, { total }]) => sum + total, 0),
    routes: Object.assign({}, ...own.map(([, { routes }]) => routes)) as Record<string, number>,
  };
}

export async function forgetRequests(run: Watched): Promise<void> {
  await fetch(`${run.state.forgeUrl}/_forge/requests`, { method: 'DELETE' });
}

/** One value of `/metrics`, summed over its labels; 0 when there is none yet. */
export async function metric(run: Watched, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${run.state.botUrl}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length)) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
