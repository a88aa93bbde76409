import type { FleetId } from '../core/model/ids.ts';
import { formatDuration, formatInstant } from '../core/model/time.ts';
import type { Drift } from '../core/reconcile/drift.ts';
import type { RolloutStatus, TargetStatus } from '../core/reconcile/state.ts';
import type { RolloutNow } from '../loop/rollout-now.ts';
import type { FleetRecord, RolloutSummary } from '../ports/state-store.ts';
import { badge, emptyNote, moment, panel, plural, type Tone } from './html/components.ts';
import { type Content, type Html, html } from './html/html.ts';
import type { IconName } from './html/icons.ts';
import { renderLayout } from './html/layout.ts';
import { stylesheet } from './html/stylesheet.ts';

export interface StatusShell {
  readonly local: boolean;
  readonly speed: number;
  readonly nowMs: number;
  /** Lets the forms command rollouts; `undefined` where the API is the only way. */
  readonly commandToken: string | undefined;
}

export interface FleetView {
  readonly fleet: FleetRecord;
  readonly rollouts: readonly RolloutSummary[];
  readonly drifts: readonly Drift[];
}

const LIVE_SECONDS = 2;

const ROLLOUT_BADGES: Readonly<Record<RolloutStatus, readonly [Tone, IconName, string]>> = {
  'awaiting-approval': ['warn', 'hand', 'waiting for approval'],
  running: ['busy', 'clock', 'running'],
  paused: ['bad', 'stop', 'paused'],
  aborted: ['bad', 'cross', 'aborted'],
  superseded: ['calm', 'circle', 'superseded'],
  completed: ['good', 'check', 'completed'],
  'completed-with-deferrals': ['warn', 'warning', 'completed, some deferred'],
};

const TARGET_BADGES: Readonly<Record<TargetStatus, readonly [Tone, IconName]>> = {
  waiting: ['calm', 'circle'],
  applying: ['busy', 'clock'],
  rolling: ['busy', 'clock'],
  soaking: ['busy', 'clock'],
  held: ['warn', 'hand'],
  succeeded: ['good', 'check'],
  failed: ['bad', 'cross'],
  unreachable: ['bad', 'warning'],
  deferred: ['warn', 'warning'],
  skipped: ['calm', 'check'],
  removed: ['calm', 'circle'],
  superseded: ['calm', 'circle'],
};

export function renderFleetsPage(shell: StatusShell, fleets: readonly FleetView[]): string {
  return layout(
    shell,
    'Rollouts',
    html`<h1>Rollouts</h1>${speedNote(shell)}<div id="fleets" data-live>${fleets.length === 0 ? emptyNote('No repository is watched yet. Install the app on one; it appears here within seconds.') : fleets.map((one) => fleetPanel(shell, one))}</div>`,
  );
}

export function renderRolloutPage(shell: StatusShell, fleet: FleetId, now: RolloutNow): string {
  const { summary, state } = now;
  const main = html`<h1>${summary.title}</h1>
<p>${statusBadge(state.status)} ${summary.kind} of ${plural(state.targets.size, 'cluster')} by ${summary.author}, begun ${moment(new Date(state.createdAt).toISOString(), shell.nowMs)}</p>
${speedNote(shell)}
<div id="rollout" data-live>
${state.pause !== undefined && html`<div class="flash tone-bad" role="alert"><p>Paused by ${state.pause.by}: ${state.pause.reason}</p></div>`}
${phaseTable(now)}
${targetTable(shell, now)}
</div>
${state.finishedAt === undefined && commandForms(shell, fleet, now)}`;
  return layout(shell, summary.title, main, [{ href: '/', label: 'Rollouts' }]);
}

function layout(
  shell: StatusShell,
  title: string,
  main: Html,
  trail: readonly { readonly href: string; readonly label: Content }[] = [],
): string {
  return renderLayout({
    title,
    site: { name: 'Flotilla', href: '/' },
    nav: [
      { href: '/', label: 'Rollouts', current: true },
      { href: '/metrics', label: 'Metrics' },
    ],
    trail,
    main,
    footer: html`<p>${shell.local ? 'Local mode' : 'Flotilla'} · ${formatInstant(shell.nowMs as Parameters<typeof formatInstant>[0])}</p>`,
    stylesheet: stylesheet.path,
    liveSeconds: LIVE_SECONDS,
  });
}

const speedNote = (shell: StatusShell): Html | undefined =>
  shell.speed === 1 ? undefined : html`<p>Bakes and simulated clusters run ${shell.speed} times faster than written.</p>`;

const statusBadge = (status: RolloutStatus): Html => badge(...ROLLOUT_BADGES[status]);

function fleetPanel(shell: StatusShell, { fleet, rollouts, drifts }: FleetView): Html {
  const rows = rollouts.map(
    (rollout) =>
      html`<tr><td>${statusBadge(rollout.status)}</td><td><a href="/fleets/${fleet.id}/rollouts/${rollout.id}">${rollout.title}</a>${rollout.pull !== undefined && html` #${rollout.pull}`}</td><td>${counts(rollout.counts)}</td><td>${moment(new Date(rollout.createdAt).toISOString(), shell.nowMs)}</td></tr>`,
  );
  const head =
    fleet.goodHead === undefined ? 'no commit with valid manifests yet' : html`desired state of <code>${fleet.goodHead.slice(0, 8)}</code>`;
  const broken =
    fleet.seenHead !== undefined &&
    fleet.seenHead !== fleet.goodHead &&
    html`<p>${badge('bad', 'warning', 'broken manifests')} at <code>${fleet.seenHead.slice(0, 8)}</code>: the last good commit stays in force.</p>`;
  return panel({
    title: `${fleet.owner}/${fleet.name}`,
    aside: drifts.length === 0 ? badge('good', 'check', 'no drift') : badge('warn', 'warning', plural(drifts.length, 'drift')),
    body: html`<div class="panel-body"><p>${head}</p>${broken}</div>${rows.length === 0 ? emptyNote('No rollout yet. Merge a pull request that changes a manifest.') : html`<div class="table-scroll" tabindex="0"><table class="list"><thead><tr><th scope="col">State</th><th scope="col">Change</th><th scope="col">Clusters</th><th scope="col">Begun</th></tr></thead><tbody>${rows}</tbody></table></div>`}`,
  });
}

const counts = (by: Readonly<Record<string, number>>): string =>
  Object.entries(by)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');

function phaseTable({ plan, state }: RolloutNow): Html {
  const rows = plan.phases.map((phase) => {
    const done = phase.members.filter((cluster) => ['succeeded', 'skipped'].includes(state.targets.get(cluster)?.status ?? '')).length;
    return html`<tr><td>${phase.release}</td><td>${phase.name}${phase.canary && ' (canary)'}</td><td>${state.phases.get(phase.id)?.status}</td><td>${done} of ${phase.members.length}</td><td>${formatDuration(phase.bakeMs)}</td></tr>`;
  });
  return panel({
    title: 'Phases',
    body: html`<div class="table-scroll" tabindex="0"><table class="list"><thead><tr><th scope="col">Release</th><th scope="col">Phase</th><th scope="col">State</th><th scope="col">Done</th><th scope="col">Bake</th></tr></thead><tbody>${rows}</tbody></table></div>`,
  });
}

function targetTable(shell: StatusShell, { plan, state, holds }: RolloutNow): Html {
  const holdOf = new Map(holds.map((hold) => [hold.cluster, hold]));
  const rows = plan.phases.flatMap((phase) =>
    phase.members.map((cluster) => {
      const target = state.targets.get(cluster);
      const planned = plan.targets[cluster];
      if (target === undefined || planned === undefined) return html``;
      const why = target.detail ?? holdOf.get(cluster)?.reason.kind.replaceAll('-', ' ');
      const progress = target.progress === undefined ? '' : `${target.progress.done} of ${target.progress.total}`;
      return html`<tr><td><code>${cluster}</code></td><td>${phase.name}</td><td>${planned.from?.version ?? 'new'} → ${planned.spec.version}</td><td>${badge(...TARGET_BADGES[target.status], target.status)}</td><td>${progress}</td><td>${why}</td><td>${moment(new Date(target.since).toISOString(), shell.nowMs)}</td></tr>`;
    }),
  );
  return panel({
    title: 'Clusters',
    body: html`<div class="table-scroll" tabindex="0"><table class="list"><thead><tr><th scope="col">Cluster</th><th scope="col">Phase</th><th scope="col">Version</th><th scope="col">State</th><th scope="col">Brokers</th><th scope="col">Why</th><th scope="col">Since</th></tr></thead><tbody>${rows}</tbody></table></div>`,
  });
}

function commandForms(shell: StatusShell, fleet: FleetId, { state }: RolloutNow): Html | undefined {
  if (shell.commandToken === undefined) return undefined;
  const verbs = state.status === 'paused' ? ['resume', 'abort'] : ['pause', 'abort'];
  return panel({
    title: 'Commands',
    body: html`<form class="panel-body" method="post" action="/fleets/${fleet}/rollouts/${state.id}">
<input type="hidden" name="token" value="${shell.commandToken}">
<p><label>Who <input name="by" required value="alice" maxlength="60"></label></p>
<p><label>Why <input name="reason" required maxlength="300"></label></p>
<p>${verbs.map((verb) => html`<button name="verb" value="${verb}">${verb}</button> `)}</p>
</form>`,
  });
}
