import type { Broker } from '../../core/evidence/observation.ts';
import { formatInstant } from '../../core/model/time.ts';
import { compareVersions } from '../../core/model/version.ts';
import { type Html, html } from '../../http/html/html.ts';
import { controls, fleetControls } from './page-forms.ts';
import { pageStyle } from './page-style.ts';
import { addressOf, type ClusterStatus, type PageView } from './status.ts';

/** All that one rendering needs. */
export interface PageInput extends PageView {
  readonly token: string;
  /** What the last form did. */
  readonly notice: string | undefined;
  /** Why the last form did nothing. */
  readonly problem: string | undefined;
}

const FILTERS: readonly (readonly [string, string])[] = [
  ['', 'all clusters'],
  ['moving', 'moving now'],
  ['broken', 'broken on purpose, or down'],
  ['changed', 'changed by hand'],
];

/** The page of the simulated data planes: works without script, by keyboard, and on a phone. */
export function renderPage(input: PageInput): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${input.refresh && html`<meta http-equiv="refresh" content="2">`}
<title>Simulated data planes</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${pageStyle.path}">
</head>
<body>
<a class="skip" href="#clusters">Skip to the clusters</a>
<header>
<h1>Simulated data planes</h1>
<p>Stand-ins for real clusters. What you break or change here, the bot sees as if it had happened to a real one.</p>
<p>It is <time>${formatInstant(input.now)}</time>. ${input.speed === 1 ? 'Clusters roll as fast as real ones' : `Clusters roll ${input.speed} times as fast as real ones`}.</p>
</header>
<main>
${messages(input)}
${fleetControls(input)}
<section aria-labelledby="clusters">
<h2 id="clusters" tabindex="-1">Clusters</h2>
${filter(input)}
<p role="status">${count(input)}</p>
${input.clusters.map((cluster) => row(cluster, input))}
${pager(input)}
</section>
</main>
</body>
</html>
`.markup;
}

function messages({ notice, problem, silentDataPlanes }: PageInput): Html {
  return html`${problem !== undefined && html`<p class="message bad" role="alert">Nothing was changed: ${problem}.</p>`}
${notice !== undefined && html`<p class="message good" role="status">Done. ${notice}.</p>`}
${silentDataPlanes.length > 0 && html`<p class="message bad">Made unreachable: ${silentDataPlanes.join(', ')}. Nobody there answers the bot.</p>`}`;
}

function filter(input: PageInput): Html {
  const option = (value: string, label: string, chosen: string) =>
    html`<option value="${value}"${value === chosen && html` selected`}>${label}</option>`;
  return html`<form class="bar" method="get" action="/" role="search">
<label>Search <input type="search" name="q" value="${input.search}" placeholder="name, product"></label>
<label>Data plane <select name="plane">${option('', 'all', input.dataPlane)}${input.dataPlanes.map((name) => option(name, name, input.dataPlane))}</select></label>
<label>Show <select name="only">${FILTERS.map(([value, label]) => option(value, label, input.only))}</select></label>
<label class="check"><input type="checkbox" name="refresh" value="on"${input.refresh && html` checked`}> reload every 2 seconds</label>
<button>Show</button>
</form>`;
}

function count(input: PageInput): string {
  const some = input.matching === input.total ? `${input.total} clusters` : `${input.matching} of ${input.total} clusters`;
  return input.pages === 1 ? `${some}.` : `${some}; page ${input.page} of ${input.pages}.`;
}

function row(cluster: ClusterStatus, input: PageInput): Html {
  const { inside } = cluster;
  const name = inside.cluster;
  // Two data planes may have a cluster of one name.
  const id = `${inside.dataPlane}.${inside.cluster}`;
  return html`<article aria-labelledby="${id}">
<h3 id="${id}">${name}</h3>
<p class="facts">${cluster.product} <b>${versions(cluster)}</b> on ${inside.dataPlane} ${badges(cluster)}</p>
<ol class="brokers" start="0" aria-label="Brokers of ${name}">${inside.brokers.map(broker)}</ol>
${inside.detail !== undefined && html`<p class="detail">${inside.detail}</p>`}
${controls(cluster, input)}
</article>`;
}

function versions({ inside }: ClusterStatus): string {
  const distinct = [...new Set(inside.brokers.map((one) => one.version))].sort(compareVersions);
  return distinct.length === 0 ? inside.running.version : distinct.join(' and ');
}

function badges({ inside, faults, byHand, reachable }: ClusterStatus): readonly Html[] {
  const badge = (kind: string, words: string) => html`<span class="badge ${kind}">${words}</span> `;
  const moving = inside.brokers.some((one) => one.state === 'restarting');
  return [
    inside.healthy ? badge('good', 'healthy') : badge('bad', 'not healthy'),
    ...(moving ? [badge('busy', 'moving')] : []),
    ...(inside.held ? [badge('busy', 'held')] : []),
    ...(reachable ? [] : [badge('bad', 'unreachable')]),
    ...(byHand ? [badge('warn', 'changed by hand')] : []),
    ...faults.map((fault) => badge('warn', `fault: ${fault}`)),
  ];
}

/** Words, not colours alone, say how a broker is. */
function broker(one: Broker): Html {
  const kind = { ready: 'good', restarting: 'busy', waiting: 'idle', 'crash-loop': 'bad', stuck: 'bad' }[one.state];
  return html`<li class="${kind}">${one.ordinal}: ${one.version} <span>${one.state}</span></li>`;
}

function pager(input: PageInput): Html | undefined {
  if (input.pages === 1) return undefined;
  const link = (page: number, words: string) => html`<a href="/?${addressOf(input, page)}">${words}</a> `;
  return html`<nav aria-label="Pages">${input.page > 1 && link(input.page - 1, 'Previous page')}${input.page < input.pages && link(input.page + 1, 'Next page')}</nav>`;
}
