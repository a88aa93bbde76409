import { converse, merge, openPullRequest, pressCheckButton, revert, runCheckAgain } from './acts.ts';
import { addressOf } from './addresses.ts';
import { renderRunPage } from './checks.ts';
import { go, goWithTrouble, lineOf, type PageAnswer, type PageContext, page, type RepositoryContext } from './context.ts';
import { renderDeliveriesPage } from './deliveries.ts';
import { renderErrorPage } from './error.ts';
import { renderHomePage } from './home.ts';
import { renderIssuePage } from './issue.ts';
import { renderIssuesPage, renderPullsPage } from './lists.ts';
import { checkView } from './load/checks.ts';
import { issueView, pullView } from './load/conversation.ts';
import { deliveriesView, newPullView } from './load/others.ts';
import { homeView, issueBriefs, pullBrief, repositoryRef, repositoryView } from './load/repository.ts';
import { renderNewPullPage } from './new-pull.ts';
import { renderPullPage } from './pull.ts';
import { renderRepositoryPage } from './repository.ts';
import { switchTo } from './session.ts';

type Handler = (context: PageContext) => PageAnswer | Promise<PageAnswer>;

const LIST_MAX = 200;

export const GETS: Readonly<Record<string, Handler>> = {
  '/': (context) => page(renderHomePage(context.shell, homeView(context.world, context.session.account))),
  '/_forge/deliveries': (context) => page(renderDeliveriesPage(context.shell, deliveriesView(context.world))),
  '/:owner/:repo': inRepository(async (context) =>
    page(renderRepositoryPage(context.shell, await repositoryView(context.world, context.repository, context.session.account))),
  ),
  '/:owner/:repo/pulls': inRepository(pullsPage),
  '/:owner/:repo/issues': inRepository(issuesPage),
  '/:owner/:repo/pull/:number': inRepository(pullPage),
  '/:owner/:repo/issues/:number': inRepository(issuePage),
  '/:owner/:repo/compare': inRepository(comparePage),
  '/:owner/:repo/compare/:range{.+}': inRepository(comparePage),
  '/:owner/:repo/runs/:id': inRepository(runPage),
};

export const POSTS: Readonly<Record<string, Handler>> = {
  '/_forge/deliveries/:id/redeliver': redeliver,
  '/_forge/session': switchUser,
  '/:owner/:repo/pull/:number/comment': inRepository((context) => converse(context, 'pulls')),
  '/:owner/:repo/issues/:number/comment': inRepository((context) => converse(context, 'issues')),
  '/:owner/:repo/pull/:number/merge': inRepository(merge),
  '/:owner/:repo/pull/:number/revert': inRepository(revert),
  '/:owner/:repo/compare': inRepository(openPullRequest),
  '/:owner/:repo/runs/:id/action': inRepository(pressCheckButton),
  '/:owner/:repo/runs/:id/rerequest': inRepository(runCheckAgain),
};

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

function runPage(context: RepositoryContext): PageAnswer {
  const { world, repository, shell } = context;
  const run = world.store.checks.run(numberOf(context.params['id']));
  if (run === undefined || run.repository_id !== repository.id) return notFound(context, `There is no check run ${context.params['id']}.`);
  return page(renderRunPage(shell, { repository: repositoryRef(world, repository), check: checkView(world, run) }));
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
