import { eventually, type Person } from './person.ts';

export const PLAN = 'flotilla / plan';
export const ROLLOUT = 'flotilla / rollout';

/** Prints each new title of the rollout check until it is completed. */
export async function follow(person: Person, commit: string): Promise<void> {
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

export const planOf = async (person: Person, commit: string, conclusion: string): Promise<string> => {
  const check = await checkOf(person, commit, PLAN, conclusion);
  return `${PLAN}: ${check.output.title}`;
};

export function checkOf(person: Person, commit: string, name: string, conclusion: string) {
  return eventually(`${name} on ${commit.slice(0, 8)}: ${conclusion}`, async () =>
    (await person.check(commit, name)).find((check) => check.conclusion === conclusion),
  );
}

export function commentOf(person: Person, pull: number, saying: string): Promise<string> {
  return eventually(`a comment on #${pull} that says "${saying}"`, async () => {
    const comments = await person.reports(pull);
    if (comments.length > 1) throw new Error(`${comments.length} comments about #${pull}`);
    const body = comments[0]?.body;
    return body?.includes(saying) === true ? body : undefined;
  });
}

/** The one new comment that says what waits for a person, and for whom. */
export function noticeOf(person: Person, pull: number): Promise<string> {
  return eventually(`a new comment on #${pull} that asks for a person`, async () => {
    const notices = await person.notices(pull);
    if (notices.length > 1) throw new Error(`${notices.length} notices on #${pull}`);
    return notices[0]?.body;
  });
}

/** What a reader sees of a comment without unfolding anything. */
export function opening(comment: string): string {
  return comment
    .replace(/<details>[\s\S]*?<\/details>\s*/g, '')
    .replace(/<!--[\s\S]*?-->\s*/g, '')
    .trim();
}

export function heading(title: string): void {
  process.stdout.write(`\n${'='.repeat(title.length)}\n${title}\n${'='.repeat(title.length)}\n`);
}

export function show(text: string): void {
  process.stdout.write(`\n${text.replace(/^/gm, '  | ')}\n`);
}
