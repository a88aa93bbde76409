import type { FleetRecords } from '../core/change/apply-change.ts';
import type { BroughtChange } from '../core/command/brought-change.ts';
import type { CommandInput, FleetCommand } from '../core/command/command.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Instant } from '../core/model/time.ts';
import type { Proposal } from '../core/rules/consent.ts';
import type { RolloutSummary, StateStore } from '../ports/state-store.ts';

/** What a command is judged on. The rollout that it names, or whose stop it lifts, may be over, and is read for it. @throws PortError */
export async function inputOf(
  store: Pick<StateStore, 'rollout' | 'rolloutSummary' | 'pull' | 'ruleApprovals'>,
  id: FleetId,
  { rollouts, stops, desired, ledger }: FleetRecords,
  command: FleetCommand,
  now: Instant,
): Promise<CommandInput> {
  const named = 'rollout' in command ? command.rollout : undefined;
  const stopped = command.verb === 'lift' ? stops.find((stop) => stop.id === command.stop)?.rollout : undefined;
  const wanted = named ?? stopped;
  const known = rollouts.find(({ state }) => state.id === wanted);
  const found = known ?? (wanted === undefined ? undefined : await store.rollout(id, wanted));
  const all = found === undefined || known !== undefined ? rollouts : [...rollouts, found];
  const proposal = command.verb === 'approve-rules' ? await proposalOf(store, id, command.pull) : undefined;
  const summary = command.verb === 'approve' ? await store.rolloutSummary(id, command.rollout) : undefined;
  const change = summary === undefined ? proposal && ofPull(proposal) : broughtBy(summary);
  return { rollouts: all, rollout: named === undefined ? undefined : found, stops, desired, ledger, now, change, proposal };
}

const ofPull = ({ pull, author }: Pick<Proposal, 'pull' | 'author'>): BroughtChange => ({ ref: { kind: 'pull', number: pull }, author });

/** Whoever has pushed to the default branch may have called themselves anything. */
export function broughtBy({ pull, author, origin, commit }: RolloutSummary): BroughtChange {
  return pull === undefined ? { ref: { kind: 'commit', sha: origin ?? commit }, author: undefined } : ofPull({ pull, author });
}

/** `undefined` for a pull request that was never reviewed. @throws PortError */
export async function proposalOf(
  store: Pick<StateStore, 'pull' | 'ruleApprovals'>,
  id: FleetId,
  number: number,
): Promise<Proposal | undefined> {
  const known = await store.pull(id, number);
  if (known?.planned === undefined) return undefined;
  const { isOpen, planned, asked } = known;
  return { pull: number, isOpen, author: planned.info.author, asked, approvals: await store.ruleApprovals(id, number) };
}
