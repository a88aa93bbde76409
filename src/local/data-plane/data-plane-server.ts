import { closeNow, createHttpServer, listen } from '../../http/server.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SeededCluster } from '../../ports/in-memory/simulated-clusters/events.ts';
import { World } from '../../ports/in-memory/simulated-clusters/world.ts';
import type { Log } from '../../ports/log.ts';
import { dataPlaneRoutes } from './data-plane-routes.ts';
import { WatchHub } from './watch-hub.ts';
import { WorldFile } from './world-file.ts';

export interface DataPlaneOptions {
  /** Folder of `data-plane.db`; made when it is not there. */
  readonly home: string;
  /** The wall clock: observations are stamped with it. */
  readonly clock: Pick<Clock, 'now'>;
  /** How many times faster than the clock clusters roll; shown on the page. */
  readonly speed: number;
  /** Another seed gives other durations. */
  readonly seed: string;
  readonly log: Log;
}

export interface DataPlaneServer {
  readonly url: string;
  readonly port: number;
  /** Adds clusters that run already; those that are known stay as they are. @returns how many were new. */
  readonly seed: (clusters: readonly SeededCluster[]) => number;
  /** Cuts off watchers and closes the file. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the simulated data planes, for this machine only.
 *
 * @param options.port - 0 takes any free port.
 * @throws Error that says what to do, when the port is taken, or `data-plane.db` is in use or damaged.
 */
export async function startDataPlaneServer(options: DataPlaneOptions & { readonly port: number }): Promise<DataPlaneServer> {
  const { speed, clock, log } = options;
  const store = WorldFile.open(options.home);
  // The hub tells of the world's changes, and is made from the world: until it is there nobody can watch.
  let hub: WatchHub | undefined;
  const world = new World({ store, clock, speed, seed: options.seed, onChange: (state) => hub?.notify(state) });
  const watchers = new WatchHub(world, speed);
  hub = watchers;
  const server = createHttpServer(dataPlaneRoutes({ world, hub: watchers, speed, clock, log }));
  const closeWorld = (): void => {
    watchers.close();
    world.close();
  };
  const port = await listen(server, options.port).catch((error: unknown) => {
    closeWorld();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seed: (clusters) => world.seed(clusters),
    close: async () => {
      await closeNow(server);
      closeWorld();
    },
  };
}
