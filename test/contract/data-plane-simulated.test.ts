import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SimulatedDataPlane } from '../../src/adapters/simulated/data-plane-http.ts';
import { instant } from '../../src/core/model/time.ts';
import { type DataPlaneServer, startDataPlaneServer } from '../../src/local/data-plane/data-plane-server.ts';
import { type DataPlaneHarness, describeDataPlane } from './data-plane.contract.ts';
import { collectingLog, kafkaSpec } from './data-plane-support.ts';

const clock = { now: () => instant(Date.now()) };

describeDataPlane('simulated', async (): Promise<DataPlaneHarness> => {
  const home = mkdtempSync(join(tmpdir(), 'flotilla-data-plane-'));
  const start = (port: number) => startDataPlaneServer({ home, port, clock, speed: 300, seed: 'contract', log: collectingLog() });
  let server: DataPlaneServer | undefined = await start(0);
  const { port, url } = server;
  return {
    dataPlane: new SimulatedDataPlane('plane-1', url, clock),
    clock,
    pass: async (ms) => void (await sleep(ms)),
    rollMsMax: 4_000,
    spec: kafkaSpec,
    cutOff: async (cluster) => {
      const body = JSON.stringify({ cluster, with: 'unreachable' });
      await fetch(`${url}/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    },
    restart: async () => {
      await server?.close();
      server = await start(port);
    },
    stop: async () => {
      await server?.close();
      server = undefined;
      rmSync(home, { recursive: true, force: true });
    },
  };
});
