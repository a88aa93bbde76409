import { LocalRun } from './local-run.ts';
import { eventually, Person } from './person.ts';

const KSQLDB = 'fleet-manifests/releases/ksqldb.yaml';
const CONNECT = 'fleet-manifests/releases/connect.yaml';
const PLAN = 'flotilla / plan';
const ROLLOUT = 'flotilla / rollout';
/** Real clusters take hours for what follows; the demo has three minutes. */
const SPEED = 600;

type Chapter = (person: Person) => Promise<void>;

/** Local mode in a folder of its own, and one person; both gone afterwards, however it ends. */
export async function isolated(tell: (person: Person, run: LocalRun) => Promise<void>): Promise<void> {
  const run = await LocalRun.create(SPEED);
  let person: Person | undefined;
  try {
    await run.start();
    person = new Person(run.home, run.state);
    await person.clone();
    await tell(person, run);
  } finally {
    person?.remove();
    await run.remove();
  }
}

export async function story(person: Person): Promise<void> {
  const chapters: readonly (readonly [string, Chapter])[] = [
    ['A pull request is open, and planned', plannedPull],
    ['A change of our own: planned, pushed again, and still one comment', editedPull],
    ['Broken YAML: every mistake at its line and column', brokenYaml],
    ['Merged: the rollout goes phase by phase', rollout],
    ['A bad release: the canaries fail, and nothing else is touched', badRelease],
    ['The merge is reverted: everything goes back', revert],
    ['Somebody changes a cluster behind our back: drift', drift],
  ];
  for (const [title, chapter] of chapters) {
    const began = performance.now();
    heading(title);
    await chapter(person);
    process.stdout.write(`\n(${((performance.now() - began) / 1_000).toFixed(1)} s)\n`);
  }
}

async function plannedPull(person: Person): Promise<void> {
  const head = await person.headOf(1);
  show(await planOf(person, head, 'success'));
  show(await commentOf(person, 1, '4.1.1'));
}

async function editedPull(person: Person): Promise<void> {
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

async function brokenYaml(person: Person): Promise<void> {
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

async function rollout(person: Person): Promise<void> {
  const landed = await person.merge(1, 'squash');
  await follow(person, landed);
  const check = await checkOf(person, landed, ROLLOUT, 'success');
  show(`${check.output.title}\n\n${check.output.summary}`);
  show(await commentOf(person, 1, 'ompleted'));
  show(await person.status('kafka-canary-aws-euw1'));
}

let badCommit = '';

async function badRelease(person: Person): Promise<void> {
  await person.flotilla('break', '--all', '--with', 'crash-loop', '--version', '8.1.0');
  const head = await person.push('connect-8.1', CONNECT, (text) => text.replace('version: "8.0.0"', 'version: "8.1.0"'), 'Connect 8.1.0');
  const pull = await person.open('connect-8.1', 'Connect 8.1.0');
  await planOf(person, head, 'success');
  badCommit = await person.merge(pull, 'merge');
  const paused = await checkOf(person, badCommit, ROLLOUT, 'action_required');
  show(`${paused.output.title}\n\n${paused.output.summary}`);
  show(await commentOf(person, pull, 'aused'));
  const connect = (await person.flotilla('status')).split('\n').filter((line) => line.startsWith('connect-'));
  const touched = connect.filter((line) => / 8\.1\.0 +\d|crash loop,/.test(line));
  show(`Of ${connect.length} Connect clusters, these were touched:\n${touched.join('\n')}`);
  if (touched.length === 0 || touched.some((line) => !line.includes('-canary-')))
    throw new Error('not the canaries, and they alone, were touched');
}

async function revert(person: Person): Promise<void> {
  const head = await person.revert('revert-connect', badCommit);
  const pull = await person.open('revert-connect', 'Revert "Connect 8.1.0"');
  await planOf(person, head, 'success');
  const landed = await person.merge(pull, 'rebase');
  await follow(person, landed);
  const check = await checkOf(person, landed, ROLLOUT, 'success');
  show(`${check.output.title}\n\n${check.output.summary}`);
  await eventually('every Connect cluster back, and whole', async () => {
    const connect = (await person.flotilla('status')).split('\n').filter((line) => line.startsWith('connect-'));
    return connect.some((line) => / 8\.1\.0 +\d|crash loop,/.test(line)) ? undefined : true;
  });
}

async function drift(person: Person): Promise<void> {
  const cluster = 'kafka-canary-aws-euw1';
  await person.flotilla('set', cluster, '--version', '4.0.1');
  const issue = await eventually('a drift issue', async () => (await person.issues('open')).find(({ title }) => title.includes(cluster)));
  show(`#${issue.number} ${issue.title}\n\n${issue.body}`);
  await person.flotilla('set', cluster, '--replicas', '5');
  const updated = await eventually('the same issue, with both differences', async () =>
    (await person.issues('open')).find(({ number, body }) => number === issue.number && body?.includes('replicas')),
  );
  show(updated.body ?? '');
  await person.flotilla('set', cluster, '--version', '4.1.1');
  await person.flotilla('set', cluster, '--replicas', '3');
  const closed = await eventually('the issue closed by itself', async () =>
    (await person.issues('closed')).find(({ number }) => number === issue.number),
  );
  show(`#${closed.number} is closed.`);
}

/** Prints each new title of the rollout check until it is completed. */
async function follow(person: Person, commit: string): Promise<void> {
  let last = '';
  await eventually(`the rollout of ${commit.slice(0, 8)} to end`, async () => {
    const [check] = await person.check(commit, ROLLOUT);
    const title = check?.output.title ?? '';
    if (title !== '' && title !== last) {
      last = title;
      show(title);
    }
    return check?.status === 'completed' ? true : undefined;
  });
}

const planOf = async (person: Person, commit: string, conclusion: string): Promise<string> => {
  const check = await checkOf(person, commit, PLAN, conclusion);
  return `${PLAN}: ${check.output.title}`;
};

function checkOf(person: Person, commit: string, name: string, conclusion: string) {
  return eventually(`${name} on ${commit.slice(0, 8)}: ${conclusion}`, async () =>
    (await person.check(commit, name)).find((check) => check.conclusion === conclusion),
  );
}

function commentOf(person: Person, pull: number, saying: string): Promise<string> {
  return eventually(`a comment on #${pull} that says "${saying}"`, async () => {
    const comments = await person.comments(pull);
    if (comments.length > 1) throw new Error(`${comments.length} comments on #${pull}`);
    const body = comments[0]?.body;
    return body?.includes(saying) === true ? body : undefined;
  });
}

function heading(title: string): void {
  process.stdout.write(`\n${'='.repeat(title.length)}\n${title}\n${'='.repeat(title.length)}\n`);
}

function show(text: string): void {
  process.stdout.write(`\n${text.replace(/^/gm, '  | ')}\n`);
}
