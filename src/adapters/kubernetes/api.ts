import { FIELD_MANAGER } from './annotations.ts';
import { type ApiAnswer, type Connection, messageOf, NoAnswer } from './connection.ts';
import {
  type ConfigMap,
  type Deployment,
  type Metadata,
  type Pod,
  readConfigMap,
  readDeployment,
  readList,
  readPod,
  readRefusal,
  readStatefulSet,
  type StatefulSet,
} from './objects.ts';
import type { Live } from './see.ts';
import type { Watched } from './watched-kind.ts';
import { nameOf, ROLLED_KINDS, type RolledKind, type Workload } from './workload.ts';

const APPLY = 'application/apply-patch+yaml';
const FORBIDDEN = 403;
const MISSING = 404;
const CONFLICT = 409;

/** The API server understood, and will not; the words are for a person. */
export class Refused extends Error {}

/** Somebody else wrote between our look and our word: to be looked at again. */
export class Overtaken extends Error {}

export type RolledWorkload = Workload & { readonly kind: RolledKind };

export const collectionOf = (group: string, namespace: string | undefined, plural: string): string =>
  `${group}${namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;

const APPS = '/apis/apps/v1';
const CORE = '/api/v1';

/** Where the API server has the kinds that are read; `undefined`: in all namespaces. */
export const COLLECTIONS = {
  StatefulSet: (namespace: string | undefined) => collectionOf(APPS, namespace, 'statefulsets'),
  Deployment: (namespace: string | undefined) => collectionOf(APPS, namespace, 'deployments'),
  Pod: (namespace: string | undefined) => collectionOf(CORE, namespace, 'pods'),
  ConfigMap: (namespace: string | undefined) => collectionOf(CORE, namespace, 'configmaps'),
} as const;

const pathOf = ({ kind, namespace, name }: RolledWorkload): string =>
  `${collectionOf(APPS, namespace, ROLLED_KINDS[kind])}/${encodeURIComponent(name)}`;
const configMapPath = (namespace: string, name: string): string => `${COLLECTIONS.ConfigMap(namespace)}/${encodeURIComponent(name)}`;

/** The workload with its pods and its settings, as they are now; `undefined` when it is not there. @throws NoAnswer, Refused */
export async function readLive(connection: Connection, workload: RolledWorkload): Promise<Live | undefined> {
  const body = await get(connection, pathOf(workload), nameOf(workload));
  if (body === undefined) return undefined;
  const { configMap: wanted, namespace, kind } = workload;
  const configMap = wanted === undefined ? undefined : await readSettings(connection, namespace, wanted);
  if (kind === 'StatefulSet') {
    const object = believed(readStatefulSet(body), nameOf(workload));
    return { kind, object, configMap, pods: await podsOf(connection, namespace, object, ownedBySet(object)) };
  }
  const object = believed(readDeployment(body), nameOf(workload));
  return { kind, object, configMap, pods: await podsOf(connection, namespace, object, ownedByDeployment(object)) };
}

export async function readSettings(connection: Connection, namespace: string, name: string): Promise<ConfigMap | undefined> {
  const body = await get(connection, configMapPath(namespace, name), `ConfigMap ${namespace}/${name}`);
  return body === undefined ? undefined : believed(readConfigMap(body), `ConfigMap ${namespace}/${name}`);
}

type Owned = (pod: Pod) => boolean;

export const ownedBySet =
  ({ metadata }: { readonly metadata: Metadata }): Owned =>
  (pod) =>
    pod.metadata.ownerReferences.some(({ controller, uid }) => controller === true && uid === metadata.uid);

/** Its pods belong to its ReplicaSets, whose names are its own with one word more. */
export const ownedByDeployment =
  ({ metadata }: { readonly metadata: Metadata }): Owned =>
  (pod) =>
    pod.metadata.ownerReferences.some(
      ({ controller, kind, name }) => controller === true && kind === 'ReplicaSet' && name.replace(/-[^-]+$/, '') === metadata.name,
    );

async function podsOf(
  connection: Connection,
  namespace: string,
  { spec }: StatefulSet | Deployment,
  isOwned: Owned,
): Promise<readonly Pod[]> {
  const labels = Object.entries(spec.selector.matchLabels).map(([name, value]) => `${name}=${value}`);
  const path = `${COLLECTIONS.Pod(namespace)}?labelSelector=${encodeURIComponent(labels.join(','))}`;
  const list = believed(readList(await get(connection, path, `the pods of ${namespace}`)), `the pods of ${namespace}`);
  return list.items.map((item) => believed(readPod(item), `a pod of ${namespace}`)).filter(isOwned);
}

/** What is written of a workload: all that is ours, each time, or the API server takes the rest away. */
export interface Intent {
  readonly annotations: Readonly<Record<string, string>>;
  readonly templateAnnotations: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly container: string;
  readonly image: string;
  /** As the API server counts: from the first pod. */
  readonly rolling: { readonly partition: number } | { readonly paused: boolean };
}

/** @throws NoAnswer, Refused, Overtaken when the object is not the one that was looked at. */
export async function writeWorkload(connection: Connection, workload: RolledWorkload, live: Metadata, intent: Intent): Promise<void> {
  const { annotations, templateAnnotations, replicas, container, image, rolling } = intent;
  const template = {
    metadata: { annotations: templateAnnotations },
    spec: { containers: [{ name: container, image }] },
  };
  const held = 'paused' in rolling ? rolling : { updateStrategy: { rollingUpdate: rolling } };
  const metadata = {
    name: workload.name,
    namespace: workload.namespace,
    uid: live.uid,
    resourceVersion: live.resourceVersion,
    annotations,
  };
  const body = { apiVersion: 'apps/v1', kind: workload.kind, metadata, spec: { replicas, template, ...held } };
  await apply(connection, pathOf(workload), body, nameOf(workload));
}

/** @throws NoAnswer, Refused, Overtaken */
export async function writeSettings(
  connection: Connection,
  at: { readonly namespace: string; readonly name: string; readonly live: ConfigMap | undefined },
  annotations: Readonly<Record<string, string>>,
  data: Readonly<Record<string, string>>,
): Promise<void> {
  const { namespace, name, live } = at;
  const seen = live === undefined ? {} : { uid: live.metadata.uid, resourceVersion: live.metadata.resourceVersion };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...seen, annotations }, data };
  await apply(connection, configMapPath(namespace, name), body, `ConfigMap ${namespace}/${name}`);
}

/** Only this very pod. @throws NoAnswer, Refused */
export async function replacePod(connection: Connection, { metadata }: Pod): Promise<void> {
  const path = `${COLLECTIONS.Pod(metadata.namespace)}/${encodeURIComponent(metadata.name)}`;
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: metadata.uid } };
  const answer = await connection.ask({ method: 'DELETE', path, body });
  if (answer.status >= 300 && answer.status !== MISSING && answer.status !== CONFLICT) throw refused(answer, `pod ${metadata.name}`);
}

async function apply(connection: Connection, path: string, body: unknown, what: string): Promise<void> {
  const query = `fieldManager=${FIELD_MANAGER}&force=false`;
  const answer = await connection.ask({ method: 'PATCH', path: `${path}?${query}`, body, contentType: APPLY });
  if (answer.status < 300) return;
  if (answer.status === CONFLICT) throw conflict(answer, what);
  throw refused(answer, what);
}

async function get(connection: Connection, path: string, what: string): Promise<unknown> {
  const answer = await connection.ask({ method: 'GET', path });
  if (answer.status === MISSING) return undefined;
  if (answer.status >= 300) throw refused(answer, what);
  return answer.body;
}

function refused({ status, body }: ApiAnswer, what: string): Refused {
  if (status === FORBIDDEN)
    return new Refused(`Flotilla may not do this (403): ${messageOf(body)}; docs/kubernetes.md has the roles that it needs`);
  return new Refused(`the API server refuses ${what} (${status}): ${messageOf(body)}`);
}

/** Fields that another manager holds are never taken: a person decides whose they are. */
function conflict({ body }: ApiAnswer, what: string): Refused | Overtaken {
  const read = readRefusal(body);
  const causes = (read.ok ? (read.value.details?.causes ?? []) : []).filter(({ reason }) => reason === 'FieldManagerConflict');
  if (causes.length === 0) return new Overtaken(messageOf(body));
  const fields = causes.map(({ field, message }) => `${field ?? 'a field'} (${message ?? 'another manager'})`).join(', ');
  return new Refused(
    `others hold fields of ${what}: ${fields}; Flotilla forces nothing: have them give these fields up, or leave them out`,
  );
}

function believed<T>(read: Watched<T>, what: string): T {
  if (read.ok) return read.value;
  throw new NoAnswer(`what it says of ${what} cannot be read: ${read.error}`);
}
