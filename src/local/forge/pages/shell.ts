import { flash } from '../../../http/html/components.ts';
import { type Content, type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { type NavLink, renderLayout } from '../../../http/html/layout.ts';
import { stylesheet } from '../../../http/html/stylesheet.ts';
import { addressOf } from './addresses.ts';
import type { RepositoryRef, ShellView } from './views.ts';

export interface ForgePage {
  readonly title: string;
  readonly repository?: RepositoryRef;
  readonly tab?: 'code' | 'issues' | 'pulls';
  readonly main: Content;
  /** Something on it is still going on. */
  readonly pending?: boolean;
}

/** Seconds between two looks while a check runs: a rollout in local mode takes a few of them for each cluster. */
const LIVE_SECONDS = 2;

/** A page of the forge: navigation, who is signed in, and what the last action said. */
export function renderForgePage(shell: ShellView, page: ForgePage): string {
  const { repository } = page;
  return renderLayout({
    title: repository === undefined ? page.title : `${page.title} · ${repository.owner}/${repository.name}`,
    site: { name: 'Local forge', href: '/' },
    nav: siteNav(shell),
    account: switchUser(shell),
    stylesheet: stylesheet.path,
    liveSeconds: page.pending === true ? LIVE_SECONDS : undefined,
    main: html`${shell.flash !== undefined && flash(shell.flash.tone, shell.flash.text)}
${repository !== undefined && repositoryHead(repository, page.tab)}
${page.main}`,
    footer: html`<p>A small stand-in for GitHub, for this machine only. Repositories are real git; sign-in is a choice of name.</p>`,
  });
}

/** A form that changes something; without the token it is refused. */
export function postForm(shell: ShellView, action: string, content: Content, attributes: Content = undefined): Html {
  return html`<form method="post" action="${action}"${attributes}><input type="hidden" name="csrf" value="${shell.csrf}">${content}</form>`;
}

function siteNav(shell: ShellView): readonly NavLink[] {
  const { dataPlane, bot } = shell.links;
  return [
    { href: '/', label: 'Repositories', current: shell.path === '/' },
    ...(bot === undefined ? [] : [{ href: bot, label: 'Bot' }]),
    ...(dataPlane === undefined ? [] : [{ href: dataPlane, label: 'Data plane' }]),
    { href: '/_forge/deliveries', label: 'Deliveries', current: shell.path.startsWith('/_forge/deliveries') },
  ];
}

function switchUser(shell: ShellView): Html {
  const options = shell.users.map((user) => html`<option value="${user}"${user === shell.user && html` selected`}>${user}</option>`);
  return postForm(
    shell,
    '/_forge/session',
    html`<input type="hidden" name="back" value="${shell.path}">
<label for="signed-in-as">${icon('person')}<span>Signed in as</span></label>
<select id="signed-in-as" name="user">${options}</select>
<button class="small">Switch</button>`,
    html` class="switch-user"`,
  );
}

function repositoryHead(repository: RepositoryRef, tab: ForgePage['tab']): Html {
  const address = addressOf(repository);
  const tabs = [
    { key: 'code', href: address.home, label: 'Code', name: 'file', count: undefined },
    { key: 'issues', href: address.issues, label: 'Issues', name: 'circle', count: repository.openIssues },
    { key: 'pulls', href: address.pulls, label: 'Pull requests', name: 'pull', count: repository.openPulls },
  ] as const;
  return html`<div class="repository-head">
<p class="repository-name"><a href="${address.home}">${repository.owner}<span class="slash">/</span><strong>${repository.name}</strong></a></p>
<nav class="tabs" aria-label="Repository"><ul>${tabs.map(
    (each) =>
      html`<li><a href="${each.href}"${each.key === tab && html` aria-current="page"`}>${icon(each.name)}${each.label}${each.count !== undefined && each.count > 0 && html` <span class="count">${each.count}<span class="hidden"> open</span></span>`}</a></li>`,
  )}</ul></nav>
</div>`;
}
