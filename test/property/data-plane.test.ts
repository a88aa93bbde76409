import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../src/ports/in-memory/simulated-clusters/roll.ts';
import { type fault, MINUTE, order, SEED, Simulation, spec } from '../unit/data-plane/simulation.ts';

type Event =
  | { readonly kind: 'order'; readonly version: string; readonly replicas: number; readonly mode: 'run' | 'hold' }
  | { readonly kind: 'break'; readonly fault: ReturnType<typeof fault> | undefined }
  | { readonly kind: 'change'; readonly version: string; readonly replicas: number }
  | { readonly kind: 'pass'; readonly ms: number };

const version = fc.constantFrom('4.0.1', '4.1.0', '4.1.1');
const replicas = fc.integer({ min: 1, max: 5 });
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('order' as const), version, replicas, mode: fc.constantFrom('run' as const, 'hold' as const) }),
  fc.record({
    kind: fc.constant('break' as const),
    fault: fc.option(
      fc.record({
        kind: fc.constantFrom('crash-loop' as const, 'stuck' as const, 'slow' as const),
        version: fc.option(version, { nil: undefined }),
        broker: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
      }),
      { nil: undefined },
    ),
  }),
  fc.record({ kind: fc.constant('change' as const), version, replicas }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 10 * MINUTE }) }),
);
const story = fc.array(event, { maxLength: 40 });

/** Tells a story to a cluster, and looks after each event. @returns the epoch of the last order. */
function tell(cluster: Simulation, events: readonly Event[], look: () => void): number {
  let epoch = 0;
  for (const one of events) {
    switch (one.kind) {
      case 'order':
        epoch += 1;
        cluster.order(order(epoch, spec(one.version, { replicas: one.replicas }), one.mode));
        break;
      case 'break':
        cluster.break(one.fault);
        break;
      case 'change':
        cluster.change(one);
        break;
      case 'pass':
        cluster.pass(one.ms);
        break;
    }
    look();
  }
  return epoch;
}

describe('a simulated cluster, whatever happens to it', () => {
  it('has at most one broker on its way', () => {
    fc.assert(
      fc.property(story, (events) => {
        const cluster = Simulation.running(spec('4.0.1'));
        tell(cluster, events, () => {
          const onTheirWay = cluster.seen().brokers.filter(({ state }) => state === 'restarting' || state === 'stuck');
          expect(onTheirWay.length).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  it('is rolled only when every broker runs what the newest order says, and as many as it says', () => {
    fc.assert(
      fc.property(story, (events) => {
        const cluster = Simulation.running(spec('4.0.1'));
        let ordered = { version: '4.0.1', replicas: 3 };
        const orders = events.flatMap((one) => (one.kind === 'order' ? [one] : []));
        tell(cluster, events, () => {
          const seen = cluster.seen();
          ordered = orders[(seen.accepted?.epoch ?? 0) - 1] ?? ordered;
          if (!seen.rolled) return;
          expect(seen.running).toMatchObject({ version: ordered.version, replicas: ordered.replicas });
          expect(new Set(seen.brokers.map((broker) => broker.version))).toEqual(new Set([ordered.version]));
        });
      }),
    );
  });

  it('comes to the same in one step as in two, and after being written down and read back', () => {
    fc.assert(
      fc.property(story, fc.nat(20 * MINUTE), fc.nat(20 * MINUTE), (events, first, second) => {
        const cluster = Simulation.running(spec('4.0.1'));
        tell(cluster, events, () => undefined);
        const state = cluster.known();
        const once = advance(state, cluster.at + first + second, SEED);
        const twice = advance(advance(state, cluster.at + first, SEED), cluster.at + first + second, SEED);
        const readBack = advance(JSON.parse(JSON.stringify(state)), cluster.at + first + second, SEED);
        expect(twice).toEqual(once);
        expect(readBack).toEqual(once);
      }),
    );
  });

  it('recovers as soon as its faults are cleared and it is told to run', () => {
    fc.assert(
      fc.property(story, version, (events, wanted) => {
        const cluster = Simulation.running(spec('4.0.1'));
        const epoch = tell(cluster, events, () => undefined);
        cluster.break(undefined);
        cluster.order(order(epoch + 1, spec(wanted)));
        // Five brokers may be down, and each may first come back where it was before it is moved.
        cluster.pass(15 * 90_000 + 15 * MINUTE);
        expect(cluster.seen()).toMatchObject({ rolled: true, healthy: true, running: { version: wanted, replicas: 3 } });
      }),
    );
  });
});
