import { isSha } from '../git/names.ts';
import { gitOf } from '../world.ts';
import { converse, merge, openPullRequest, pressCheckButton, revert, runCheckAgain } from './acts/conversation.ts';
import { commitEdit, editForm } from './acts/edit.ts';
import { addressOf } from './addresses.ts';
import { renderCommitPage, renderRunPage } from './commit.ts';
import { go, goWithTrouble, type PageAnswer, type PageContext, page, type RepositoryContext } from './context.ts';
import { renderDeliveriesPage } from './deliveries.ts';
import { renderErrorPage } from './error.ts';
import { renderFilePage } from './file.ts';
import { lineOf } from './form.ts';
import { renderHomePage } from './home.ts';
import { renderIssuePage } from './issue.ts';
import { renderIssuesPage, renderPullsPage } from './lists.ts';
import { checkView } from './load/checks.ts';
import { issueView, pullView } from './load/conversation.ts';
import { commitView, deliveriesView, newPullView, personView } from './load/others.ts';
import { fileView, findPlace, homeView, issueBriefs, pullBrief, repositoryRef, repositoryView, treeView } from './load/repository.ts';
import { renderNewPullPage } from './new-pull.ts';
import { renderPersonPage } from './person.ts';
import { renderPullPage } from './pull.ts';
import { renderRepositoryPage, renderTreePage } from './repository.ts';
import { switchTo } from './session.ts';

type Handler = (context: PageContext) => PageAnswer | Promise<PageAnswer>;

interface PageRoute {
  readonly method: 'GET' | 'POST';
  readonly pattern: RegExp;
  readonly handle: Handler;
}

const LIST_MAX = 200;

/** In order: the first that fits wins. `:name` is one segment, `*name` the rest. */
const ROUTES: readonly PageRoute[] = [
  get('/', (context) => page(renderHomePage(context.shell, homeView(context.world, context.session.account)))),
  get('/_forge/deliveries', (context) => page(renderDeliveriesPage(context.shell, deliveriesView(context.world)))),
  post('/_forge/deliveries/:id/redeliver', redeliver),
  post('/_forge/session', switchUser),
  get(
    '/:owner/:repo',
    inRepository(async (context) =>
      page(renderRepositoryPage(context.shell, await repositoryView(context.world, context.repository, context.session.account))),
    ),
  ),
  get('/:owner/:repo/pulls', inRepository(pullsPage)),
  get('/:owner/:repo/issues', inRepository(issuesPage)),
  get('/:owner/:repo/pull/:number', inRepository(pullPage)),
  get('/:owner/:repo/issues/:number', inRepository(issuePage)),
  post(
    '/:owner/:repo/pull/:number/comment',
    inRepository((context) => converse(context, 'pulls')),
  ),
  post(
    '/:owner/:repo/issues/:number/comment',
    inRepository((context) => converse(context, 'issues')),
  ),
  post('/:owner/:repo/pull/:number/merge', inRepository(merge)),
  post('/:owner/:repo/pull/:number/revert', inRepository(revert)),
  get('/:owner/:repo/compare', inRepository(comparePage)),
  get('/:owner/:repo/compare/*range', inRepository(comparePage)),
  post('/:owner/:repo/compare', inRepository(openPullRequest)),
  get('/:owner/:repo/commit/:sha', inRepository(commitPage)),
  get('/:owner/:repo/runs/:id', inRepository(runPage)),
  post('/:owner/:repo/runs/:id/action', inRepository(pressCheckButton)),
  post('/:owner/:repo/runs/:id/rerequest', inRepository(runCheckAgain)),
  get('/:owner/:repo/tree/*rest', inRepository(treePage)),
  get('/:owner/:repo/blob/*rest', inRepository(blobPage)),
  get('/:owner/:repo/edit/*rest', inRepository(editForm)),
  post('/:owner/:repo/edit/*rest', inRepository(commitEdit)),
  get('/:login', personPage),
];

/** @returns `undefined` when there is no such page, also when the address is not valid percent-encoding. */
export function findRoute(
  method: string,
  path: string,
): { readonly handle: Handler; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const route of ROUTES) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (found === null) continue;
    try {
      const params = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)] as const);
      return { handle: route.handle, params: Object.fromEntries(params) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function get(path: string, handle: Handler): PageRoute {
  return { method: 'GET', pattern: patternOf(path), handle };
}

function post(path: string, handle: Handler): PageRoute {
  return { method: 'POST', pattern: patternOf(path), handle };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)').replace(/\*(\w+)/g, '(?<$1>.+?)')}/?$`);
}

function inRepository(handle: (context: RepositoryContext) => PageAnswer | Promise<PageAnswer>): Handler {
  return (context) => {
    const { owner = '', repo = '' } = context.params;
    const repository = context.world.store.repositories.byName(owner, repo);
    return repository === undefined ? notFound(context, `There is no repository ${owner}/${repo}.`) : handle({ ...context, repository });
  };
}

export const notFound = (context: PageContext, words: string): PageAnswer =>
  page(renderErrorPage(context.shell, { title: 'Not found', words }), 404);

const addressesOf = (context: RepositoryContext) => addressOf({ owner: context.repository.owner_login, name: context.repository.name });

function pullsPage(context: RepositoryContext): PageAnswer {
  const { world, repository, shell } = context;
  const state = context.url.searchParams.get('state') === 'closed' ? 'closed' : 'open';
  const pulls = world.store.pulls
    .ofRepository(repository.id)
    .filter((pull) => pull.state === state)
    .reverse();
  const items = pulls.slice(0, LIST_MAX).map((pull) => pullBrief(world, repository, pull));
  return page(renderPullsPage(shell, { repository: repositoryRef(world, repository), state, items, cut: pulls.length > LIST_MAX }));
}

function issuesPage(context: RepositoryContext): PageAnswer {
  const { world, repository, shell } = context;
  const state = context.url.searchParams.get('state') === 'closed' ? 'closed' : 'open';
  const issues = issueBriefs(world, repository, state);
  return page(
    renderIssuesPage(shell, {
      repository: repositoryRef(world, repository),
      state,
      items: issues.slice(0, LIST_MAX),
      cut: issues.length > LIST_MAX,
    }),
  );
}

async function pullPage(context: RepositoryContext): Promise<PageAnswer> {
  const { world, repository, shell } = context;
  const number = numberOf(context.params['number']);
  const pull = world.store.pulls.byNumber(repository.id, number);
  if (pull !== undefined) return page(renderPullPage(shell, await pullView(world, repository, pull)));
  if (world.store.issues.byNumber(repository.id, number) !== undefined) return go(addressesOf(context).issue(number));
  return notFound(context, `There is no pull request #${context.params['number']}.`);
}

function issuePage(context: RepositoryContext): PageAnswer {
  const { world, repository, shell } = context;
  const number = numberOf(context.params['number']);
  // Issues and pull requests share one sequence, so `#12` in a text is linked here and sent on.
  if (world.store.pulls.byNumber(repository.id, number) !== undefined) return go(addressesOf(context).pull(number));
  const issue = world.store.issues.byNumber(repository.id, number);
  if (issue === undefined) return notFound(context, `There is no issue #${context.params['number']}.`);
  return page(renderIssuePage(shell, issueView(world, repository, issue)));
}

/** No row has the number 0. */
const numberOf = (text: string | undefined): number => (/^\d{1,9}$/.test(text ?? '') ? Number(text) : 0);

async function comparePage(context: RepositoryContext): Promise<PageAnswer> {
  const range = (context.params['range'] ?? '').split('...');
  const [base, head] = range.length === 2 ? range : [context.url.searchParams.get('base'), context.url.searchParams.get('head')];
  const view = await newPullView(context.world, context.repository, { base: base || undefined, head: head || undefined });
  return page(renderNewPullPage(context.shell, view));
}

async function commitPage(context: RepositoryContext): Promise<PageAnswer> {
  const { world, repository, shell } = context;
  const { sha = '' } = context.params;
  const full = /^[0-9a-f]{7,40}$/.test(sha) ? await gitOf(world, repository).commitOf(sha) : undefined;
  if (full === undefined) return notFound(context, `There is no commit ${sha}.`);
  return isSha(sha) ? page(renderCommitPage(shell, await commitView(world, repository, full))) : go(addressesOf(context).commit(full));
}

function runPage(context: RepositoryContext): PageAnswer {
  const { world, repository, shell } = context;
  const run = world.store.checks.run(numberOf(context.params['id']));
  if (run === undefined || run.repository_id !== repository.id) return notFound(context, `There is no check run ${context.params['id']}.`);
  return page(renderRunPage(shell, { repository: repositoryRef(world, repository), check: checkView(world, run) }));
}

async function treePage(context: RepositoryContext): Promise<PageAnswer> {
  const { world, repository, shell } = context;
  const place = await findPlace(gitOf(world, repository), context.params['rest'] ?? '');
  const view = place === undefined ? undefined : await treeView(world, repository, place);
  if (view !== undefined) return page(renderTreePage(shell, view));
  const isFile = place !== undefined && (await fileView(world, repository, place)) !== undefined;
  return isFile
    ? go(addressesOf(context).blob(place.branch, place.path))
    : notFound(context, `There is no folder ${context.params['rest']}.`);
}

async function blobPage(context: RepositoryContext): Promise<PageAnswer> {
  const { world, repository, shell } = context;
  const place = await findPlace(gitOf(world, repository), context.params['rest'] ?? '');
  const view = place === undefined ? undefined : await fileView(world, repository, place);
  return view === undefined ? notFound(context, `There is no file ${context.params['rest']}.`) : page(renderFilePage(shell, view));
}

function personPage(context: PageContext): PageAnswer {
  const account = context.world.store.accounts.byLogin(context.params['login'] ?? '');
  return account === undefined
    ? notFound(context, `Nobody here is called ${context.params['login']}.`)
    : page(renderPersonPage(context.shell, personView(context.world, account)));
}

function redeliver(context: PageContext): PageAnswer {
  const home = '/_forge/deliveries';
  return context.redeliver(numberOf(context.params['id']))
    ? go(home, 'It is sent again.')
    : goWithTrouble(home, 'There is no such delivery any more.');
}

function switchUser(context: PageContext): PageAnswer {
  const back = new URL(lineOf(context.fields, 'back'), context.url);
  // Only a page of this site: never the address of another one.
  const to = back.origin === context.url.origin ? `${back.pathname}${back.search}` : '/';
  const next = switchTo(context.world, context.session, lineOf(context.fields, 'user'));
  if (next === undefined) return goWithTrouble(to, 'There is no such user.');
  return { kind: 'go', to, flash: { tone: 'good', text: `You are ${next.account.login} now.` }, setCookie: next.setCookie };
}
