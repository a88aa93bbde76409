import { panel, plural } from '../../../http/html/components.ts';
import { type Html, html } from '../../../http/html/html.ts';
import { icon } from '../../../http/html/icons.ts';
import { addressOf } from './addresses.ts';
import { cloneBox } from './repository.ts';
import { renderForgePage } from './shell.ts';
import type { HomeView, ShellView } from './views.ts';

export function renderHomePage(shell: ShellView, view: HomeView): string {
  return renderForgePage(shell, {
    title: 'Repositories',
    main: html`<div class="page-head"><h1>Repositories</h1><p>Everything here runs on this machine: a small forge with real git, the bot that watches it, and simulated clusters.</p></div>
${view.repositories.length === 0 ? html`<p class="empty">No repository yet.</p>` : view.repositories.map((repository) => repositoryPanel(shell, repository))}
${view.repositories[0] !== undefined && whatToTry(shell, view.repositories[0])}`,
  });
}

type Repository = HomeView['repositories'][number];

function repositoryPanel(shell: ShellView, repository: Repository): Html {
  const address = addressOf(repository);
  return panel({
    title: html`<a href="${address.home}">${repository.owner}/${repository.name}</a>`,
    body: html`<div class="panel-body">${repository.description !== undefined && html`<p>${repository.description}</p>`}
${cloneBox(shell, repository.clone)}
<p class="links"><a href="${address.pulls}">${icon('pull')}${plural(repository.openPulls, 'open pull request')}</a> <a href="${address.issues}">${icon('circle')}${plural(repository.openIssues, 'open issue')}</a></p></div>`,
  });
}

function whatToTry(shell: ShellView, repository: Repository): Html {
  const address = addressOf(repository);
  const { dataPlane } = shell.links;
  return panel({
    title: 'What to try',
    body: html`<ol class="steps">
<li><strong>Read a plan.</strong> Open <a href="${address.pulls}">a pull request</a>: the check and the comment say what would change, where, and in which order.</li>
<li><strong>Change a version.</strong> Clone, edit a <code>Release</code>, push a branch, and open a pull request for it on <a href="${address.home}">the page of the repository</a>. Break the YAML to see the check point at the line.</li>
<li><strong>Merge it.</strong> The check on the merged commit and the comment follow the rollout, phase by phase.</li>
<li><strong>Break a release.</strong> <code>npx flotilla local break --all --with crash-loop --version VERSION</code>${dataPlane !== undefined && html`, or a button on <a href="${dataPlane}">the data plane</a>`}: the canaries fail and nothing after them is touched. Revert the merge to go back.</li>
<li><strong>Change a cluster behind the bot’s back.</strong> <code>npx flotilla local set CLUSTER --version VERSION</code>: <a href="${address.issues}">an issue</a> reports the drift, and closes when it is gone.</li>
<li><strong>Stop the bot,</strong> merge something, and start it again: it catches up. What was sent to it meanwhile is under <a href="/_forge/deliveries">deliveries</a>.</li>
</ol>`,
  });
}
