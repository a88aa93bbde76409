/** From a command that was accepted to what it changes: in the order in which people gave them, each with its outcome in one transaction. */
import type { FleetRecords } from '../core/change/apply-change.ts';
import type { CommandOutcome } from '../core/change/command-outcome.ts';
import type { AuditLine, FleetChange } from '../core/change/fleet-change.ts';
import { auditChange } from '../core/change/record-decision.ts';
import { type AcceptedCommand, isAgreement, isHalt, needsPlan } from '../core/command/accepted.ts';
import { applyCommand } from '../core/command/apply-command.ts';
import type { Applied, CommandInput, FleetCommand } from '../core/command/command.ts';
import { refusalOf } from '../core/command/who-may.ts';
import { type ReconcileInput, reconcileRelease } from '../core/landing/reconcile-release.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import type { CommitSha, FleetId, RolloutId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Instant } from '../core/model/time.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import { scopeName } from '../core/stop/stop-words.ts';
import type { RolloutSummary } from '../ports/state-store.ts';
import { learnPeople, verdictOn } from './authorise.ts';
import { inputOf } from './command-input.ts';
import { type Decide, inOneTurn } from './commit.ts';
import { paced } from './fleet-input.ts';
import type { LoopWith } from './loop.ts';
import { type PlanningPort, planRelease, readInForce } from './plan-manifests.ts';

type CommandPort = 'store' | 'log';

/**
 * Takes what waits, before a decision is made. Each command is written by itself, and so is safe whatever the decision comes to.
 * What needs a plan is left to `planAndCarryOut`.
 *
 * @throws PortError
 */
export async function takeCommands(loop: LoopWith<CommandPort>, id: FleetId, decide: Decide): Promise<void> {
  // Whoever is not known yet keeps their own commands waiting, in their order, and nobody else's; but an approval, which takes most
  // asking, holds up no halt.
  const unknown = new Set<string>();
  const mayStart = new Set<string>();
  for (const waiting of await loop.ports.store.waitingCommands(id)) {
    const { command } = waiting;
    const by = command.by.toLowerCase();
    if (needsPlan(command) || (isHalt(command) ? mayStart : unknown).has(by)) continue;
    if ((await carryOut(loop, id, waiting, decide, undefined)) !== 'not-known') continue;
    unknown.add(by);
    if (!isAgreement(command)) mayStart.add(by);
  }
}

/**
 * Carries out all that waits, also what needs a plan: its manifests are read from git, which may hang, before it takes its turn.
 *
 * @throws PortError
 */
export async function planAndCarryOut(loop: LoopWith<PlanningPort | 'host'>, id: FleetId): Promise<void> {
  const asked = await Promise.allSettled([learnPeople(loop, id)]);
  for (const waiting of await loop.ports.store.waitingCommands(id)) {
    for (let outcome: CarryingOut = 'moved-on'; outcome === 'moved-on'; ) {
      const { command } = waiting;
      const manifests = command.verb === 'reconcile' ? await manifestsInForce(loop, id, command.release) : undefined;
      outcome = await inOneTurn(loop, id, (decide) => carryOut(loop, id, waiting, decide, manifests));
    }
  }
  for (const one of asked) if (one.status === 'rejected') throw one.reason;
}

/** What a plan is made from besides the records: read before, and of use only while it is in force. */
interface ManifestsInForce {
  readonly commit: CommitSha | undefined;
  readonly model: Result<FleetModel, string>;
  /** What brought the release to where it is wanted, as far as that is known. */
  readonly broughtBy: ReconcileInput['broughtBy'];
}

async function manifestsInForce(loop: LoopWith<PlanningPort>, id: FleetId, release: string): Promise<ManifestsInForce> {
  const { store } = loop.ports;
  const fleet = await store.fleet(id);
  const commit = fleet?.goodHead;
  if (fleet === undefined || commit === undefined)
    return { commit: undefined, model: err('no manifests are in force yet'), broughtBy: undefined };
  return { commit, model: await readInForce(loop, fleet, commit), broughtBy: broughtBy(await store.lastRollout(id, release), commit) };
}

/** A release that was never rolled out is as it was found, and whoever moves the branch then has most to do with it. */
function broughtBy(last: RolloutSummary | undefined, commit: CommitSha): ReconcileInput['broughtBy'] {
  if (last === undefined) return undefined;
  const origin = last.origin ?? last.commit;
  return { pull: last.pull, author: last.author, origin: origin === commit ? undefined : origin };
}

/** `moved-on`: other manifests are in force than those which were read. `not-known`: the code host has to be asked about the person first. */
type CarryingOut = 'over' | 'moved-on' | 'not-known';

/** Once, whoever else is at it: a command is looked at again each time the fleet has moved on since it was read. */
async function carryOut(
  { ports: { store, log }, memory, settings }: LoopWith<CommandPort>,
  id: FleetId,
  waiting: AcceptedCommand,
  decide: Decide,
  manifests: ManifestsInForce | undefined,
): Promise<CarryingOut> {
  const outcome = await decide<CarryingOut>(async (fleet, records, now) => {
    const given = await store.command(id, waiting.id);
    if (given === undefined || given.outcome !== undefined) return { value: 'over' };
    if (needsPlan(given.command) && manifests?.commit !== fleet.goodHead) return { value: 'moved-on' };
    const read = await inputOf(store, id, records, given.command, now);
    // Times of what it commands run as they do for the decision that follows.
    const input = { ...read, rollout: read.rollout && paced(read.rollout, settings.speed), number: given.id };
    try {
      const verdict = verdictOn(memory, id, records, input, given.command);
      if (verdict.kind === 'unknown') return { value: 'not-known' };
      if (verdict.kind === 'may-not')
        return {
          change: endedBy(given, { kind: 'refused', at: now, why: refusalOf(given.command, verdict.why), mayNot: true }),
          value: 'over',
        };
      const change = changeOf(given, input, records, manifests, verdict.because);
      return { change: change.ok ? change.value : endedBy(given, { kind: 'refused', at: now, why: change.error }), value: 'over' };
    } catch (error) {
      // A fault of ours ends this command, and does not keep those behind it waiting.
      log.error({ err: error, command: given.id, verb: given.command.verb }, 'a command failed; it is not tried again');
      const why = error instanceof Error ? error.message : String(error);
      return { change: endedBy(given, { kind: 'failed', at: now, why }), value: 'over' };
    }
  });
  return outcome ?? 'over';
}

/** All that the command changes; or why it does not. */
function changeOf(
  given: AcceptedCommand,
  input: CommandInput,
  records: FleetRecords,
  manifests: ManifestsInForce | undefined,
  because: string,
): Result<FleetChange, string> {
  const applied = applyCommand(input, given.command, because);
  if (!applied.ok) return applied;
  const change = changeOfApplied(applied.value, given, input, because);
  const { reconcile } = applied.value;
  if (reconcile === undefined || manifests === undefined) return ok(change);
  const planned = reconcileChange(given.command, reconcile, records, manifests, input.now);
  return planned.ok ? ok(joined(change, planned.value)) : planned;
}

const endedBy = ({ id }: AcceptedCommand, outcome: CommandOutcome): FleetChange => ({
  carriedOut: { command: id, outcome },
  audit: [],
  followUps: [],
});

function changeOfApplied(applied: Applied, given: AcceptedCommand, { rollouts, now }: CommandInput, because: string): FleetChange {
  const { stops, changes, notes, ruleApprovals = [] } = applied;
  const concerned = concernedBy(applied, rollouts);
  const [first] = concerned;
  const rollout = concerned.length === 1 ? first?.state.id : undefined;
  return {
    ...endedBy(given, { kind: 'done', at: now, changes, notes }),
    rollouts: applied.rollouts,
    stops,
    ruleApprovals,
    audit: [commandLine(given, rollout, because), ...changes.map((change) => auditChange(change, given.command.by, rollout))],
    followUps: [
      { kind: 'tick' },
      ...ruleApprovals.map(({ pull }) => ({ kind: 'review-again', pull }) as const),
      ...commitsOf(concerned).map((commit) => ({ kind: 'report-rollouts', commit, at: undefined }) as const),
    ],
  };
}

/** With the reason why the person may: rules and teams change. */
const commandLine = ({ command, givenAt }: AcceptedCommand, rollout: RolloutId | undefined, because: string): AuditLine => ({
  actor: command.by,
  kind: 'command',
  subject: subjectOf(command),
  rollout,
  from: undefined,
  to: command.verb,
  why: `${command.reason} (${because})`,
  givenAt,
});

function subjectOf(command: FleetCommand): string {
  switch (command.verb) {
    case 'lift':
      return command.stop;
    case 'stop':
      return scopeName(command.scope);
    case 'reconcile':
      return command.release;
    case 'approve-rules':
      return `#${command.pull}`;
    default:
      return command.rollout;
  }
}

/** Rollouts that changed, or whose stop did. */
function concernedBy({ rollouts, stops }: Applied, all: readonly ActiveRollout[]): readonly ActiveRollout[] {
  const ids = new Set<RolloutId>(rollouts.map(({ next }) => next.id));
  for (const { rollout } of stops) if (rollout !== undefined) ids.add(rollout);
  return all.filter(({ state }) => ids.has(state.id));
}

const commitsOf = (rollouts: readonly ActiveRollout[]): readonly CommitSha[] => [...new Set(rollouts.map(({ state }) => state.commit))];

function reconcileChange(
  { by, reason }: FleetCommand,
  release: string,
  records: FleetRecords,
  { commit, model, broughtBy: origin }: ManifestsInForce,
  now: Instant,
): Result<FleetChange, string> {
  if (!model.ok || commit === undefined) return model.ok ? err('no manifests are in force yet') : model;
  const planned = planRelease(model.value, records, release);
  if (!planned.ok) return planned;
  const change = reconcileRelease({ release, by, reason, commit, broughtBy: origin, recorded: records, plan: planned.value, now });
  return change === undefined ? err(`every cluster of ${release} is where it should be, or on the way there`) : ok(change);
}

const joined = (a: FleetChange, b: FleetChange): FleetChange => ({
  ...a,
  ...b,
  stops: [...(a.stops ?? []), ...(b.stops ?? [])],
  audit: [...a.audit, ...b.audit],
  followUps: [...a.followUps, ...b.followUps],
});
