import type { FleetId } from '../core/model/ids.ts';
import { parseFleetId } from '../core/model/ids.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { driftJob, replanJob, reviewJob, sweepJob, syncJob, tickJob } from './jobs.ts';
import type { Loop } from './loop.ts';

/**
 * Compares our records with the code host and catches up. Webhooks are hints; this is the truth.
 *
 * One request: the list of open pull requests. Those whose head was planned already, on this base, cost nothing more.
 *
 * @throws PortError
 */
export async function sweepFleet(loop: Loop, id: FleetId): Promise<void> {
  const { store, clock } = loop.ports;
  const fleet = await store.fleet(id);
  if (fleet === undefined) return;
  const open = await loop.ports.host(fleet).openPulls();
  const known = new Map((await store.projections(id, 'pull:')).map((projection) => [projection.memo['pull'], projection]));
  const ours = open.filter(({ baseRef }) => baseRef === fleet.defaultBranch);
  const missed = ours.filter(({ number, headSha }) => {
    const memo = known.get(String(number))?.memo;
    return memo?.['head'] !== headSha || memo['state'] !== 'open';
  });
  // A bot that was killed right after a landing has asked for no new plans of it.
  const outdated = ours.filter((pull) => !missed.includes(pull) && known.get(String(pull.number))?.memo['base'] !== fleet.seenHead);
  const closed = [...known.values()].filter(
    ({ memo }) => memo['state'] === 'open' && !open.some(({ number }) => String(number) === memo['pull']),
  );
  await store.enqueue([
    syncJob(id),
    ...missed.map(({ number }) => reviewJob(id, number)),
    ...outdated.map(({ number }) => replanJob(id, number)),
    ...closed.map(({ memo }) => reviewJob(id, Number(memo['pull']))),
    tickJob(id, clock.now()),
    driftJob(id),
  ]);
}

/** Learns which repositories the app is installed on, and looks at each. @throws PortError */
export async function discoverFleets(loop: Loop): Promise<readonly FleetRecord[]> {
  const { store, app, log } = loop.ports;
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
