import { troubleOf } from '../http/answer.ts';
import { isJsonObject } from '../json.ts';
import { addressOf } from './addresses.ts';
import { go, goWithTrouble, lineOf, type PageAnswer, type RepositoryContext, textOf } from './context.ts';

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
    const answer = await context.api('POST', `${pathOf(context)}/issues/${number}/comments`, { body });
    const trouble = troubleOf(answer);
    if (trouble !== undefined) return goWithTrouble(home, trouble);
    if (wanted === 'comment') return go(`${home}#comment-${isJsonObject(answer.body) ? answer.body['id'] : ''}`);
  }
  const state = wanted === 'close' ? 'closed' : 'open';
  const trouble = troubleOf(await context.api('PATCH', `${pathOf(context)}/${kind}/${number}`, { state }));
  return trouble === undefined ? go(home, wanted === 'close' ? 'Closed.' : 'Reopened.') : goWithTrouble(home, trouble);
}

export async function merge(context: RepositoryContext): Promise<PageAnswer> {
  const number = Number(context.params['number']);
  const home = addressOf({ owner: context.repository.owner_login, name: context.repository.name }).pull(number);
  const body = { merge_method: context.fields.get('method') ?? 'merge', sha: context.fields.get('sha') ?? '' };
  const trouble = troubleOf(await context.api('PUT', `${pathOf(context)}/pulls/${number}/merge`, body));
  return trouble === undefined ? go(home, 'Merged. What happens now is under “Checks after the merge”.') : goWithTrouble(home, trouble);
}

export async function openPullRequest(context: RepositoryContext): Promise<PageAnswer> {
  const address = addressOf({ owner: context.repository.owner_login, name: context.repository.name });
  const [base, head] = [lineOf(context.fields, 'base'), lineOf(context.fields, 'head')];
  const body = { title: lineOf(context.fields, 'title'), head, base, body: textOf(context.fields, 'body') };
  const answer = await context.api('POST', `${pathOf(context)}/pulls`, body);
  const trouble = troubleOf(answer);
  if (trouble !== undefined) return goWithTrouble(address.compare(base, head), trouble);
  return go(address.pull(isJsonObject(answer.body) ? Number(answer.body['number']) : 0), 'Opened.');
}

/** A button of GitHub's that its REST API does not have. */
export async function revert(context: RepositoryContext): Promise<PageAnswer> {
  const number = Number(context.params['number']);
  const address = addressOf({ owner: context.repository.owner_login, name: context.repository.name });
  const answer = await context.api('POST', `/_forge${pathOf(context)}/pulls/${number}/revert`);
  const trouble = troubleOf(answer);
  if (trouble !== undefined) return goWithTrouble(address.pull(number), trouble);
  return go(address.pull(isJsonObject(answer.body) ? Number(answer.body['number']) : 0), 'Opened. Merge it to roll the clusters back.');
}

/** A button of a check: the app hears of it by webhook. */
export async function pressCheckButton(context: RepositoryContext): Promise<PageAnswer> {
  const id = Number(context.params['id']);
  const home = addressOf({ owner: context.repository.owner_login, name: context.repository.name }).run(id);
  const body = { identifier: context.fields.get('identifier') ?? '' };
  const trouble = troubleOf(await context.api('POST', `/_forge${pathOf(context)}/check-runs/${id}/actions`, body));
  return trouble === undefined ? go(home, 'The app was told.') : goWithTrouble(home, trouble);
}

export async function runCheckAgain(context: RepositoryContext): Promise<PageAnswer> {
  const id = Number(context.params['id']);
  const home = addressOf({ owner: context.repository.owner_login, name: context.repository.name }).run(id);
  const trouble = troubleOf(await context.api('POST', `${pathOf(context)}/check-runs/${id}/rerequest`));
  return trouble === undefined ? go(home, 'The app was asked to run it again.') : goWithTrouble(home, trouble);
}
