import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import type { SeededCluster } from '../../ports/in-memory/simulated-clusters/events.ts';
import { World } from '../../ports/in-memory/simulated-clusters/world.ts';
import type { Log } from '../../ports/log.ts';
import { DataPlaneRoutes } from './data-plane-routes.ts';
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

/** The simulated data planes, to be put into any HTTP server. */
export interface DataPlaneService {
  /** Answers one request; never throws. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Adds clusters that run already; those that are known stay as they are. @returns how many were new. */
  readonly seed: (clusters: readonly SeededCluster[]) => number;
  /** Cuts off watchers and closes the file. */
  readonly close: () => void;
}

export interface DataPlaneServer {
  readonly url: string;
  readonly port: number;
  readonly seed: DataPlaneService['seed'];
  readonly close: () => Promise<void>;
}

/** @throws Error that says what to do, when `data-plane.db` is in use or damaged. */
export function openDataPlane(options: DataPlaneOptions): DataPlaneService {
  const store = WorldFile.open(options.home);
  // The hub tells of the world's changes, and is made from the world: until it is there nobody can watch.
  let hub: WatchHub | undefined;
  const world = new World({
    store,
    clock: options.clock,
    speed: options.speed,
    seed: options.seed,
    onChange: (state) => hub?.notify(state),
  });
  hub = new WatchHub(world, options.speed);
  const watchers = hub;
  const routes = new DataPlaneRoutes({
    world,
    hub: watchers,
    speed: options.speed,
    clock: options.clock,
    log: options.log,
    token: randomBytes(16).toString('hex'),
  });
  return {
    handle: (request, response) => routes.handle(request, response),
    seed: (clusters) => world.seed(clusters),
    close: () => {
      watchers.close();
      world.close();
    },
  };
}

/**
 * Starts the service on a port of its own, for this machine only.
 *
 * @param options.port - 0 takes any free port.
 * @throws Error when the port is taken or the file cannot be opened.
 */
export async function startDataPlaneServer(options: DataPlaneOptions & { readonly port: number }): Promise<DataPlaneServer> {
  const service = openDataPlane(options);
  const server = createServer((request, response) => void service.handle(request, response));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, '127.0.0.1', resolve);
    });
  } catch (error) {
    service.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seed: service.seed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          service.close();
          resolve();
        });
        // Watchers never end by themselves.
        server.closeAllConnections();
      }),
  };
}
