import { revertPull } from '../../actions/revert.ts';
import type { Caller } from '../../http/callers.ts';
import { isJsonObject } from '../../json.ts';
import { addressOf } from '../addresses.ts';
import { go, goWithTrouble, type PageAnswer, type RepositoryContext } from '../context.ts';
import { lineOf, textOf } from '../form.ts';
import { refusalWords, troubleOf } from './trouble.ts';

const callerOf = (context: RepositoryContext): Caller => ({ kind: 'user', account: context.session.account });
const pathOf = (context: RepositoryContext): string => `/repos/${context.repository.owner_login}/${context.repository.name}`;

/** Comments, closes, reopens; closing with a text comments first, as on GitHub. */
export async function converse(context: RepositoryContext, kind: 'issues' | 'pulls'): Promise<PageAnswer> {
  const number = Number(context.params['number']);
  const address = addressOf({ owner: context.repository.owner_login, name: context.repository.name });
  const home = kind === 'pulls' ? address.pull(number) : address.issue(number);
  const body = textOf(context.fields, 'body');
  const wanted = context.fields.get('do') ?? 'comment';
  if (wanted === 'comment' && body.trim() === '') return goWithTrouble(home, 'Write something before you comment.');
  if (body.trim() !== '') {
    const answer = await context.api(callerOf(context), {
      method: 'POST',
      path: `${pathOf(context)}/issues/${number}/comments`,
      body: { body },
    });
    const trouble = troubleOf(answer);
    if (trouble !== undefined) return goWithTrouble(home, trouble);
    if (wanted === 'comment') return go(`${home}#comment-${isJsonObject(answer.body) ? answer.body['id'] : ''}`);
  }
  const state = wanted === 'close' ? 'closed' : 'open';
  const trouble = troubleOf(
    await context.api(callerOf(context), { method: 'PATCH', path: `${pathOf(context)}/${kind}/${number}`, body: { state } }),
  );
  return trouble === undefined ? go(home, wanted === 'close' ? 'Closed.' : 'Reopened.') : goWithTrouble(home, trouble);
}

export async function merge(context: RepositoryContext): Promise<PageAnswer> {
  const number = Number(context.params['number']);
  const home = addressOf({ owner: context.repository.owner_login, name: context.repository.name }).pull(number);
  const body = { merge_method: context.fields.get('method') ?? 'merge', sha: context.fields.get('sha') ?? '' };
  const trouble = troubleOf(
    await context.api(callerOf(context), { method: 'PUT', path: `${pathOf(context)}/pulls/${number}/merge`, body }),
  );
  return trouble === undefined ? go(home, 'Merged. What happens now is under “Checks after the merge”.') : goWithTrouble(home, trouble);
}

export async function openPullRequest(context: RepositoryContext): Promise<PageAnswer> {
  const address = addressOf({ owner: context.repository.owner_login, name: context.repository.name });
  const [base, head] = [lineOf(context.fields, 'base'), lineOf(context.fields, 'head')];
  const body = { title: lineOf(context.fields, 'title'), head, base, body: textOf(context.fields, 'body') };
  const answer = await context.api(callerOf(context), { method: 'POST', path: `${pathOf(context)}/pulls`, body });
  const trouble = troubleOf(answer);
  if (trouble !== undefined) return goWithTrouble(address.compare(base, head), trouble);
  return go(address.pull(isJsonObject(answer.body) ? Number(answer.body['number']) : 0), 'Opened.');
}

/** A button of GitHub's that its REST API does not have. */
export async function revert(context: RepositoryContext): Promise<PageAnswer> {
  const number = Number(context.params['number']);
  const address = addressOf({ owner: context.repository.owner_login, name: context.repository.name });
  const trouble = roleTrouble(context);
  if (trouble !== undefined) return goWithTrouble(address.pull(number), trouble);
  try {
    const opened = await revertPull(context.world, context.repository, number, context.session.account);
    return go(address.pull(opened.number), 'Opened. Merge it to roll the clusters back.');
  } catch (error) {
    return goWithTrouble(address.pull(number), refusalWords(error));
  }
}

/** What the REST API checks by itself, for the actions that it does not have. */
export function roleTrouble(context: RepositoryContext): string | undefined {
  const role = context.world.store.repositories.roleOf(context.repository.id, context.session.account.id) ?? 'read';
  if (role !== 'read' && role !== 'triage') return undefined;
  return `${context.session.account.login} may only read this repository. Switch to a user who may write to it.`;
}
