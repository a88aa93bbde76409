import {
  type Decoded,
  type Decoder,
  decode,
  flag,
  listOf,
  mapped,
  maybe,
  number,
  object,
  recordOf,
  text,
} from '../../core/model/decode.ts';
import type { Result } from '../../core/model/result.ts';

/** What the API server sends, as far as it is used. All of it is read, and none of it believed. */
const orNone = <T>(decoder: Decoder<T>, none: T): Decoder<T> => mapped(maybe(decoder), (value) => value ?? none);
const strings = orNone(recordOf(text), {});

const owner = object({ kind: text, name: text, uid: text, controller: maybe(flag) });

const metadata = object({
  name: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  generation: orNone(number, 0),
  creationTimestamp: maybe(text),
  deletionTimestamp: maybe(text),
  annotations: strings,
  labels: strings,
  ownerReferences: orNone(listOf(owner), []),
});
export type Metadata = Decoded<typeof metadata>;

const template = object({
  metadata: orNone(object({ annotations: strings }), { annotations: {} }),
  spec: object({ containers: listOf(object({ name: text, image: orNone(text, '') })) }),
});

const selector = object({ matchLabels: strings });

const statefulSet = object({
  metadata,
  spec: object({
    replicas: orNone(number, 1),
    selector,
    template,
    podManagementPolicy: maybe(text),
    ordinals: maybe(object({ start: orNone(number, 0) })),
    updateStrategy: maybe(object({ type: maybe(text), rollingUpdate: maybe(object({ partition: orNone(number, 0) })) })),
  }),
  status: orNone(object({ observedGeneration: orNone(number, 0), updateRevision: maybe(text) }), {
    observedGeneration: 0,
    updateRevision: undefined,
  }),
});
export type StatefulSet = Decoded<typeof statefulSet>;

const NO_DEPLOYMENT_STATUS = { observedGeneration: 0, replicas: 0, updatedReplicas: 0, availableReplicas: 0 };
const deployment = object({
  metadata,
  spec: object({ replicas: orNone(number, 1), selector, template, paused: orNone(flag, false) }),
  status: orNone(
    object({
      observedGeneration: orNone(number, 0),
      replicas: orNone(number, 0),
      updatedReplicas: orNone(number, 0),
      availableReplicas: orNone(number, 0),
    }),
    NO_DEPLOYMENT_STATUS,
  ),
});
export type Deployment = Decoded<typeof deployment>;

const ended = object({ reason: maybe(text), startedAt: maybe(text), finishedAt: maybe(text) });
const containerStatus = object({
  name: text,
  restartCount: orNone(number, 0),
  state: maybe(object({ waiting: maybe(object({ reason: maybe(text), message: maybe(text) })) })),
  lastState: maybe(object({ terminated: maybe(ended) })),
});

const pod = object({
  metadata,
  spec: object({ nodeName: maybe(text), containers: listOf(object({ name: text, image: orNone(text, '') })) }),
  status: orNone(
    object({
      phase: maybe(text),
      conditions: orNone(listOf(object({ type: text, status: text })), []),
      containerStatuses: orNone(listOf(containerStatus), []),
    }),
    { phase: undefined, conditions: [], containerStatuses: [] },
  ),
});
export type Pod = Decoded<typeof pod>;

const configMap = object({ metadata, data: strings });
export type ConfigMap = Decoded<typeof configMap>;

/** Enough to know which object it is, and how far a watch has come. */
const anyMetadata = object({ metadata: object({ name: text, namespace: text, resourceVersion: text }) });

const list = object({
  metadata: object({ resourceVersion: text, continue: maybe(text) }),
  items: listOf((item) => item),
});

const event = object({ type: text, object: (value: unknown) => value });
const bookmark = object({ metadata: object({ resourceVersion: text }) });

const refusal = object({
  code: maybe(number),
  reason: maybe(text),
  message: maybe(text),
  details: maybe(object({ causes: orNone(listOf(object({ reason: maybe(text), message: maybe(text), field: maybe(text) })), []) })),
});

const reader =
  <T>(decoder: Decoder<T>) =>
  (value: unknown): Result<T, string> =>
    decode(decoder, value);

export const readStatefulSet = reader(statefulSet);
export const readDeployment = reader(deployment);
export const readPod = reader(pod);
export const readConfigMap = reader(configMap);
export const readAnyObject = reader(anyMetadata);
export const readList = reader(list);
export const readEvent = reader(event);
export const readBookmark = reader(bookmark);
export const readRefusal = reader(refusal);
