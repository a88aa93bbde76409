import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Connection, KubeconfigConnection, NoAnswer } from '../../../src/adapters/kubernetes/connection.ts';
import { KubernetesDataPlane } from '../../../src/adapters/kubernetes/data-plane-kubernetes.ts';
import type { Workload } from '../../../src/adapters/kubernetes/workload.ts';
import type { Order } from '../../../src/core/evidence/order.ts';
import { type ClusterId, trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import type { DataPlane } from '../../../src/ports/data-plane.ts';
import { type DataPlaneHarness, describeDataPlane } from '../../contract/data-plane.contract.ts';
import { kafkaSpec } from '../../contract/data-plane-support.ts';
import { hasControlPlane } from './available.ts';
import { ControlPlane } from './control-plane.ts';
import { Kubelet } from './kubelet.ts';
import { makeNamespace, makeSet } from './stateful-sets.ts';

const MANY = 20;
const ROLL_MS_MAX = 60_000;
const FLEET = trusted.fleet('acme/fleet');

describe.skipIf(!(await hasControlPlane()))('Kubernetes', () => {
  let plane: ControlPlane;
  let kubelet: Kubelet;
  let isStopped = false;
  let count = 0;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    kubelet = await Kubelet.start(plane.kubeconfig(plane.adminToken));
  });
  afterAll(async () => {
    await kubelet?.stop();
    await plane?.stop();
  });

  describeDataPlane('kubernetes', async (): Promise<DataPlaneHarness> => {
    if (isStopped) await plane.startServer();
    isStopped = false;
    count += 1;
    const own = `own-${count}`;
    const apart = `apart-${count}`;
    for (const namespace of [own, apart]) await makeNamespace(plane, namespace);
    const folder = mkdtempSync(join(tmpdir(), 'flotilla-kubeconfig-'));
    const files = join(folder, 'config');
    writeFileSync(files, plane.kubeconfig(plane.adminToken));
    const clock = { now: () => instant(Date.now()) };
    const many = Array.from({ length: MANY }, (_, index) => trusted.cluster(`contract-many-${index}`));
    const workload = (namespace: string, name: ClusterId): Workload => {
      return { kind: 'StatefulSet', namespace, name, container: 'kafka', configMap: `${name}-config` };
    };
    const workloads = new Map<ClusterId, Workload>([
      // In a namespace of its own, so that it alone can be cut off.
      [trusted.cluster('contract-a'), workload(apart, trusted.cluster('contract-a'))],
      ...[trusted.cluster('contract-b'), ...many].map((name) => [name, workload(own, name)] as const),
    ]);
    const connection = new Cut(new KubeconfigConnection({ context: 'test', files }));
    const said = { inForce: workloads, proposed: new Map() };
    const dataPlane = new KubernetesDataPlane({ name: 'plane-1', fleet: FLEET, connection, clock, workloads: async () => said });
    const made = new Set<ClusterId>();
    return {
      dataPlane: whereWorkloadsAre(dataPlane, async ({ cluster, spec }) => {
        const { namespace, name } = workloads.get(cluster) ?? workload(own, cluster);
        if (made.has(cluster)) return;
        made.add(cluster);
        await makeSet(plane, { namespace, name, image: `example/kafka:${spec.version}`, replicas: spec.replicas });
      }),
      clock,
      pass: async (ms) => void (await sleep(ms)),
      rollMsMax: ROLL_MS_MAX,
      spec: kafkaSpec,
      manyClusters: MANY,
      cutOff: async (cluster) => {
        connection.cut(workloads.get(cluster)?.namespace ?? '');
        // That a connection has ended is heard a moment later.
        await expect.poll(async () => (await dataPlane.observe([cluster]))[0]?.kind).toBe('unknown');
      },
      restart: async () => {
        await plane.killServer();
        await plane.startServer();
      },
      stop: async () => {
        isStopped = true;
        await plane.killServer();
      },
      remove: async () => {
        rmSync(folder, { recursive: true, force: true });
        if (isStopped) return;
        for (const namespace of [own, apart]) await plane.must('DELETE', `/api/v1/namespaces/${namespace}`);
      },
    };
  });
});

/** Flotilla makes no workloads: somebody has made them before the first order. */
const whereWorkloadsAre = (dataPlane: DataPlane, make: (order: Order) => Promise<void>): DataPlane => ({
  name: dataPlane.name,
  observe: (clusters) => dataPlane.observe(clusters),
  list: () => dataPlane.list(),
  watch: (onChange, signal) => dataPlane.watch(onChange, signal),
  apply: async (orders) => {
    for (const order of orders) await make(order);
    return await dataPlane.apply(orders);
  },
});

/** Nobody answers for one namespace, as when what keeps its objects is away. */
class Cut implements Connection {
  readonly #whole: Connection;
  readonly #streams = new Map<string, AbortController>();
  #namespace: string | undefined;

  constructor(whole: Connection) {
    this.#whole = whole;
  }

  cut(namespace: string): void {
    this.#namespace = namespace;
    for (const [path, stream] of this.#streams) if (this.#isCut(path)) stream.abort();
  }

  async ask(request: Parameters<Connection['ask']>[0]): ReturnType<Connection['ask']> {
    this.#check(request.path);
    return await this.#whole.ask(request);
  }

  async stream(...[path, onOpen, onLine, signal]: Parameters<Connection['stream']>): ReturnType<Connection['stream']> {
    this.#check(path);
    const stop = new AbortController();
    this.#streams.set(path, stop);
    return await this.#whole.stream(path, onOpen, onLine, AbortSignal.any([signal, stop.signal]));
  }

  #isCut(path: string): boolean {
    return this.#namespace !== undefined && path.includes(`/namespaces/${this.#namespace}/`);
  }

  #check(path: string): void {
    if (this.#isCut(path)) throw new NoAnswer('it cannot answer now (503)');
  }
}
