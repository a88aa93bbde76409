import { missedOf } from '../core/landing/missed.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Ports } from '../ports/ports.ts';
import { activeFleet } from './active-fleet.ts';
import { commandJob, jobOf, replanJob } from './jobs.ts';

/**
 * Compares our records with the code host and catches up. Webhooks are hints; this is the truth.
 *
 * One request: the list of open pull requests.
 *
 * @throws PortError
 */
export async function sweepFleet({ store, clock, host }: Pick<Ports, 'store' | 'clock' | 'host'>, id: FleetId): Promise<void> {
  const fleet = await activeFleet(store, id);
  if (fleet === undefined) return;
  // Permissions may have been accepted, a conversation unlocked, an address set.
  await store.retryParked(id);
  const [open, records, orders] = await Promise.all([host(fleet).openPulls(), store.openPulls(id), store.orders(id)]);
  const known = records.map(({ number, planned }) => ({ number, head: planned?.info.headSha, base: planned?.base }));
  const { defaultBranch, seenHead } = fleet;
  const missed = missedOf({ defaultBranch, seenHead, open, known, orders });
  // Who waits because the code host could not say who they are is looked at again.
  const waiting = (await store.waitingCommands(id)).map(({ command }) => commandJob(id, command));
  // News of a review may have been missed: one that was dismissed must not go on counting.
  const reviewed = records.filter(({ asked }) => asked?.approvers.reviews === true).map(({ number }) => replanJob(id, number));
  await store.enqueue([...reviewed, ...missed.map((followUp) => jobOf(id, followUp, clock.now())), ...waiting]);
}
