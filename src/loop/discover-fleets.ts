/**
 * Which repositories are fleets: what the installations of the app list and holds a Fleet document, told apart by the id that never changes. Webhooks ask for
 * it, and a timer does; each installation is looked at by itself.
 */
import { type FleetId, parseFleetId } from '../core/model/ids.ts';
import { RETIREMENT_WORDS, type Retirement, type RetirementCause } from '../core/model/retirement.ts';
import { instant } from '../core/model/time.ts';
import type { Installation, InstalledRepository } from '../ports/code-host.ts';
import type { Ports } from '../ports/ports.ts';
import type { FleetRecord } from '../ports/state-store.ts';
import { installJob, sweepJob } from './jobs.ts';

type DiscoveryPorts = Pick<Ports, 'store' | 'app' | 'clock' | 'log'>;

/**
 * Brings the records of fleets up to date, has each looked at, and retires those that no installation lists any more.
 *
 * @returns all fleets, retired ones too.
 * @throws PortError when the app itself or the database cannot be asked. An installation that cannot be listed harms no other, and
 *   its own fleets stay as they are.
 */
export async function discoverFleets(ports: DiscoveryPorts): Promise<readonly FleetRecord[]> {
  const { store, app } = ports;
  const installations = new Map((await app.installations()).map((one) => [one.id, one]));
  const listings: Listing[] = [];
  for (const installation of installations.values()) listings.push(await listingOf(ports, installation));
  const looks = { left: LOOKS_MAX, bystanders: await store.bystanders() };
  const listed = new Set<FleetId>();
  // Those that were pushed to last are the likeliest to have become fleets.
  const all = listings.flatMap(({ repositories }) => repositories).toSorted((a, b) => (a.pushedAt < b.pushedAt ? 1 : -1));
  for (const repository of all) {
    const fleet = await take(ports, repository, looks);
    if (fleet !== undefined) listed.add(fleet);
  }
  if (looks.left < 0) await store.enqueue([installJob(instant(ports.clock.now() + AGAIN_MS))]);
  const unread = new Set(listings.flatMap(({ installation, isRead }) => (isRead ? [] : [installation])));
  for (const fleet of await store.fleets())
    if (!listed.has(fleet.id) && !unread.has(fleet.installation)) await retireMissing(ports, fleet, installations.get(fleet.installation));
  return await store.fleets();
}

/** Looks at one repository alone: somebody has pushed to it. @returns all fleets. @throws PortError */
export async function discoverRepository(ports: DiscoveryPorts, installation: number, repository: number): Promise<readonly FleetRecord[]> {
  const found = await ports.app.repository(installation, repository);
  if (found !== undefined) await take(ports, found, { left: 1, bystanders: new Map() });
  return await ports.store.fleets();
}

/** Repositories that are looked into at a time, with up to eleven requests each. The rest is looked at in ten minutes. */
const LOOKS_MAX = 100;
const AGAIN_MS = 10 * 60_000;

interface Looks {
  /** Below 0: some were left out. */
  left: number;
  readonly bystanders: ReadonlyMap<number, string>;
}

interface Listing {
  readonly installation: number;
  readonly repositories: readonly InstalledRepository[];
  readonly isRead: boolean;
}

async function listingOf({ app, log }: DiscoveryPorts, { id: installation, isSuspended }: Installation): Promise<Listing> {
  if (isSuspended) return { installation, repositories: [], isRead: true };
  try {
    return { installation, repositories: await app.repositories(installation), isRead: true };
  } catch (error) {
    log.warn({ err: error, installation }, 'the repositories of an installation could not be listed; its fleets stay as they are');
    return { installation, repositories: [], isRead: false };
  }
}

/** @returns the key of its fleet; `undefined` when it is none. */
async function take(ports: DiscoveryPorts, repository: InstalledRepository, looks: Looks): Promise<FleetId | undefined> {
  const { store, log } = ports;
  const known = (await store.fleetOfRepository(repository.id)) ?? (await withoutId(store, repository));
  // One that has had valid manifests once stays a fleet, whatever becomes of them.
  const isFleet = known?.goodHead !== undefined || (await looksLikeFleet(ports, repository, looks));
  if (known === undefined && isFleet !== true) return undefined;
  const id = known?.id ?? (await freeKey(store, repository));
  if (id === undefined) {
    log.warn({ repository: `${repository.owner}/${repository.name}` }, 'repository left out: its name cannot be that of a fleet');
    return undefined;
  }
  const fleet = recordOf(ports, repository, known, id, (isFleet ?? known?.retired?.why !== 'no-fleet') ? undefined : 'no-fleet');
  if (!isSame(fleet, known)) {
    tell(ports, fleet, known);
    await store.saveFleet(fleet);
  }
  if (fleet.retired === undefined) await store.enqueue([sweepJob(id)]);
  return id;
}

/** @returns `undefined` when nobody knows: it could not be looked at, or is so later. */
async function looksLikeFleet(
  { store, app, log }: DiscoveryPorts,
  repository: InstalledRepository,
  looks: Looks,
): Promise<boolean | undefined> {
  const { id, closed, defaultBranch, pushedAt } = repository;
  if (closed !== undefined) return undefined;
  const asOf = `${defaultBranch} ${pushedAt}`;
  if (looks.bystanders.get(id) === asOf) return false;
  looks.left -= 1;
  if (looks.left < 0) return undefined;
  try {
    if (await app.holdsFleet(repository)) return true;
    await store.saveBystander(id, asOf);
    return false;
  } catch (error) {
    log.warn(
      { err: error, repository: `${repository.owner}/${repository.name}` },
      'a repository could not be looked at; it is tried again later',
    );
    return undefined;
  }
}

/**
 * Of before ids were kept: there is nothing but the name to know it by, this once. Where it was not listed under it, or somebody else lists
 * it, the name may be a stranger's by now.
 */
async function withoutId(
  store: DiscoveryPorts['store'],
  { owner, name, installation }: InstalledRepository,
): Promise<FleetRecord | undefined> {
  const key = parseFleetId(`${owner}/${name}`);
  const fleet = key.ok ? await store.fleet(key.value) : undefined;
  const isIt = fleet?.repository === undefined && fleet?.retired === undefined && fleet?.installation === installation;
  return isIt ? fleet : undefined;
}

/** Who takes the name of a fleet that was renamed gets a fleet of their own, under another key. */
async function freeKey(store: DiscoveryPorts['store'], { id, owner, name }: InstalledRepository): Promise<FleetId | undefined> {
  const plain = parseFleetId(`${owner}/${name}`);
  if (!plain.ok) return undefined;
  if ((await store.fleet(plain.value)) === undefined) return plain.value;
  const own = parseFleetId(`${owner}/${name}~${id}`);
  return own.ok ? own.value : undefined;
}

function recordOf(
  { clock }: DiscoveryPorts,
  repository: InstalledRepository,
  known: FleetRecord | undefined,
  id: FleetId,
  other: RetirementCause | undefined,
): FleetRecord {
  const { installation, owner, name, defaultBranch, cloneUrl, closed = other } = repository;
  return {
    id,
    repository: repository.id,
    ...{ installation, owner, name, defaultBranch, cloneUrl },
    retired: closed === undefined ? undefined : retirement(known, closed, clock.now()),
    seenHead: known?.seenHead,
    goodHead: known?.goodHead,
    version: known?.version ?? 0,
  };
}

/** Of the same cause as before, since then. */
const retirement = (known: FleetRecord | undefined, why: RetirementCause, since: Retirement['since']): Retirement =>
  known?.retired?.why === why ? known.retired : { why, since };

const isSame = (fleet: FleetRecord, known: FleetRecord | undefined): boolean => {
  const fields = ({ repository, installation, owner, name, defaultBranch, cloneUrl, retired }: FleetRecord) =>
    JSON.stringify([repository, installation, owner, name, defaultBranch, cloneUrl, retired?.why]);
  return known !== undefined && fields(fleet) === fields(known);
};

/** A page that moved while the list was read may have hidden it: it is asked for by itself before nothing is done for it any more. */
async function retireMissing(ports: DiscoveryPorts, fleet: FleetRecord, installation: Installation | undefined): Promise<void> {
  const { store, app, clock, log } = ports;
  const why = installation === undefined ? 'uninstalled' : installation.isSuspended ? 'suspended' : 'not-listed';
  if (fleet.retired?.why === why) return;
  if (why === 'not-listed' && fleet.repository !== undefined) {
    try {
      if ((await app.repository(fleet.installation, fleet.repository)) !== undefined) return;
    } catch (error) {
      log.warn({ err: error, fleet: fleet.id }, 'a fleet that is not listed could not be asked for; it stays as it is');
      return;
    }
  }
  const retired = { ...fleet, retired: { why, since: clock.now() } } as const;
  tell(ports, retired, fleet);
  await store.saveFleet(retired);
}

function tell({ log }: DiscoveryPorts, fleet: FleetRecord, known: FleetRecord | undefined): void {
  const fields = { fleet: fleet.id, repository: fleet.repository, name: `${fleet.owner}/${fleet.name}` };
  if (fleet.retired?.why !== known?.retired?.why) {
    if (fleet.retired === undefined) log.info(fields, 'a retired fleet is taken up again, as it was left');
    else log.warn({ ...fields, why: fleet.retired.why }, `a fleet is retired, and its state kept: ${RETIREMENT_WORDS[fleet.retired.why]}`);
  }
  if (known !== undefined && (known.owner !== fleet.owner || known.name !== fleet.name))
    log.info({ ...fields, before: `${known.owner}/${known.name}` }, 'the repository of a fleet has a new name');
}
