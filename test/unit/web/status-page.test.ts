import { describe, expect, it } from 'vitest';
import { ROLLOUT_STATUSES, TARGET_STATUSES } from '../../../src/core/reconcile/state.ts';
import { PHASE_STANDING_WORDS, PHASE_STATUS_WORDS, ROLLOUT_STATUS_WORDS, TARGET_STATUS_WORDS } from '../../../src/core/report/words.ts';
import type { RolloutNow } from '../../../src/loop/rollouts-now.ts';
import type { FleetRecord, RolloutSummary } from '../../../src/ports/state-store.ts';
import { renderFleetsPage, renderRolloutPage, type StatusShell } from '../../../src/web/status-page.ts';
import { at, FLEET, HEAD, kafka, type Moved, planOf, rolloutId, setting, shown, stopOf, wait, waits } from '../../support/report-views.ts';

const planned = kafka({ from: '3.8.0', to: '3.9.0' });
const shell: StatusShell = { local: true, speed: 1, nowMs: at('10:00:00'), commander: { token: 'secret', people: ['ada'] } };
const TUNED = { differences: [setting('config.num.io.threads', 8, 16)] };
const away: StatusShell = { ...shell, local: false, commander: undefined };
const HOSTILE = '<script>alert(1)</script>';
const byPerson = stopOf({
  cause: 'person',
  scope: { kind: 'release', release: 'kafka-all' },
  by: 'anna',
  reason: HOSTILE,
  lets: 'nothing',
});

const fleet: FleetRecord = {
  id: FLEET,
  repository: 1_001,
  retired: undefined,
  installation: 1,
  owner: 'acme',
  name: 'fleet',
  defaultBranch: 'main',
  cloneUrl: 'http://x',
  seenHead: HEAD,
  goodHead: HEAD,
  version: 1,
};

const summary: RolloutSummary = {
  id: rolloutId('kafka-all'),
  digest: planOf([planned]).digest,
  commit: HEAD,
  release: 'kafka-all',
  product: 'kafka',
  seq: 41,
  pull: 41,
  author: 'anna',
  title: HOSTILE,
  origin: undefined,
  status: 'running',
  kind: 'rollout',
  intent: 'release',
  urgency: 'routine',
  createdAt: at('09:00:00'),
  startedAt: at('09:00:00'),
  finishedAt: undefined,
  guardUntil: undefined,
  supersededBy: undefined,
  counts: { waiting: 11, failed: 1 },
};

function now(moved: Moved = {}, stops: RolloutNow['stops'] = []): RolloutNow {
  const { active, holds } = shown(planned, moved);
  return { ...active, holds, summary, stops, ledger: new Map() };
}

const page = (moved: Moved = {}, stops: RolloutNow['stops'] = []) => renderRolloutPage(shell, FLEET, now(moved, stops));

describe('the page of a rollout', () => {
  it.each(ROLLOUT_STATUSES)('has a word for %s', (status) => {
    expect(page({ state: { status } })).toContain(ROLLOUT_STATUS_WORDS[status].label);
  });

  it.each(TARGET_STATUSES)('has a word for a cluster that is %s', (status) => {
    expect(page({ targets: { 'kafka-dev': { status } } })).toContain(TARGET_STATUS_WORDS[status].label);
  });

  it('shows who stopped it, why, and how that is lifted', () => {
    const markup = page({ state: { status: 'paused' } }, [byPerson]);
    expect(markup).not.toContain(HOSTILE);
    for (const words of ['by anna', '&lt;script&gt;', byPerson.id, `action="/fleets/acme/fleet/stops/${byPerson.id}"`, 'value="resume"'])
      expect(markup).toContain(words);
  });

  it.each(['running', 'baking'] as const)('says of a phase that was %s that it is paused with its rollout', (status) => {
    const markup = page({ phases: { canary: status }, state: { status: 'paused' } });
    expect(markup).not.toContain(PHASE_STATUS_WORDS.baking.label);
    expect(markup).toContain(PHASE_STANDING_WORDS.paused.meaning);
  });

  it('says what changes where the version stays', () => {
    const { active, holds } = shown(kafka({ from: '8.0.0', to: '8.0.0', targets: { 'kafka-dev': TUNED } }));
    const markup = renderRolloutPage(shell, FLEET, { ...active, holds, summary, stops: [], ledger: new Map() });
    expect(markup).toContain('config change at 8.0.0');
    expect(markup).not.toContain('8.0.0 → 8.0.0');
  });

  it('offers not to wait for a required product', () => {
    const all = wait({ kind: 'required-product', product: 'zookeeper', rollout: rolloutId('zookeeper-all') });
    for (const words of ['name="product" value="zookeeper"', 'value="waive"']) expect(page({ holds: { all } })).toContain(words);
    expect(page()).not.toContain('value="waive"');
  });

  it('names first what stands between two versions', () => {
    const markup = page({ targets: { 'kafka-dev': { status: 'held', progress: { done: 1, total: 5 } } } });
    expect(markup).toContain('half-way: 1 of 5 brokers at 3.9.0');
    expect(markup.indexOf('Between two versions')).toBeLessThan(markup.indexOf('>Phases<'));
    expect(page()).not.toContain('Between two versions');
  });

  it('says why a held cluster waits now, and not what its last evidence was', () => {
    const held = { targets: { 'kafka-dev': { status: 'held', detail: 'an old reason' } } } as const;
    expect(page({ ...held, holds: { clusters: waits([['kafka-dev', wait({ kind: 'no-evidence', cause: 'x' })]]) } })).not.toContain(
      'an old reason',
    );
  });

  it('counts those that left as left, and those that bake as not done', () => {
    const moved = { targets: { 'kafka-staging': { status: 'succeeded' }, 'kafka-dev': { status: 'removed' } } } as const;
    expect(page(moved)).toContain('<td>1 of 1</td>');
    const bakes = page({ ...moved, phases: { internal: 'baking' } });
    expect(bakes).toContain('<td>0 of 1</td>');
    expect(bakes).not.toContain(TARGET_STATUS_WORDS.succeeded.meaning);
  });

  it('says why a waiting cluster waits', () => {
    expect(page({ holds: { all: wait({ kind: 'no-evidence', cause: 'x' }) } })).toContain('no recent status');
  });

  it('lets a phase be approved with the plan that is shown', () => {
    const markup = page({ phases: { rest: 'awaiting-approval' }, state: { status: 'awaiting-approval' } });
    for (const words of ['value="approve"', 'name="phase" value="rest"', `name="digest" value="${summary.digest}"`])
      expect(markup).toContain(words);
  });

  it.each([
    ['pending', 'take-over'],
    ['running', 'pause'],
    ['paused', 'resume'],
    ['aborted', 'retry'],
    ['completed-with-deferrals', 'retry'],
  ] as const)('of a %s rollout has the button %s', (status, verb) => {
    expect(page({ state: { status } })).toContain(`value="${verb}"`);
  });

  it('has neither form nor token where the API is the only way', () => {
    const markup = renderRolloutPage(away, FLEET, now({ state: { status: 'paused' } }, [byPerson]));
    expect(markup).not.toMatch(/<form|secret/);
    expect(markup).toContain(byPerson.id);
  });
});

describe('the page of all rollouts', () => {
  const view = { fleet, rollouts: [summary], drifts: [], stops: [byPerson] };

  it('lists stops with their ids, and rollouts with their release', () => {
    const markup = renderFleetsPage(shell, [view]);
    for (const words of [byPerson.id, 'release kafka-all', '<td>kafka-all</td>', '1 failed, 11 waiting', 'value="reconcile"'])
      expect(markup).toContain(words);
    expect(markup).not.toContain(HOSTILE);
  });

  it('leaves out stops that are over', () => {
    const over = [
      { ...byPerson, until: at('09:30:00') },
      { ...byPerson, lifted: { by: 'x', at: at('09:30:00'), reason: 'y' } },
    ];
    expect(renderFleetsPage(shell, [{ ...view, stops: over }])).not.toContain(byPerson.id);
  });

  it('has neither form nor token where the API is the only way', () => {
    expect(renderFleetsPage(away, [view])).not.toMatch(/<form|secret/);
  });

  it('says what to do when there is nothing yet', () => {
    expect(renderFleetsPage(shell, [])).toContain('No repository is watched yet');
    expect(renderFleetsPage(shell, [{ ...view, rollouts: [], stops: [] }])).toContain('No rollout yet');
  });
});
