import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedDataPlane } from '../../src/adapters/simulated/data-plane-http.ts';
import { instant } from '../../src/core/model/time.ts';
import { type DataPlaneServer, startDataPlaneServer } from '../../src/local/data-plane/data-plane-server.ts';
import { Relay } from '../support/relay.ts';
import { type DataPlaneHarness, describeDataPlane } from './data-plane.contract.ts';
import { collectingLog, kafkaSpec } from './data-plane-support.ts';

const SPEED = 300;
const PATIENCE_MS = 5 * 60_000;

describeDataPlane('simulated', async (): Promise<DataPlaneHarness> => {
  const home = mkdtempSync(join(tmpdir(), 'flotilla-data-plane-'));
  const relay = await Relay.start();
  const { url } = relay;
  let now = 1_800_000_000_000;
  const clock = { now: () => instant(now) };
  let server: DataPlaneServer | undefined;
  const start = async () => {
    server = await startDataPlaneServer({ home, port: 0, clock, speed: SPEED, seed: 'contract', log: collectingLog() });
    relay.leadTo(server.port);
  };
  const stop = async () => {
    relay.leadTo(undefined);
    await server?.close();
    server = undefined;
  };
  await start();
  return {
    dataPlane: new SimulatedDataPlane('plane-1', url, clock, PATIENCE_MS),
    clock,
    pass: async (ms) => {
      now += ms;
    },
    rollMsMax: 4_000,
    spec: kafkaSpec,
    cutOff: async (cluster) => {
      const body = JSON.stringify({ cluster, with: 'unreachable' });
      await fetch(`${url}/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    },
    restart: async () => {
      await stop();
      await start();
    },
    stop,
    remove: async () => {
      await stop();
      await relay.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
});
