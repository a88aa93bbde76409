import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalRun } from '../../../src/local/demo/local-run.ts';
import { eventually, Person } from '../../../src/local/demo/person.ts';
import { atVersion, checkOf, land, ROLLOUT_CHECK } from '../../local/support/scene.ts';
import { rollouts } from '../../local/support/watch.ts';
import { hasControlPlane } from './available.ts';
import { ControlPlane } from './control-plane.ts';
import { Kubelet } from './kubelet.ts';
import { makeNamespace, makeSet, makeSettings, setPath } from './stateful-sets.ts';

const SPEED = 600;
const RELEASE = 'release.yaml';
const IN_REPOSITORY = `fleet-manifests/${RELEASE}`;

const FILES: Readonly<Record<string, string>> = {
  'fleet.yaml': `apiVersion: flotilla.dev/v1
kind: Fleet
metadata: { name: real }
spec:
  defaultStrategy: fast
  schedule: { tick: "* * * * * *", sweep: "0 0 1 1 *" }
  dataPlanes:
    - { name: eu, kind: kubernetes, context: eu, urlFromEnv: FLOTILLA_TEST_KUBECONFIG }
---
apiVersion: flotilla.dev/v1
kind: Product
metadata: { name: kafka }
spec:
  workload: { kind: StatefulSet, container: kafka, configMap: '{name}-config' }
  versions:
    - { version: "4.0.1", image: "example/kafka:4.0.1" }
    - { version: "4.1.1", image: "example/kafka:4.1.1" }
---
apiVersion: flotilla.dev/v1
kind: Strategy
metadata: { name: fast }
spec:
  phases:
    - { name: all, rest: true, maxConcurrent: 1, soak: 1m }
---
apiVersion: flotilla.dev/v1
kind: Cluster
metadata: { name: orders }
spec:
  product: kafka
  dataPlane: eu
  replicas: 3
  workload: { namespace: orders-team, name: broker }
`,
  [RELEASE]: `apiVersion: flotilla.dev/v1
kind: Release
metadata: { name: kafka }
spec:
  product: kafka
  version: "4.0.1"
  select: {}
  config: { min.insync.replicas: 2 }
`,
};

describe.skipIf(!(await hasControlPlane()))('the bot with a data plane on Kubernetes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-kubernetes-bot-'));
  const set = { namespace: 'orders-team', name: 'broker', image: 'example/kafka:4.0.1', replicas: 3 };
  let plane: ControlPlane;
  let kubelet: Kubelet;
  let run: LocalRun;
  let person: Person;

  beforeAll(async () => {
    plane = await ControlPlane.start();
    kubelet = await Kubelet.start(plane.kubeconfig(plane.adminToken));
    await makeNamespace(plane, set.namespace);
    await makeSettings(plane, set.namespace, 'broker-config', { 'min.insync.replicas': '2' });
    await makeSet(plane, set);
    await eventually('three pods', async () => ((await status())['readyReplicas'] === 3 ? true : undefined));
    mkdirSync(join(folder, 'manifests'));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, 'manifests', name), text);
    writeFileSync(join(folder, 'kubeconfig'), plane.kubeconfig(plane.adminToken, 'eu'));
    run = await LocalRun.create(SPEED, {
      FLOTILLA_MANIFESTS: join(folder, 'manifests'),
      FLOTILLA_TEST_KUBECONFIG: join(folder, 'kubeconfig'),
    });
    await run.start();
    person = new Person(run.home, run.state);
    await person.clone();
    await eventually('the fleet to be known', () => rollouts(run));
  });
  afterAll(async () => {
    person?.remove();
    await run?.remove();
    await kubelet?.stop();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const status = async () => ((await plane.must('GET', setPath(set))) as { readonly status: { readonly [name: string]: unknown } }).status;

  it('rolls three brokers one by one when a pull request is merged, and says so on the commit', async () => {
    const { commit } = await land(person, 'newer', IN_REPOSITORY, atVersion('4.1.1'));
    await checkOf(person, commit, ROLLOUT_CHECK, 'success');
    expect(kubelet.ended).toEqual(['broker-2', 'broker-1', 'broker-0']);
    expect(await status()).toMatchObject({ readyReplicas: 3, updatedReplicas: 3 });
    expect(await plane.must('GET', setPath(set))).toMatchObject({
      metadata: { annotations: { 'flotilla.dev/cluster': 'orders', 'flotilla.dev/mode': 'run' } },
      spec: { template: { spec: { containers: [{ name: 'kafka', image: 'example/kafka:4.1.1' }] } } },
    });
  });
});
