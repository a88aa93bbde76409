import type { Verb } from '../command/command.ts';
import type { DriftKind, LaggingReason } from '../drift/drift.ts';
import type { BrokerState } from '../evidence/observation.ts';
import type { Proof } from '../ledger/ledger.ts';
import type { WordOf } from '../model/vocabulary.ts';
import type { BudgetKind, EXCLUSIONS, Intent, LimitKind, RISK_CODES, RolloutKind, TargetChange, Urgency } from '../plan/plan.ts';
import type { HoldKind } from '../reconcile/decision.ts';
import type { OVERRIDE_KINDS, PhaseStatus, RolloutStatus, TargetStatus } from '../reconcile/state.ts';
import type { RuleEffect, RuleKind } from '../rules/rule-change.ts';
import type { STOP_LETS, StopCause, StopScope } from '../stop/stop.ts';
import type { PhaseStanding } from './phase-standing.ts';

/** A word of the product as people read it. Pages, comments, the command line and the glossary take it from these tables. */
export interface Words {
  /** Short, for a table or a title. */
  readonly label: string;
  /** One line for somebody who meets it for the first time, at night. */
  readonly meaning: string;
}

/** A status has a sign as well, so that colour says nothing that sign and word do not. */
export interface StatusWords extends Words {
  readonly icon: string;
}

export type Vocabulary<Word extends string, W extends Words = Words> = Readonly<Record<Word, W>>;

const words = (label: string, meaning: string): Words => ({ label, meaning });
const status = (icon: string, label: string, meaning: string): StatusWords => ({ icon, label, meaning });

export const ROLLOUT_STATUS_WORDS: Vocabulary<RolloutStatus, StatusWords> = {
  pending: status('⏳', 'pending', 'It waits behind another rollout of its release, and starts when that has ended.'),
  'awaiting-approval': status('✋', 'waiting for approval', 'Nothing moves until a person approves a phase.'),
  running: status('🔵', 'running', 'Clusters are being moved, or wait for their turn.'),
  paused: status('⏸️', 'paused', 'A stop holds all of it: nothing new starts, and what is in flight is held between two brokers.'),
  aborted: status('⛔', 'aborted', 'A person ended it. What was not reached stays as it is.'),
  superseded: status('⏭️', 'superseded', 'A newer rollout of the release has taken over.'),
  completed: status('✅', 'completed', 'Every cluster of it is done.'),
  'completed-with-deferrals': status('⚠️', 'completed, some left behind', 'Every phase is done, and some clusters did not get there.'),
};

export const PHASE_STATUS_WORDS: Vocabulary<PhaseStatus, StatusWords> = {
  waiting: status('⚪', 'waiting', 'Its turn has not come.'),
  'awaiting-approval': status('✋', 'waiting for approval', 'It goes on when enough people have approved it.'),
  running: status('🔵', 'running', 'Its clusters are being moved.'),
  baking: status('🔵', 'baking', 'All its clusters have soaked; the next phase starts after the bake.'),
  done: status('✅', 'done', 'All its clusters are settled, and it has baked.'),
  skipped: status('⏭️', 'skipped', 'No cluster of it was left to move.'),
};

/** The same, and what becomes of a phase when its rollout is held, or has ended before it. */
export const PHASE_STANDING_WORDS: Vocabulary<PhaseStanding, StatusWords> = {
  ...PHASE_STATUS_WORDS,
  paused: status('⏸️', 'paused', 'A stop holds its rollout.'),
  'not-reached': status('➖', 'not reached', 'Its rollout ended before its turn came.'),
  'not-finished': status('➖', 'not finished', 'Its rollout ended while it was under way.'),
};

/** In the order in which counts are read: what needs a person first, what is fine last. */
export const TARGET_STATUS_WORDS: Vocabulary<TargetStatus, StatusWords> = {
  failed: status('❌', 'failed', 'It is broken: a crash loop, its deadline passed, or it broke after its soak.'),
  unreachable: status('❌', 'unreachable', 'There is no recent status, so its state is unknown.'),
  deferred: status('⚠️', 'deferred', 'It was not started in time, or was stopped in the middle by an abort.'),
  held: status('⏸️', 'held', 'It was stopped between two brokers, and keeps its slot.'),
  applying: status('🔵', 'ordered', 'The order was given, and the data plane has not accepted it yet.'),
  rolling: status('🔵', 'rolling', 'The data plane has accepted the order, and brokers are moving.'),
  soaking: status('🔵', 'soaking', 'It has rolled and is healthy; it counts once it has stayed so for the soak time.'),
  waiting: status('⚪', 'waiting', 'It has not been touched yet.'),
  succeeded: status('✅', 'done', 'It has soaked: it was seen healthy at the new revision for the soak time.'),
  skipped: status('⏭️', 'skipped', 'It already runs this, is opted out, or a person left it out.'),
  removed: status('➖', 'removed', 'It is no longer in the manifests. Nothing is deleted.'),
  superseded: status('⏭️', 'superseded', 'Another rollout has it, or the manifests now want something else.'),
};

export const HOLD_WORDS: Vocabulary<HoldKind> = {
  pending: words('behind another rollout', 'Another rollout of the same release is under way.'),
  'required-product': words('required product first', 'A product that this one requires is being rolled out.'),
  stopped: words('stopped', 'A stop holds it.'),
  'winding-down': words('winding down', 'The rollout has ended; what is in flight settles, and nothing starts.'),
  'earlier-phase': words('earlier phase', 'A phase before this one is not done.'),
  baking: words('baking', 'The phase before has soaked, and waits out its bake.'),
  approval: words('approval', 'People must approve the phase.'),
  concurrency: words('limit', 'As many clusters are unproven as a limit allows.'),
  window: words('outside its window', 'It may be touched only in a maintenance window.'),
  freeze: words('frozen', 'A freeze forbids touching it.'),
  path: words('upgrade path', 'The product has no direct upgrade from what it runs.'),
  interval: words('too soon', 'The product asks for more time between two upgrades of one cluster.'),
  'not-accepted': words('not accepted yet', 'The data plane has not accepted the order yet.'),
  refused: words('refused', 'The data plane refuses the order, and says why.'),
  rolling: words('rolling', 'Its brokers are moving.'),
  soaking: words('soaking', 'It must stay healthy for the soak time.'),
  'no-evidence': words('no recent status', 'The data plane has reported nothing recent about it.'),
  unconfirmed: words('to be confirmed', 'It looks broken or half-way; a second sample confirms that.'),
  'other-rollout': words('in another rollout', 'Another rollout has it in flight.'),
};

export const STOP_CAUSE_WORDS: Vocabulary<StopCause> = {
  person: words('stopped by a person', 'A person has set it.'),
  'failed-budget': words('too many failures', 'More clusters failed than the phase or the rollout tolerates.'),
  'unreachable-budget': words('too many unreachable', 'More clusters could not be seen than the phase or the rollout tolerates.'),
  'deferred-budget': words('too many deferred', 'More clusters were deferred than the phase or the rollout tolerates.'),
  'unproven-canary': words('canary proved nothing', 'No canary has soaked at the new version.'),
  regression: words('broke after the end', 'A cluster broke while its finished rollout was still watched.'),
  quarantine: words('quarantine', 'The version failed, and starts nowhere until a retried cluster soaks or a person lifts it.'),
  aborted: words('aborted version', 'A person aborted the rollout to this version.'),
  'rolled-back': words('rolled back from', 'A person rolled back from this version.'),
  'unrelated-history': words(
    'unrelated history',
    'The default branch was replaced by one that shares no commit with it, as far as anybody can tell.',
  ),
};

export const STOP_SCOPE_WORDS: Vocabulary<StopScope['kind']> = {
  fleet: words('fleet', 'Every cluster of the repository.'),
  product: words('product', 'Every cluster of one product.'),
  release: words('release', 'Every rollout of one release, now and later.'),
  rollout: words('rollout', 'One rollout.'),
  phase: words('phase', 'One phase of a rollout.'),
  'data-plane': words('data plane', 'Every cluster on one data plane.'),
  cluster: words('cluster', 'One cluster.'),
  version: words('version', 'Every cluster that would move to this version or setting, by any plan.'),
};

export const STOP_LETS_WORDS: Vocabulary<WordOf<typeof STOP_LETS>> = {
  nothing: words('nothing passes', 'Not even rollbacks start.'),
  rollbacks: words('rollbacks pass', 'Clusters may still go back to what was proven on them.'),
};

export const CHANGE_WORDS: Vocabulary<TargetChange> = {
  create: words('new', 'New in the manifests, and nothing runs there.'),
  adopt: words('adopted', 'New in the manifests, and it runs already: compared with what it runs.'),
  update: words('changed', 'What it should run changes with this commit.'),
  rejoin: words('back in', 'Its opt-out or pin is gone.'),
  'bring-home': words('brought home', 'An earlier rollout did not reach it, or left it half-way.'),
};

export const EXCLUSION_WORDS: Vocabulary<WordOf<typeof EXCLUSIONS>> = {
  'opted-out': words('opted out', 'Its manifest keeps it out of every rollout.'),
  pinned: words('pinned', 'A pin or an exception keeps its version.'),
};

export const RISK_WORDS: Vocabulary<WordOf<typeof RISK_CODES>> = {
  quarantined: words('quarantined', 'The version is in quarantine: nothing starts until that is lifted.'),
  stopped: words('stopped', 'A stop would hold this.'),
  withdrawn: words('withdrawn', 'The product document says that this version is withdrawn.'),
  'illegal-path': words('no upgrade path', 'There is no direct upgrade from what runs.'),
  'major-version': words('major version', 'The major version changes.'),
  downgrade: words('downgrade', 'The version is older than what runs.'),
  'half-way': words('half-way', 'An earlier rollout left clusters half-way; they go first.'),
  'replicas-down': words('fewer replicas', 'Clusters lose brokers.'),
  'all-at-once': words('all at once', 'Everything moves in one step, without approval.'),
  'no-canary': words('no canary', 'No phase tries the change on a few clusters first.'),
  'large-first-phase': words('large first phase', 'The first phase is a large part of the whole.'),
  'no-bake': words('no soak or bake', 'The next phase starts as soon as the clusters of this one are up.'),
  'many-clusters': words('many clusters', 'A large part of the fleet changes.'),
  'brings-home': words('brings home', 'Clusters that earlier rollouts did not reach are included.'),
  unseen: words('no recent status', 'Clusters whose present state is not known.'),
  removed: words('removed', 'Clusters have left the manifests. Nothing is deleted.'),
  urgency: words('urgent', 'The release is marked as a hotfix or a security fix: it goes faster.'),
  pinned: words('pinned', 'Pinned clusters stay where they are.'),
  'opted-out': words('opted out', 'Opted-out clusters stay where they are.'),
  operation: words('operation', 'Restarts, or the like, without a new version.'),
};

/** Besides what it means, each says what to do about it. */
export interface ActionableWords extends Words {
  readonly next: string;
}

const actionable = (label: string, meaning: string, next: string): ActionableWords => ({ label, meaning, next });

const PUT_BACK = 'put the cluster back as the manifests say, or change the manifests to what it is now; either closes this issue.';

export const DRIFT_WORDS: Vocabulary<DriftKind, ActionableWords> = {
  version: actionable('runs a different version', 'The version is not the one in the manifests.', PUT_BACK),
  image: actionable('runs a different image', 'The image is not the one in the manifests.', PUT_BACK),
  replicas: actionable('has a different number of replicas', 'The number of brokers is not the one in the manifests.', PUT_BACK),
  config: actionable('has a different configuration', 'A setting or a feature flag is not as in the manifests.', PUT_BACK),
  unhealthy: actionable(
    'is unhealthy',
    'It runs what it should, was proven there, and is no longer healthy.',
    'look at the cluster. If the version is to blame, revert the merge that brought it; `retry` in its rollout orders it again.',
  ),
  lagging: actionable('lags behind the fleet', 'The fleet has moved on, and this cluster has not.', '`reconcile` the release.'),
  'unknown-cluster': actionable(
    'runs, but is in no manifest',
    'A data plane reports a cluster that no manifest describes.',
    'describe it in the manifests, or take it down. Flotilla touches nothing that is in no manifest.',
  ),
  'missing-cluster': actionable(
    'is in the manifests, but does not run',
    'Its data plane has no such cluster.',
    'bring it back, or remove it from the manifests.',
  ),
  'silent-data-plane': actionable(
    'does not answer',
    'A data plane reports nothing, so its clusters count as unknown.',
    'get it answering again. Until then its clusters count as unknown, and nothing starts on them.',
  ),
};

export const LAGGING_WORDS: Vocabulary<LaggingReason, ActionableWords> = {
  'opted-out': actionable('opted out', 'Its manifest keeps it out of every rollout.', 'remove the opt-out to let it follow.'),
  'opt-out-expired': actionable(
    'expired opt-out',
    'An opt-out that has expired still holds it.',
    'remove it to let the cluster follow, or give it a later date. Time alone moves no cluster.',
  ),
  'pin-expired': actionable(
    'expired pin',
    'A pin or an exception that has expired still holds it.',
    'remove it to let the cluster follow, or give it a later date. Time alone moves no cluster.',
  ),
  pinned: actionable('pinned', 'A pin or an exception holds it.', 'nothing, until it expires; remove it to let the cluster follow now.'),
  aborted: actionable(
    'aborted',
    'Its rollout was aborted before it got there.',
    '`lift` the stop on the version and `reconcile` the release, or revert the merge that was aborted.',
  ),
  failed: actionable(
    'failed',
    'It failed in its last rollout.',
    'fix the cluster, then `retry` it in its rollout, or merge a newer change.',
  ),
  unreachable: actionable(
    'unreachable',
    'It could not be seen in its last rollout.',
    'make it reachable, then `retry` it in its rollout, or `reconcile` the release.',
  ),
  deferred: actionable('deferred', 'Its last rollout deferred it.', '`retry` it in its rollout, or `reconcile` the release.'),
  skipped: actionable(
    'skipped',
    'It was left out of its last rollout.',
    '`retry` it in its rollout, or `reconcile` the release, once it may follow.',
  ),
  quarantined: actionable(
    'quarantined',
    'What it should run is in quarantine.',
    'fix the cause and `retry` a cluster that failed: when it soaks, the quarantine ends. Or `lift` it, or merge a version that works.',
  ),
  stopped: actionable('stopped', 'A stop holds it.', '`lift` the stop once its reason is gone, then `reconcile` the release.'),
  pending: actionable(
    'pending',
    'The rollout that brings it home waits behind another one.',
    'nothing; it follows. `take-over` starts that rollout at once.',
  ),
  'taken-up': actionable('taken up', 'A rollout under way brings it home.', 'nothing, unless that rollout asks for something.'),
  'half-way': actionable(
    'half-way',
    'Its last order was not completed.',
    'fix what stopped it, then `retry` it in its rollout, or `reconcile` the release: clusters that were left half-way go first.',
  ),
  'never-selected': actionable('not selected', 'No rollout has included it.', '`reconcile` the release.'),
};

export const URGENCY_WORDS: Vocabulary<Urgency> = {
  routine: words('routine', 'It waits for the rollout of its release before it.'),
  hotfix: words('hotfix', 'It takes over at once from the rollout of its release before it.'),
  security: words('security', 'It takes over at once from the rollout of its release before it.'),
};

export const ROLLOUT_KIND_WORDS: Vocabulary<RolloutKind> = {
  rollout: words('rollout', 'Clusters move to something that was not proven on them.'),
  rollback: words('rollback', 'Clusters go back to what was proven on them before.'),
};

export const INTENT_WORDS: Vocabulary<Intent> = {
  release: words('release', 'People changed the manifests.'),
  heal: words('heal', 'A cluster that drifted is put back.'),
  operation: words('operation', 'Something is done once: a restart, a rebalance.'),
};

export const LIMIT_WORDS: Vocabulary<LimitKind> = {
  phase: words('phase', 'Clusters of one phase that may be unproven at once.'),
  release: words('release', 'Clusters of one release that may be unproven at once.'),
  rescue: words('rescue', 'Clusters that go before their turn because they were left failed or half-way.'),
  label: words('label', 'Clusters with one label that may be unproven at once.'),
  'data-plane': words('data plane', 'Clusters on one data plane that may be unproven at once.'),
  fleet: words('fleet', 'Clusters of the fleet that may be unproven at once.'),
};

export const BUDGET_WORDS: Vocabulary<BudgetKind> = {
  failed: words('failed', 'Clusters that may fail before the rollout pauses.'),
  unreachable: words('unreachable', 'Clusters that may be unreachable before the rollout pauses.'),
  deferred: words('deferred', 'Clusters that may be deferred before the rollout pauses.'),
};

export const OVERRIDE_WORDS: Vocabulary<WordOf<typeof OVERRIDE_KINDS>> = {
  expedite: words('expedited', 'A person shortened bakes and set aside windows that allow it, until a given time.'),
  waiver: words('waived', 'A person lets a canary phase pass that has proven nothing.'),
  requirement: words('required product waived', 'A person lets it start before a product that it requires is done.'),
};

export const BROKER_STATE_WORDS: Vocabulary<BrokerState> = {
  ready: words('ready', 'It serves.'),
  restarting: words('restarting', 'It is being moved.'),
  'crash-loop': words('crash loop', 'It starts and fails repeatedly.'),
  stuck: words('stuck', 'It does not come up.'),
  waiting: words('waiting', 'It has not begun to start.'),
};

export const PROOF_WORDS: Vocabulary<Proof> = {
  soaked: words('soaked', 'It was seen healthy at this spec for the soak time, under a rollout.'),
  adopted: words('adopted', 'It ran this when it was first described.'),
};

export const VERB_WORDS: Vocabulary<Verb> = {
  pause: words('pause', 'Stops the release: nothing new starts, what is in flight is held between two brokers.'),
  resume: words('resume', 'Lifts the stop that pauses the rollout. Of several, name one.'),
  abort: words('abort', 'Ends the rollout where it stands, and stops its version until somebody lifts the stop.'),
  retry: words('retry', 'Tries clusters again that failed, were unreachable, deferred or skipped; also when the rollout has ended.'),
  skip: words('skip', 'Leaves a cluster, or a phase, out.'),
  approve: words('approve', 'Approves a phase of the plan that you name.'),
  expedite: words('expedite', 'Shortens bakes and sets aside windows that allow it, for 4 hours or until a time you name.'),
  waive: words(
    'waive',
    'Lets a canary phase pass that has proven nothing; or lets a rollout start before a product that it requires is done.',
  ),
  'take-over': words('take over', 'Starts a pending rollout at once; the one before it winds down.'),
  lift: words('lift', 'Lifts a stop by its id.'),
  stop: words('stop', 'Stops the fleet, a product, a release, a data plane or a cluster until somebody lifts the stop.'),
  reconcile: words(
    'reconcile',
    'Plans a release again, as if its newest commit had just been merged, and brings home what was left behind.',
  ),
  'approve-rules': words(
    'approve rules',
    'Agrees to the loss of protection that an open pull request brings; there `approve` does the same.',
  ),
};

/** `✅ done`. */
export const signed = ({ icon, label }: StatusWords): string => `${icon} ${label}`;

/** With `s` they are several. */
export const RULE_WORDS: Vocabulary<RuleKind> = {
  freeze: words('freeze', 'When clusters must not be touched.'),
  window: words('window', 'When clusters may be touched. Without one, they may be at any time.'),
  approval: words('approval', 'People who must agree before a phase goes on.'),
  canary: words('canary phase', 'A few clusters that try a change before these.'),
  phase: words('turn', 'How many phases go before these clusters.'),
  command: words('right to command', 'Who may command what.'),
  soak: words('soak', 'How long a cluster must be healthy before it counts.'),
  bake: words('bake', 'How long the phases before wait, all together.'),
  watch: words('watch', 'How long a cluster is watched after its soak.'),
  budget: words('budget', 'How much may go wrong before the rollout pauses.'),
  limit: words('limit', 'How many clusters may be unproven at once.'),
  'on-failure': words('answer to failure', 'What happens when a budget is spent.'),
  waiver: words('waiver', 'A new version may go on without a canary.'),
  upgrade: words('upgrade rule', 'Which jumps from version to version are legal, and how often.'),
  requirement: words('requirement', 'A product that goes first.'),
  alert: words('alert', 'An alert that halts a rollout.'),
  'health-check': words('health check', 'A query that monitoring answers.'),
  deadline: words('deadline', 'After how long a cluster counts as failed.'),
  'max-duration': words('longest duration', 'After how long a phase defers what has not started.'),
  signal: words('signal', 'A monitoring source that Flotilla listens to.'),
  drift: words('answer to drift', 'What happens when a cluster drifts.'),
  'data-plane': words('data plane', 'How a data plane is reached.'),
};

export const RULE_EFFECT_WORDS: Vocabulary<RuleEffect, StatusWords> = {
  loses: status(
    '⚠️',
    'less protection',
    'A cluster may be touched, or broken, where it could not before. Somebody whom the old rules name must agree.',
  ),
  gains: status('✅', 'more protection', 'A cluster is kept from more than before.'),
  other: status('ℹ️', 'different', 'Neither more nor less.'),
};
