import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasControlPlane } from './available.ts';
import { ControlPlane } from './control-plane.ts';
import { Kubelet } from './kubelet.ts';
import { changeByHand, makeNamespace, makeSet, setPath } from './stateful-sets.ts';

describe.skipIf(!(await hasControlPlane()))('the control plane of these tests', () => {
  let plane: ControlPlane;
  let kubelet: Kubelet;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    kubelet = await Kubelet.start(plane.kubeconfig(plane.adminToken));
    await makeNamespace(plane, 'kafka');
  });
  afterAll(async () => {
    await kubelet?.stop();
    await plane?.stop();
  });

  const set = { namespace: 'kafka', name: 'orders', image: 'example/kafka:4.0.1', replicas: 3 };
  const status = async () => (await plane.must('GET', setPath(set))) as { readonly status: Record<string, unknown> };

  it('makes three pods of a StatefulSet, and rolls a new image through them', async () => {
    await makeSet(plane, set);
    await expect.poll(async () => (await status()).status).toMatchObject({ readyReplicas: 3 });
    const before = (await status()).status['currentRevision'];
    await changeByHand(plane, setPath(set), { template: { spec: { containers: [{ name: 'kafka', image: 'example/kafka:4.1.1' }] } } });
    await expect.poll(async () => (await status()).status).toMatchObject({ readyReplicas: 3, updatedReplicas: 3, observedGeneration: 2 });
    await expect.poll(async () => (await status()).status['currentRevision']).not.toBe(before);
  });
});
