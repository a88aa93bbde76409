import type { DesiredSpec } from '../../../src/core/desired/desired.ts';
import type { Order, OrderReply } from '../../../src/core/evidence/order.ts';
import type { SentObserved } from '../../../src/core/evidence/parse.ts';
import { revisionOf } from '../../../src/core/model/hash.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import type { ClusterState, Fault } from '../../../src/ports/in-memory/simulated-clusters/cluster-state.ts';
import {
  acceptOrder,
  changeByHand,
  existingCluster,
  type HandChange,
  setFault,
} from '../../../src/ports/in-memory/simulated-clusters/events.ts';
import { inspectCluster } from '../../../src/ports/in-memory/simulated-clusters/observe-cluster.ts';
import { advance } from '../../../src/ports/in-memory/simulated-clusters/roll.ts';

export const SEED = 'test';
export const MINUTE = 60_000;
/** Longer than any restart that is not slow. */
export const ONE_RESTART = 90_000;

export const spec = (version: string, fields: Partial<DesiredSpec> = {}): DesiredSpec => ({
  product: 'kafka',
  version,
  image: `apache/kafka:${version}`,
  replicas: 3,
  config: { 'min.insync.replicas': 2 },
  featureFlags: {},
  ...fields,
});

export const order = (epoch: number, wanted: DesiredSpec, mode: Order['mode'] = 'run'): Order => ({
  cluster: trusted.cluster('k'),
  dataPlane: 'plane',
  revision: revisionOf(wanted),
  spec: wanted,
  mode,
  epoch,
  rollout: undefined,
  orderedAt: instant(0),
});

export const fault = (kind: Fault['kind'], fields: Partial<Fault> = {}): Fault => ({
  kind,
  version: undefined,
  broker: undefined,
  ...fields,
});

/** One cluster and a clock that only the test moves. */
export class Simulation {
  state: ClusterState | undefined;
  at = 1_000_000;

  static running(wanted: DesiredSpec): Simulation {
    const simulation = new Simulation();
    const revision = revisionOf(wanted);
    simulation.state = existingCluster({ cluster: trusted.cluster('k'), dataPlane: 'plane', spec: wanted, revision });
    return simulation;
  }

  order(given: Order, defaultFaults: readonly Fault[] = []): OrderReply {
    const { state, reply } = acceptOrder(this.state, given, this.at, SEED, defaultFaults);
    this.state = state;
    return reply;
  }

  break(given: Fault | undefined): void {
    this.state = setFault(this.known(), given, this.at, SEED);
  }

  change(given: Partial<HandChange>): void {
    this.state = changeByHand(
      this.known(),
      { version: undefined, image: undefined, replicas: undefined, config: {}, ...given },
      this.at,
      SEED,
    );
  }

  pass(ms: number): void {
    this.at += ms;
    this.state = advance(this.known(), this.at, SEED);
  }

  seen(): SentObserved {
    return inspectCluster(this.known(), this.at, instant(this.at));
  }

  /** The brokers in one line: `4.1.1 ready, 4.0.1 restarting`. */
  brokers(): string {
    return this.seen()
      .brokers.map((broker) => `${broker.version} ${broker.state}`)
      .join(', ');
  }

  /** Passes time until a broker is done, so that tests depend on no duration. */
  untilNextBroker(): void {
    const endsAt = this.known().move?.endsAt;
    if (endsAt === undefined) throw new Error('no broker is on its way');
    this.pass(endsAt - this.at);
  }

  known(): ClusterState {
    if (this.state === undefined) throw new Error('there is no cluster yet');
    return this.state;
  }
}
