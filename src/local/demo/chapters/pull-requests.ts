import { checkOf, commentOf, PLAN, planOf, show } from '../look.ts';
import { eventually, type Person } from '../person.ts';

const KSQLDB = 'fleet-manifests/releases/ksqldb.yaml';
const CONNECT = 'fleet-manifests/releases/connect.yaml';

export async function plannedPull(person: Person): Promise<void> {
  const head = await person.headOf(1);
  show(await planOf(person, head, 'success'));
  show(await commentOf(person, 1, '4.1.1'));
}

export async function editedPull(person: Person): Promise<void> {
  await person.push(
    'ksqldb-flags',
    KSQLDB,
    (text) => text.replace('num.stream.threads: 4', 'num.stream.threads: 6'),
    'Give ksqlDB six threads',
  );
  const pull = await person.open('ksqldb-flags', 'Give ksqlDB six threads');
  await commentOf(person, pull, 'threads');
  const [first] = await person.comments(pull);
  const head = await person.push(
    'ksqldb-flags',
    KSQLDB,
    (text) => text.replace('num.stream.threads: 6', 'num.stream.threads: 8'),
    'No, eight',
  );
  await planOf(person, head, 'success');
  show(
    await eventually('the same comment, edited', async () => {
      const comments = await person.comments(pull);
      const [only] = comments;
      return comments.length === 1 && only?.id === first?.id && only?.body !== first?.body ? only?.body : undefined;
    }),
  );
}

export async function brokenYaml(person: Person): Promise<void> {
  const head = await person.push(
    'broken',
    CONNECT,
    (text) =>
      text
        .replace('product: connect', 'product: conect')
        .replace('strategy: standard', 'strategey: standard')
        .replace('version: "8.0.0"', 'version: 8.0'),
    'A change in a hurry',
  );
  const pull = await person.open('broken', 'A change in a hurry');
  const check = await checkOf(person, head, PLAN, 'failure');
  const annotations = await person.annotations(check.id);
  if (annotations.length < 2) throw new Error(`expected every mistake at once, saw ${annotations.length}`);
  for (const { path, start_line, start_column, message } of annotations) show(`${path}:${start_line}:${start_column}  ${message}`);
  show(await commentOf(person, pull, 'connect.yaml'));
  await person.octokit.rest.pulls.update({ owner: 'flotilla-demo', repo: 'fleet', pull_number: pull, state: 'closed' });
}
