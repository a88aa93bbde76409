import { type Drift, isIntended } from '../core/drift/drift.ts';
import type { FleetId } from '../core/model/ids.ts';
import { RETIREMENT_WORDS } from '../core/model/retirement.ts';
import { formatDuration, formatInstant, instant } from '../core/model/time.ts';
import { holdOf } from '../core/reconcile/decision.ts';
import { bakingIn, halfWayIn } from '../core/report/how-far.ts';
import { phaseStanding } from '../core/report/phase-standing.ts';
import { moveWords } from '../core/report/plan-words.ts';
import { stopsOf } from '../core/report/rollout-stops.ts';
import { HOLD_WORDS, STOP_CAUSE_WORDS, STOP_LETS_WORDS, TARGET_STATUS_WORDS } from '../core/report/words.ts';
import { isLifted, type Stop } from '../core/stop/stop.ts';
import { scopeName } from '../core/stop/stop-words.ts';
import { badge, emptyNote, moment, panel, plural } from '../http/html/components.ts';
import { type Content, type Html, html } from '../http/html/html.ts';
import { renderLayout } from '../http/html/layout.ts';
import { stylesheet } from '../http/html/stylesheet.ts';
import type { RolloutNow } from '../loop/rollouts-now.ts';
import type { FleetRecord, RolloutSummary } from '../ports/state-store.ts';
import { type Commander, fleetForms, liftForm, rolloutForms } from './command-forms.ts';
import { phaseBadge, rolloutBadge, targetBadge } from './status-words.ts';

export interface StatusShell {
  readonly local: boolean;
  readonly speed: number;
  readonly nowMs: number;
  /** Who may give commands by the forms of this page; `undefined`: nobody. */
  readonly commander: Commander | undefined;
}

export interface FleetView {
  readonly fleet: FleetRecord;
  readonly rollouts: readonly RolloutSummary[];
  readonly drifts: readonly Drift[];
  readonly stops: readonly Stop[];
}

const LIVE_SECONDS = 2;

export function renderFleetsPage(shell: StatusShell, fleets: readonly FleetView[]): string {
  const none = emptyNote('No repository is watched yet. Install the app on one; it appears here within seconds.');
  const main = html`<h1>Rollouts</h1>${speedNote(shell)}<div id="fleets" data-live>${fleets.length === 0 ? none : fleets.map((one) => fleetPanel(shell, one))}</div>${fleets.map((one) => fleetCommands(shell, one))}`;
  return statusLayout(shell, 'Rollouts', main);
}

export function renderRolloutPage(shell: StatusShell, fleet: FleetId, now: RolloutNow): string {
  const { summary, state, planned } = now;
  const stops = stopsOf({ stops: now.stops, ledger: now.ledger, now: instant(shell.nowMs) }, { active: now, holds: now.holds });
  const main = html`<h1>${summary.title}</h1>
<p>${rolloutBadge(state.status)} ${planned.kind} of release ${planned.release}, ${plural(state.targets.size, 'cluster')}, by ${summary.author}, begun ${moment(new Date(state.createdAt).toISOString(), shell.nowMs)}</p>
${speedNote(shell)}
<div id="rollout" data-live>
${stops.length > 0 && html`<div class="flash tone-bad" role="alert">${stopLines(shell, stops)}</div>`}
${state.guardUntil !== undefined && html`<p>Its clusters are watched until ${formatInstant(state.guardUntil)}.</p>`}
${halfWayPanel(now)}${phaseTable(now)}
${targetTable(shell, now)}
</div>
${shell.commander !== undefined && rolloutForms(shell.commander, fleet, now)}
${liftPanel(shell, fleet, stops, state.id)}`;
  return statusLayout(shell, summary.title, main, [{ href: '/', label: 'Rollouts' }]);
}

export function statusLayout(
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
    footer: html`<p>${shell.local ? 'Local mode' : 'Flotilla'} · ${formatInstant(instant(shell.nowMs))}</p>`,
    stylesheet: stylesheet.path,
    liveSeconds: LIVE_SECONDS,
  });
}

const speedNote = (shell: StatusShell): Html | undefined =>
  shell.speed === 1 ? undefined : html`<p>Soaks, bakes and simulated clusters run ${shell.speed} times faster than written.</p>`;

const inForce = (shell: StatusShell, stops: readonly Stop[]): readonly Stop[] =>
  stops.filter((stop) => !isLifted(stop, instant(shell.nowMs)));

function fleetPanel(shell: StatusShell, { fleet, rollouts, drifts, stops }: FleetView): Html {
  const rows = rollouts.map(
    (rollout) =>
      html`<tr><td>${rolloutBadge(rollout.status)}</td><td>${rollout.release}</td><td><a href="/fleets/${fleet.id}/rollouts/${rollout.id}">${rollout.title}</a>${rollout.pull !== undefined && html` #${rollout.pull}`}</td><td>${counts(rollout)}</td><td>${moment(new Date(rollout.createdAt).toISOString(), shell.nowMs)}</td></tr>`,
  );
  const head =
    fleet.goodHead === undefined ? 'no commit with valid manifests yet' : html`desired state of <code>${fleet.goodHead.slice(0, 8)}</code>`;
  const broken =
    fleet.seenHead !== undefined &&
    fleet.seenHead !== fleet.goodHead &&
    html`<p>${badge('bad', 'warning', 'broken manifests')} at <code>${fleet.seenHead.slice(0, 8)}</code>: the last good commit stays in force.</p>`;
  const stopped = inForce(shell, stops);
  const list = stopped.length > 0 && html`<div class="flash tone-bad" role="alert">${stopLines(shell, stopped)}</div>`;
  const { retired } = fleet;
  const idle =
    retired !== undefined &&
    html`<p>${badge('warn', 'warning', 'retired')} ${moment(new Date(retired.since).toISOString(), shell.nowMs)}: ${RETIREMENT_WORDS[retired.why]}. Nothing is done for this fleet, and all that is known of it is kept.</p>`;
  return panel({
    title: `${fleet.owner}/${fleet.name}`,
    aside: driftBadge(drifts),
    body: html`<div class="panel-body">${idle}<p>${head}</p>${broken}${list}</div>${rows.length === 0 ? emptyNote('No rollout yet. Merge a pull request that changes a manifest.') : scrolling(['State', 'Release', 'Change', 'Clusters', 'Begun'], rows)}`,
  });
}

/** What a pin or an opt-out asks for is listed, and nothing to act on. */
function driftBadge(drifts: readonly Drift[]): Html {
  const intended = drifts.filter(isIntended).length;
  const words = intended === 0 ? '' : `, ${intended} pinned or opted out`;
  const acting = drifts.length - intended;
  return acting === 0 ? badge('good', 'check', `no drift${words}`) : badge('warn', 'warning', `${plural(acting, 'drift')}${words}`);
}

/** Forms stand outside of what is replaced while somebody types. */
function fleetCommands(shell: StatusShell, { fleet, stops }: FleetView): Content {
  if (shell.commander === undefined || fleet.retired !== undefined) return undefined;
  return html`${liftPanel(shell, fleet.id, inForce(shell, stops), undefined)}${panel({ title: `Commands to ${fleet.owner}/${fleet.name}`, body: fleetForms(shell.commander, fleet.id) })}`;
}

/** Who stopped what, why, since when, and the id by which it is lifted. */
const stopLines = (shell: StatusShell, stops: readonly Stop[]): readonly Html[] =>
  stops.map(
    ({ id, cause, scope, by, reason, at, until, lets }) =>
      html`<p><strong title="${STOP_CAUSE_WORDS[cause].meaning}">${STOP_CAUSE_WORDS[cause].label}</strong>: ${scopeName(scope)}, by ${by}, ${moment(new Date(at).toISOString(), shell.nowMs)}: ${reason} (${STOP_LETS_WORDS[lets].label}${until !== undefined && `, ends by itself at ${formatInstant(until)}`}; stop <code>${id}</code>)</p>`,
  );

function liftPanel(shell: StatusShell, fleet: FleetId, stops: readonly Stop[], rollout: string | undefined): Content {
  const { commander } = shell;
  if (commander === undefined || stops.length === 0) return undefined;
  return stops.map((stop) =>
    panel({
      title: html`Stop <code>${stop.id}</code>: ${STOP_CAUSE_WORDS[stop.cause].label}`,
      body: html`<div class="panel-body">${liftForm(commander, fleet, stop, rollout)}</div>`,
    }),
  );
}

/** What needs a person first, as the table of words has it. */
function counts({ counts: by }: RolloutSummary): string {
  const found = new Map<string, number>(Object.entries(by));
  return Object.entries(TARGET_STATUS_WORDS)
    .flatMap(([status, { label }]) => ((found.get(status) ?? 0) === 0 ? [] : [`${found.get(status)} ${label}`]))
    .join(', ');
}

const scrolling = (heads: readonly string[], rows: readonly Html[]): Html =>
  html`<div class="table-scroll" tabindex="0"><table class="list"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;

/** First of all: such a cluster runs two versions at once, and stands still. */
function halfWayPanel(now: RolloutNow): Content {
  const all = halfWayIn(now);
  if (all.length === 0) return undefined;
  const rows = all.map(
    ({ cluster, status, words }) =>
      html`<tr><td><code>${cluster}</code></td><td>${targetBadge(status)}</td><td>half-way: ${words}</td></tr>`,
  );
  return panel({ title: 'Between two versions', body: scrolling(['Cluster', 'State', 'Brokers'], rows) });
}

function phaseTable({ planned, state }: RolloutNow): Html {
  const rows = planned.phases.map((phase) => {
    const statuses = phase.members.map((cluster) => state.targets.get(cluster)?.status);
    const done =
      state.phases.get(phase.name)?.status === 'baking'
        ? 0
        : statuses.filter((status) => status === 'succeeded' || status === 'skipped').length;
    const total = statuses.filter((status) => status !== 'removed').length;
    return html`<tr><td>${phase.name}${phase.canary && ' (canary)'}</td><td>${phaseBadge(phaseStanding(state, phase.name))}</td><td>${done} of ${total}</td><td>${formatDuration(phase.soakMs)}</td><td>${formatDuration(phase.bakeMs)}</td></tr>`;
  });
  return panel({ title: 'Phases', body: scrolling(['Phase', 'State', 'Done', 'Soak', 'Bake'], rows) });
}

function targetTable(shell: StatusShell, now: RolloutNow): Html {
  const { planned, state, holds } = now;
  const baking = bakingIn(now);
  const rows = planned.phases.flatMap((phase) =>
    phase.members.flatMap((cluster) => {
      const [target, plan] = [state.targets.get(cluster), planned.targets.get(cluster)];
      if (target === undefined || plan === undefined) return [];
      const hold = holdOf(holds, now, cluster);
      // The detail is of its last evidence; why it does not move is decided anew.
      const isWaiting = hold !== undefined && (target.status === 'waiting' || target.status === 'held');
      const why =
        (isWaiting ? undefined : target.detail) ??
        (hold === undefined
          ? undefined
          : html`<span title="${HOLD_WORDS[hold.reason.kind].meaning}">${HOLD_WORDS[hold.reason.kind].label}</span>`);
      const progress = target.progress === undefined ? '' : `${target.progress.done} of ${target.progress.total}`;
      return [
        html`<tr><td><code>${cluster}</code></td><td>${phase.name}</td><td>${moveWords(plan)}</td><td>${baking.has(cluster) ? phaseBadge('baking') : targetBadge(target.status)}</td><td>${progress}</td><td>${why}</td><td>${moment(new Date(target.since).toISOString(), shell.nowMs)}</td></tr>`,
      ];
    }),
  );
  return panel({ title: 'Clusters', body: scrolling(['Cluster', 'Phase', 'Version', 'State', 'Brokers', 'Why', 'Since'], rows) });
}
