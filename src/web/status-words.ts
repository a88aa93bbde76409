import type { RolloutStatus, TargetStatus } from '../core/reconcile/state.ts';
import type { PhaseStanding } from '../core/report/phase-standing.ts';
import { PHASE_STANDING_WORDS, ROLLOUT_STATUS_WORDS, type StatusWords, TARGET_STATUS_WORDS } from '../core/report/words.ts';
import { badge, type Tone } from '../http/html/components.ts';
import { type Html, html } from '../http/html/html.ts';
import type { IconName } from '../http/html/icons.ts';

type Look = readonly [Tone, IconName];

/** How a status looks; what it is called is in the table of words. */
const ROLLOUT_LOOKS: Readonly<Record<RolloutStatus, Look>> = {
  pending: ['calm', 'clock'],
  'awaiting-approval': ['warn', 'hand'],
  running: ['busy', 'clock'],
  paused: ['bad', 'stop'],
  aborted: ['bad', 'cross'],
  superseded: ['calm', 'skip'],
  completed: ['good', 'check'],
  'completed-with-deferrals': ['warn', 'warning'],
};

const PHASE_LOOKS: Readonly<Record<PhaseStanding, Look>> = {
  waiting: ['calm', 'circle'],
  'awaiting-approval': ['warn', 'hand'],
  running: ['busy', 'clock'],
  baking: ['busy', 'clock'],
  done: ['good', 'check'],
  skipped: ['calm', 'skip'],
  paused: ['bad', 'stop'],
  'not-reached': ['calm', 'circle'],
  'not-finished': ['calm', 'circle'],
};

const TARGET_LOOKS: Readonly<Record<TargetStatus, Look>> = {
  waiting: ['calm', 'circle'],
  applying: ['busy', 'clock'],
  rolling: ['busy', 'clock'],
  soaking: ['busy', 'clock'],
  held: ['warn', 'hand'],
  succeeded: ['good', 'check'],
  failed: ['bad', 'cross'],
  unreachable: ['bad', 'warning'],
  deferred: ['warn', 'warning'],
  skipped: ['calm', 'skip'],
  removed: ['calm', 'circle'],
  superseded: ['calm', 'skip'],
};

export const rolloutBadge = (status: RolloutStatus): Html => statusBadge(ROLLOUT_LOOKS[status], ROLLOUT_STATUS_WORDS[status]);
export const phaseBadge = (standing: PhaseStanding): Html => statusBadge(PHASE_LOOKS[standing], PHASE_STANDING_WORDS[standing]);
export const targetBadge = (status: TargetStatus): Html => statusBadge(TARGET_LOOKS[status], TARGET_STATUS_WORDS[status]);

/** What the word means is said on hover. */
const statusBadge = ([tone, icon]: Look, { label, meaning }: StatusWords): Html =>
  html`<span title="${meaning}">${badge(tone, icon, label)}</span>`;
