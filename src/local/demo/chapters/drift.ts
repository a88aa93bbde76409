import { show } from '../look.ts';
import { eventually, type Person } from '../person.ts';

export async function drift(person: Person): Promise<void> {
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
