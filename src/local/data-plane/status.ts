import type { SentObserved } from '../../core/evidence/parse.ts';
import type { Instant } from '../../core/model/time.ts';
import type { Clock } from '../../ports/clock.ts';
import { type ClusterState, isChangedByHand } from '../../ports/in-memory/simulated-clusters/cluster-state.ts';
import { describeFault, isUnreachable } from '../../ports/in-memory/simulated-clusters/faults.ts';
import type { World } from '../../ports/in-memory/simulated-clusters/world.ts';

const ROWS_PER_PAGE = 100;

/** One cluster as a person who plays with the simulation sees it: what is really there, and what was broken on purpose. */
export interface ClusterStatus {
  readonly inside: SentObserved;
  readonly product: string;
  readonly faults: readonly string[];
  readonly byHand: boolean;
  readonly reachable: boolean;
}

export interface WorldStatus {
  readonly now: Instant;
  readonly speed: number;
  readonly silentDataPlanes: readonly string[];
  readonly clusters: readonly ClusterStatus[];
}

/** One page of the list, filtered. */
export interface PageView extends WorldStatus {
  readonly dataPlanes: readonly string[];
  readonly search: string;
  readonly dataPlane: string;
  readonly only: string;
  readonly refresh: boolean;
  readonly page: number;
  readonly pages: number;
  /** Clusters that pass the filter, and all there are. */
  readonly matching: number;
  readonly total: number;
}

interface Source {
  readonly world: World;
  readonly speed: number;
  readonly clock: Pick<Clock, 'now'>;
}

export function statusOf({ world, speed, clock }: Source, states: readonly ClusterState[]): WorldStatus {
  const silentDataPlanes = world.dataPlanes().filter((name) => world.isSilent(name));
  return { now: clock.now(), speed, silentDataPlanes, clusters: states.map((state) => clusterStatus(world, state)) };
}

/** What the page shows for its address: `q`, `plane`, `only` (moving, broken, changed), `page`, `refresh`. */
export function pageOf(source: Source, query: URLSearchParams): PageView {
  const { world } = source;
  const search = (query.get('q') ?? '').slice(0, 100).trim().toLowerCase();
  const dataPlane = query.get('plane') ?? '';
  const only = query.get('only') ?? '';
  const all = world.list(undefined);
  const matching = all.filter(
    (state) =>
      (dataPlane === '' || state.dataPlane === dataPlane) &&
      `${state.cluster} ${state.dataPlane} ${state.product}`.includes(search) &&
      isOfInterest(state, only),
  );
  const pages = Math.max(1, Math.ceil(matching.length / ROWS_PER_PAGE));
  const asked = Number.parseInt(query.get('page') ?? '1', 10);
  const page = Math.min(Math.max(Number.isNaN(asked) ? 1 : asked, 1), pages);
  const rows = matching.slice((page - 1) * ROWS_PER_PAGE, page * ROWS_PER_PAGE);
  return {
    ...statusOf(source, rows),
    dataPlanes: world.dataPlanes(),
    search,
    dataPlane,
    only,
    refresh: query.get('refresh') === 'on',
    page,
    pages,
    matching: matching.length,
    total: all.length,
  };
}

/** The address that shows this list again. */
export function addressOf(view: PageView, page: number): string {
  const query = new URLSearchParams();
  if (view.search !== '') query.set('q', view.search);
  if (view.dataPlane !== '') query.set('plane', view.dataPlane);
  if (view.only !== '') query.set('only', view.only);
  if (view.refresh) query.set('refresh', 'on');
  if (page > 1) query.set('page', String(page));
  return query.toString();
}

function clusterStatus(world: World, state: ClusterState): ClusterStatus {
  return {
    inside: world.inspect(state),
    product: state.product,
    faults: state.faults.map(describeFault),
    byHand: isChangedByHand(state),
    reachable: !isUnreachable(state) && !world.isSilent(state.dataPlane),
  };
}

function isOfInterest(state: ClusterState, only: string): boolean {
  switch (only) {
    case 'moving':
      return state.move !== undefined;
    case 'broken':
      return state.faults.length > 0 || state.brokers.some((broker) => broker.brokenSince !== undefined);
    case 'changed':
      return isChangedByHand(state);
    default:
      return true;
  }
}
