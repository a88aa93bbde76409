import { instant } from '../../src/core/model/time.ts';
import { InMemoryClock } from '../../src/ports/in-memory/clock.ts';
import { InMemoryDataPlanes } from '../../src/ports/in-memory/data-plane.ts';
import { describeDataPlane } from './data-plane.contract.ts';
import { kafkaSpec } from './data-plane-support.ts';

describeDataPlane('in memory', async () => {
  const clock = new InMemoryClock(instant(1_800_000_000_000));
  const planes = new InMemoryDataPlanes({ clock });
  return {
    dataPlane: planes.port('plane-1'),
    clock,
    pass: async (ms) => {
      clock.advance(ms);
      planes.advance();
    },
    rollMsMax: 400_000,
    spec: kafkaSpec,
    cutOff: async (cluster) => planes.break(cluster, { kind: 'unreachable' }),
    restart: async () => planes.restart(),
    stop: async () => planes.silence('plane-1', true),
    remove: async () => {},
  };
});
