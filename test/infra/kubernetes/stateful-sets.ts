import type { ControlPlane } from './control-plane.ts';

/** What a platform team would have made: a workload of brokers that no test kubelet really runs. */
export interface MadeWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  readonly parallel?: boolean;
}

const APPS = '/apis/apps/v1/namespaces';

const podTemplate = (name: string, image: string) => ({
  metadata: { labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'kafka', image }] },
});

/** Kubernetes makes a namespace ready for pods by itself, and a moment later. */
export async function makeNamespace(plane: ControlPlane, name: string): Promise<void> {
  await plane.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

export const setPath = ({ namespace, name }: Pick<MadeWorkload, 'namespace' | 'name'>): string =>
  `${APPS}/${namespace}/statefulsets/${name}`;
export const deploymentPath = ({ namespace, name }: Pick<MadeWorkload, 'namespace' | 'name'>): string =>
  `${APPS}/${namespace}/deployments/${name}`;

export const makeSet = (plane: ControlPlane, { namespace, name, image, replicas, parallel = false }: MadeWorkload): Promise<unknown> =>
  plane.must('POST', `${APPS}/${namespace}/statefulsets?fieldManager=platform`, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace },
    spec: {
      serviceName: name,
      replicas,
      podManagementPolicy: parallel ? 'Parallel' : 'OrderedReady',
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, image),
    },
  });

export const makeDeployment = (plane: ControlPlane, { namespace, name, image, replicas }: MadeWorkload): Promise<unknown> =>
  plane.must('POST', `${APPS}/${namespace}/deployments?fieldManager=platform`, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: podTemplate(name, image) },
  });

/** By another manager than ours. */
export const changeByHand = (plane: ControlPlane, path: string, spec: unknown, manager = 'kubectl-edit'): Promise<unknown> =>
  plane.must('PATCH', `${path}?fieldManager=${manager}`, { spec }, 'application/strategic-merge-patch+json');
