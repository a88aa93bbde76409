/** From a command that was accepted to what it changes: in the order in which people gave them, each with its outcome in one transaction. */
import type { FleetRecords } from '../core/change/apply-change.ts';
import type { CommandOutcome } from '../core/change/command-outcome.ts';
import type { AuditLine, FleetChange } from '../core/change/fleet-change.ts';
import { auditChange } from '../core/change/record-decision.ts';
import { type AcceptedCommand, needsPlan } from '../core/command/accepted.ts';
import { applyCommand } from '../core/command/apply-command.ts';
import type { Applied, CommandInput, FleetCommand } from '../core/command/command.ts';
import { reconcileRelease } from '../core/landing/reconcile-release.ts';
import type { FleetModel } from '../core/manifest/model.ts';
import type { CommitSha, FleetId, RolloutId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { Instant } from '../core/model/time.ts';
import type { ActiveRollout } from '../core/reconcile/decision.ts';
import { scopeName } from '../core/stop/stop-words.ts';
import type { RolloutSummary, StateStore } from '../ports/state-store.ts';
import { type Decide, inOneTurn } from './commit.ts';
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
  for (const waiting of await loop.ports.store.waitingCommands(id))
    if (!needsPlan(waiting.command)) await carryOut(loop.ports, id, waiting, decide, undefined);
}

/**
 * Carries out all that waits, also what needs a plan: its manifests are read from git, which may hang, before it takes its turn.
 *
 * @throws PortError
 */
export async function planAndCarryOut(loop: LoopWith<PlanningPort>, id: FleetId): Promise<void> {
  for (const waiting of await loop.ports.store.waitingCommands(id)) {
    for (let outcome: CarryingOut = 'moved-on'; outcome === 'moved-on'; ) {
      const manifests = needsPlan(waiting.command) ? await manifestsInForce(loop, id) : undefined;
      outcome = await inOneTurn(loop, id, (decide) => carryOut(loop.ports, id, waiting, decide, manifests));
    }
  }
}

/** What a plan is made from besides the records: read before, and of use only while it is in force. */
interface ManifestsInForce {
  readonly commit: CommitSha | undefined;
  readonly model: Result<FleetModel, string>;
  /** The rollouts that the commit has brought. */
  readonly brought: readonly RolloutSummary[];
}

async function manifestsInForce(loop: LoopWith<PlanningPort>, id: FleetId): Promise<ManifestsInForce> {
  const { store } = loop.ports;
  const fleet = await store.fleet(id);
  const commit = fleet?.goodHead;
  if (fleet === undefined || commit === undefined) return { commit: undefined, model: err('no manifests are in force yet'), brought: [] };
  return { commit, model: await readInForce(loop, fleet, commit), brought: await store.rolloutsOfCommit(id, commit) };
}

/** `moved-on`: other manifests are in force than those which were read. */
type CarryingOut = 'over' | 'moved-on';

/** Once, whoever else is at it: a command is looked at again each time the fleet has moved on since it was read. */
async function carryOut(
  { store, log }: LoopWith<CommandPort>['ports'],
  id: FleetId,
  waiting: AcceptedCommand,
  decide: Decide,
  manifests: ManifestsInForce | undefined,
): Promise<CarryingOut> {
  const outcome = await decide<CarryingOut>(async (fleet, records, now) => {
    const given = await store.command(id, waiting.id);
    if (given === undefined || given.outcome !== undefined) return { value: 'over' };
    if (needsPlan(given.command) && manifests?.commit !== fleet.goodHead) return { value: 'moved-on' };
    const input = await inputOf(store, id, records, given, now);
    try {
      const change = changeOf(given, input, records, manifests);
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

/** The rollout that the command names, or whose stop it lifts, may be over, and is read for it. */
async function inputOf(
  store: Pick<StateStore, 'rollout'>,
  id: FleetId,
  { rollouts, stops, desired, ledger }: FleetRecords,
  { command, id: number }: AcceptedCommand,
  now: Instant,
): Promise<CommandInput> {
  const named = 'rollout' in command ? command.rollout : undefined;
  const stopped = command.verb === 'lift' ? stops.find((stop) => stop.id === command.stop)?.rollout : undefined;
  const wanted = named ?? stopped;
  const known = rollouts.find(({ state }) => state.id === wanted);
  const found = known ?? (wanted === undefined ? undefined : await store.rollout(id, wanted));
  const all = found === undefined || known !== undefined ? rollouts : [...rollouts, found];
  return { rollouts: all, rollout: named === undefined ? undefined : found, stops, desired, ledger, now, number };
}

/** All that the command changes; or why it does not. */
function changeOf(
  given: AcceptedCommand,
  input: CommandInput,
  records: FleetRecords,
  manifests: ManifestsInForce | undefined,
): Result<FleetChange, string> {
  const applied = applyCommand(input, given.command);
  if (!applied.ok) return applied;
  const change = changeOfApplied(applied.value, given, input);
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

function changeOfApplied(applied: Applied, given: AcceptedCommand, { rollouts, now }: CommandInput): FleetChange {
  const { stops, changes, notes } = applied;
  const concerned = concernedBy(applied, rollouts);
  const [first] = concerned;
  const rollout = concerned.length === 1 ? first?.state.id : undefined;
  return {
    ...endedBy(given, { kind: 'done', at: now, changes, notes }),
    rollouts: applied.rollouts,
    stops,
    audit: [commandLine(given, rollout), ...changes.map((change) => auditChange(change, given.command.by, rollout))],
    followUps: [{ kind: 'tick' }, ...commitsOf(concerned).map((commit) => ({ kind: 'report-rollouts', commit, at: undefined }) as const)],
  };
}

const commandLine = ({ command, givenAt }: AcceptedCommand, rollout: RolloutId | undefined): AuditLine => ({
  actor: command.by,
  kind: 'command',
  subject: subjectOf(command),
  rollout,
  from: undefined,
  to: command.verb,
  why: command.reason,
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
  { commit, model, brought }: ManifestsInForce,
  now: Instant,
): Result<FleetChange, string> {
  if (!model.ok || commit === undefined) return model.ok ? err('no manifests are in force yet') : model;
  const planned = planRelease(model.value, records, release);
  if (!planned.ok) return planned;
  const pull = brought.find((one) => one.pull !== undefined)?.pull;
  const change = reconcileRelease({ release, by, reason, commit, pull, recorded: records, plan: planned.value, now });
  return change === undefined ? err(`every cluster of ${release} is where it should be, or on the way there`) : ok(change);
}

const joined = (a: FleetChange, b: FleetChange): FleetChange => ({
  ...a,
  ...b,
  stops: [...(a.stops ?? []), ...(b.stops ?? [])],
  audit: [...a.audit, ...b.audit],
  followUps: [...a.followUps, ...b.followUps],
});
