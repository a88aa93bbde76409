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

const podTemplate = (name: string, image: string | undefined) => ({
  metadata: { labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'kafka', ...(image === undefined ? {} : { image }) }] },
});

/** Kubernetes makes a namespace ready for pods by itself, and a moment later. */
export async function makeNamespace(plane: ControlPlane, name: string): Promise<void> {
  await plane.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

export const setPath = ({ namespace, name }: Pick<MadeWorkload, 'namespace' | 'name'>): string =>
  `${APPS}/${namespace}/statefulsets/${name}`;
export const deploymentPath = ({ namespace, name }: Pick<MadeWorkload, 'namespace' | 'name'>): string =>
  `${APPS}/${namespace}/deployments/${name}`;

/** As the page says that a workload is handed over: Flotilla holds image and replicas first, then its maker leaves them out. */
async function handOver(
  plane: ControlPlane,
  path: string,
  made: MadeWorkload,
  objectOf: (image: string | undefined, replicas: number | undefined) => object,
): Promise<void> {
  const { name, namespace, image, replicas } = made;
  const apply = (manager: string, body: object) =>
    plane.must('PATCH', `${path}?fieldManager=${manager}`, body, 'application/apply-patch+yaml');
  const whole = objectOf(image, replicas);
  await apply('platform', whole);
  const { kind, apiVersion } = whole as { readonly kind: string; readonly apiVersion: string };
  const template = { spec: { containers: [{ name: 'kafka', image }] } };
  await apply('flotilla', { apiVersion, kind, metadata: { name, namespace }, spec: { replicas, template } });
  await apply('platform', objectOf(undefined, undefined));
}

export const makeSet = (plane: ControlPlane, made: MadeWorkload): Promise<void> =>
  handOver(plane, setPath(made), made, (image, replicas) => ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: made.name, namespace: made.namespace },
    spec: {
      serviceName: made.name,
      ...(replicas === undefined ? {} : { replicas }),
      podManagementPolicy: made.parallel === true ? 'Parallel' : 'OrderedReady',
      selector: { matchLabels: { app: made.name } },
      template: podTemplate(made.name, image),
    },
  }));

export const makeDeployment = (plane: ControlPlane, made: MadeWorkload): Promise<void> =>
  handOver(plane, deploymentPath(made), made, (image, replicas) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: made.name, namespace: made.namespace },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: made.name } },
      template: podTemplate(made.name, image),
    },
  }));

/** Settings that nobody but Flotilla holds. */
export const makeSettings = (
  plane: ControlPlane,
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<unknown> => {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}?fieldManager=flotilla`;
  return plane.must(
    'PATCH',
    path,
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data },
    'application/apply-patch+yaml',
  );
};

/** By another manager than ours. */
export const changeByHand = (plane: ControlPlane, path: string, spec: unknown, manager = 'kubectl-edit'): Promise<unknown> =>
  plane.must('PATCH', `${path}?fieldManager=${manager}`, { spec }, 'application/strategic-merge-patch+json');
