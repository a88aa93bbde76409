import type { Broker } from '../../core/evidence/observation.ts';
import { formatInstant } from '../../core/model/time.ts';
import { compareVersions } from '../../core/model/version.ts';
import { controls, fleetControls } from './page-forms.ts';
import { escapeHtml, STYLE } from './page-style.ts';
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
  const refresh = input.refresh ? '<meta http-equiv="refresh" content="2">' : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh}
<title>Simulated data planes</title>
<style>${STYLE}</style>
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
${input.clusters.map((cluster) => row(cluster, input)).join('\n')}
${pager(input)}
</section>
</main>
</body>
</html>
`;
}

function messages({ notice, problem, silentDataPlanes }: PageInput): string {
  const parts: string[] = [];
  if (problem !== undefined) parts.push(`<p class="message bad" role="alert">Nothing was changed: ${escapeHtml(problem)}.</p>`);
  if (notice !== undefined) parts.push(`<p class="message good" role="status">Done. ${escapeHtml(notice)}.</p>`);
  if (silentDataPlanes.length > 0)
    parts.push(
      `<p class="message bad">Made unreachable: ${silentDataPlanes.map(escapeHtml).join(', ')}. Nobody there answers the bot.</p>`,
    );
  return parts.join('\n');
}

function filter(input: PageInput): string {
  const option = (value: string, label: string, chosen: string) =>
    `<option value="${escapeHtml(value)}"${value === chosen ? ' selected' : ''}>${escapeHtml(label)}</option>`;
  return `<form class="bar" method="get" action="/" role="search">
<label>Search <input type="search" name="q" value="${escapeHtml(input.search)}" placeholder="name, product"></label>
<label>Data plane <select name="plane">${option('', 'all', input.dataPlane)}${input.dataPlanes.map((name) => option(name, name, input.dataPlane)).join('')}</select></label>
<label>Show <select name="only">${FILTERS.map(([value, label]) => option(value, label, input.only)).join('')}</select></label>
<label class="check"><input type="checkbox" name="refresh" value="on"${input.refresh ? ' checked' : ''}> reload every 2 seconds</label>
<button>Show</button>
</form>`;
}

function count(input: PageInput): string {
  const some = input.matching === input.total ? `${input.total} clusters` : `${input.matching} of ${input.total} clusters`;
  return input.pages === 1 ? `${some}.` : `${some}; page ${input.page} of ${input.pages}.`;
}

function row(cluster: ClusterStatus, input: PageInput): string {
  const { inside } = cluster;
  const name = escapeHtml(inside.cluster);
  // Two data planes may have a cluster of one name.
  const id = escapeHtml(`${inside.dataPlane}.${inside.cluster}`);
  return `<article aria-labelledby="${id}">
<h3 id="${id}">${name}</h3>
<p class="facts">${escapeHtml(cluster.product)} <b>${escapeHtml(versions(cluster))}</b> on ${escapeHtml(inside.dataPlane)} ${badges(cluster)}</p>
<ol class="brokers" start="0" aria-label="Brokers of ${name}">${inside.brokers.map(broker).join('')}</ol>
${inside.detail === undefined ? '' : `<p class="detail">${escapeHtml(inside.detail)}</p>`}
${controls(cluster, input)}
</article>`;
}

function versions({ inside }: ClusterStatus): string {
  const distinct = [...new Set(inside.brokers.map((one) => one.version))].sort(compareVersions);
  return distinct.length === 0 ? inside.running.version : distinct.join(' and ');
}

function badges({ inside, faults, byHand, reachable }: ClusterStatus): string {
  const badge = (kind: string, words: string) => `<span class="badge ${kind}">${escapeHtml(words)}</span>`;
  const moving = inside.brokers.some((one) => one.state === 'restarting');
  const parts = [
    inside.healthy ? badge('good', 'healthy') : badge('bad', 'not healthy'),
    ...(moving ? [badge('busy', 'moving')] : []),
    ...(inside.held ? [badge('busy', 'held')] : []),
    ...(reachable ? [] : [badge('bad', 'unreachable')]),
    ...(byHand ? [badge('warn', 'changed by hand')] : []),
    ...faults.map((fault) => badge('warn', `fault: ${fault}`)),
  ];
  return parts.join(' ');
}

/** Words, not colours alone, say how a broker is. */
function broker(one: Broker): string {
  const kind = { ready: 'good', restarting: 'busy', waiting: 'idle', 'crash-loop': 'bad', stuck: 'bad' }[one.state];
  return `<li class="${kind}">${one.ordinal}: ${escapeHtml(one.version)} <span>${one.state}</span></li>`;
}

function pager(input: PageInput): string {
  if (input.pages === 1) return '';
  const link = (page: number, words: string) => `<a href="/?${escapeHtml(addressOf(input, page))}">${words}</a>`;
  const parts = [
    ...(input.page > 1 ? [link(input.page - 1, 'Previous page')] : []),
    ...(input.page < input.pages ? [link(input.page + 1, 'Next page')] : []),
  ];
  return `<nav aria-label="Pages">${parts.join(' ')}</nav>`;
}
