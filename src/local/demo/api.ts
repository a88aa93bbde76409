import { show } from './look.ts';
import { eventually, type Person } from './person.ts';

/** What the demo reads of a stop. */
interface StopLine {
  readonly id: string;
  readonly cause: string;
  readonly reason: string;
}

/** Stops in force, oldest first: `curl .../stops`. */
export async function stopsNow(person: Person): Promise<readonly StopLine[]> {
  const stops = await person.api('/stops');
  return list(stops).map((stop) => ({ id: text(stop, 'id'), cause: text(stop, 'cause'), reason: text(stop, 'reason') }));
}

/** The rollout that a commit brought. */
export async function rolloutOf(person: Person, commit: string): Promise<string> {
  return await eventually(`a rollout of ${commit.slice(0, 8)}`, async () => {
    const rollout = list(await person.api('/rollouts')).find((one) => text(one, 'commit') === commit);
    return rollout === undefined ? undefined : text(rollout, 'id');
  });
}

/** Where a rollout stands with one of its clusters. */
export async function targetOf(person: Person, rollout: string, cluster: string): Promise<string> {
  return text(fields(fields(fields(await person.api(`/rollouts/${rollout}`))['targets'])[cluster]), 'status');
}

export async function untilTarget(person: Person, rollout: string, cluster: string, status: string): Promise<void> {
  await eventually(`${cluster} to be ${status}`, async () => ((await targetOf(person, rollout, cluster)) === status ? true : undefined));
}

/** Gives a command, and prints it as a person would type it. */
export async function command(person: Person, path: string, reason: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const body = { reason, ...more };
  await person.api(path, body);
  show(`curl -X POST -H "Authorization: Bearer $TOKEN" $API${path} -d '${JSON.stringify(body)}'`);
}

/** Lifts whatever is stopped, one by one. */
export async function liftAll(person: Person, reason: string): Promise<void> {
  for (const stop of await stopsNow(person)) {
    show(`stop ${stop.id}, ${stop.cause}: ${stop.reason}`);
    await command(person, `/stops/${stop.id}/lift`, reason);
  }
  const left = await stopsNow(person);
  if (left.length > 0) throw new Error(`${left.length} stops are left`);
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function fields(value: unknown): Fields {
  if (!isFields(value)) throw new Error(`the API answered ${JSON.stringify(value)}`);
  return value;
}

function list(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw new Error(`the API answered ${JSON.stringify(value)}, and no list`);
  return value.map(fields);
}

function text(of: Fields, name: string): string {
  const value = of[name];
  if (typeof value !== 'string') throw new Error(`the API gave no ${name}`);
  return value;
}
