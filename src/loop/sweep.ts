import { missedOf } from '../core/landing/missed.ts';
import type { FleetId } from '../core/model/ids.ts';
import { parseFleetId } from '../core/model/ids.ts';
import type { Ports } from '../ports/ports.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { jobOf, sweepJob } from './jobs.ts';

/**
 * Compares our records with the code host and catches up. Webhooks are hints; this is the truth.
 *
 * One request: the list of open pull requests.
 *
 * @throws PortError
 */
export async function sweepFleet({ store, clock, host }: Pick<Ports, 'store' | 'clock' | 'host'>, id: FleetId): Promise<void> {
  const fleet = await store.fleet(id);
  if (fleet === undefined) return;
  const [open, records, orders] = await Promise.all([host(fleet).openPulls(), store.openPulls(id), store.orders(id)]);
  const known = records.map(({ number, planned }) => ({ number, head: planned?.info.headSha, base: planned?.base }));
  const { defaultBranch, seenHead } = fleet;
  const missed = missedOf({ defaultBranch, seenHead, open, known, orders });
  await store.enqueue(missed.map((followUp) => jobOf(id, followUp, clock.now())));
}

/** Learns which repositories the app is installed on, and has each looked at. @throws PortError */
export async function discoverFleets({ store, app, log }: Pick<Ports, 'store' | 'app' | 'log'>): Promise<readonly FleetRecord[]> {
  for (const repository of await app.repositories()) {
    const id = parseFleetId(`${repository.owner}/${repository.name}`);
    if (!id.ok) {
      log.warn({ repository: `${repository.owner}/${repository.name}`, reason: id.error }, 'repository left out');
      continue;
    }
    const known = await store.fleet(id.value);
    await store.saveFleet({
      id: id.value,
      installation: repository.installation,
      owner: repository.owner,
      name: repository.name,
      defaultBranch: repository.defaultBranch,
      cloneUrl: repository.cloneUrl,
      seenHead: known?.seenHead,
      goodHead: known?.goodHead,
      version: known?.version ?? 0,
    });
    await store.enqueue([sweepJob(id.value)]);
  }
  return await store.fleets();
}
