import type { Running } from '../../core/evidence/observation.ts';
import type { SentObserved } from '../../core/evidence/parse.ts';
import type { ClusterId } from '../../core/model/ids.ts';
import { nameList } from '../../core/model/name-list.ts';
import { err, ok, type Result } from '../../core/model/result.ts';
import type { Instant } from '../../core/model/time.ts';
import type { Version } from '../../core/model/version.ts';
import { CONFIG, IMAGE, VERSION } from './annotations.ts';
import { brokerOf, imageOf, isTerminating, ordinalOf, type SeenBroker, versionOf } from './brokers.ts';
import type { ConfigMap, Deployment, Pod, StatefulSet } from './objects.ts';
import { type Roll, restingPartition } from './partition.ts';
import { hashOfData, settingsOf } from './settings.ts';
import { readStanding, type Standing } from './standing.ts';

/** A workload as it was read, with all that belongs to it. */
export type Live =
  | { readonly kind: 'StatefulSet'; readonly object: StatefulSet; readonly pods: readonly Pod[]; readonly configMap: ConfigMap | undefined }
  | { readonly kind: 'Deployment'; readonly object: Deployment; readonly pods: readonly Pod[]; readonly configMap: ConfigMap | undefined };

export interface Sampled {
  readonly cluster: ClusterId;
  readonly dataPlane: string;
  readonly sampledAt: Instant;
}

const DETAIL_BROKERS_MAX = 3;

/** What runs there. An error in words when it cannot be told. */
export function see(live: Live, container: string | undefined, sampled: Sampled): Result<SentObserved, string> {
  const standing = readStanding(live.object.metadata.annotations);
  if (!standing.ok) return standing;
  const named = containerOf(live.object, container);
  if (!named.ok) return named;
  const version = versionOf(live.object.spec.template.spec.containers, templateNotes(live.object), named.value);
  if (version === undefined) return err(`the image of container ${named.value} names no version`);
  const motion = live.kind === 'StatefulSet' ? setMotion(live, named.value, version) : deploymentMotion(live, named.value, version);
  return motion.ok ? ok(observedOf(live, named.value, version, standing.value, motion.value, sampled)) : motion;
}

interface Motion {
  readonly brokers: readonly SeenBroker[];
  /** Every pod runs what the template says, and the controller has seen that template. */
  readonly isDone: boolean;
  /** Something is being moved, or will be without a further word of ours. */
  readonly isMoving: boolean;
}

function observedOf(
  { object, configMap }: Live,
  container: string,
  version: Version,
  { accepted }: Standing,
  { brokers, isDone, isMoving }: Motion,
  sampled: Sampled,
): SentObserved {
  const { replicas } = object.spec;
  const isHealthy = brokers.length === replicas && brokers.every(({ state }) => state === 'ready');
  const isApplied = hasItsSettings(object, configMap) && !isForeign(object, container);
  const running: Running = {
    version: brokers.find((broker) => broker.version !== version)?.version ?? version,
    image: imageOf(object.spec.template.spec.containers, container),
    replicas,
    ...settingsOf(configMap?.data ?? {}),
  };
  const words = brokers.flatMap((broker) => (broker.words === undefined ? [] : [broker.words]));
  return {
    kind: 'observed',
    ...sampled,
    accepted,
    rolled: accepted !== undefined && isDone && isHealthy && isApplied,
    healthy: isHealthy,
    held: accepted?.mode === 'hold' && !isMoving,
    running,
    brokers: brokers.map(({ ordinal, version: runs, state }) => ({ ordinal, version: runs, state })),
    detail: words.length === 0 ? undefined : nameList(words, DETAIL_BROKERS_MAX),
  };
}

const templateNotes = (object: Live['object']) => object.spec.template.metadata.annotations;

/** The container whose image is the version. */
export function containerOf({ spec, metadata }: Live['object'], wanted: string | undefined): Result<string, string> {
  const names = spec.template.spec.containers.map(({ name }) => name);
  const [only] = names;
  if (wanted === undefined && names.length === 1 && only !== undefined) return ok(only);
  if (wanted !== undefined && names.includes(wanted)) return ok(wanted);
  const which = wanted === undefined ? 'and the Product names none of them' : `and none is called ${wanted}`;
  return err(`${metadata.namespace}/${metadata.name} has the containers ${names.join(', ')}, ${which} (\`workload.container\`)`);
}

/** The template was made with the settings that are there now. */
export const hasItsSettings = (object: Live['object'], configMap: ConfigMap | undefined): boolean => {
  const hash = templateNotes(object)[CONFIG];
  return hash === undefined || hash === hashOfData(configMap?.data ?? {});
};

/** Somebody has put another image beside what was ordered. */
export const isForeign = (object: Live['object'], container: string): boolean => {
  const { [VERSION]: version, [IMAGE]: image } = templateNotes(object);
  return version !== undefined && image !== imageOf(object.spec.template.spec.containers, container);
};

/** How far the roll of a StatefulSet has come. */
export function rollOf(
  { object, pods }: Live & { readonly kind: 'StatefulSet' },
  container: string,
  version: Version,
): Result<Roll, string> {
  const { spec, status } = object;
  const first = spec.ordinals?.start ?? 0;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod, object), pod]));
  const brokers: Roll['brokers'][number][] = [];
  for (let ordinal = first; ordinal < first + spec.replicas; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    const broker = brokerOf(ordinal, pod, container, version);
    if (typeof broker === 'string') return err(broker);
    const hash = pod?.metadata.labels['controller-revision-hash'];
    brokers.push({ ...broker, isUpdated: hash !== undefined && hash === status.updateRevision });
  }
  const partition = first + (spec.updateStrategy?.rollingUpdate?.partition ?? 0);
  return ok({ partition, first, replicas: spec.replicas, isOrdered: spec.podManagementPolicy !== 'Parallel', brokers });
}

export const isUpToDate = ({ metadata, status }: Pick<StatefulSet | Deployment, 'metadata' | 'status'>): boolean =>
  status.observedGeneration >= metadata.generation;

function setMotion(live: Live & { readonly kind: 'StatefulSet' }, container: string, version: Version): Result<Motion, string> {
  const roll = rollOf(live, container, version);
  if (!roll.ok) return roll;
  const { brokers, partition } = roll.value;
  const seen = isUpToDate(live.object);
  const isExact = live.pods.length === live.object.spec.replicas;
  const isAtRest =
    seen && isExact && brokers.every(({ state, ordinal, isUpdated }) => state === 'ready' && (isUpdated || ordinal < partition));
  return ok({ brokers, isDone: seen && isExact && brokers.every(({ isUpdated }) => isUpdated), isMoving: !isAtRest });
}

function deploymentMotion(
  { object, pods }: Live & { readonly kind: 'Deployment' },
  container: string,
  version: Version,
): Result<Motion, string> {
  const { spec, status } = object;
  const standing = pods.filter((pod) => !isTerminating(pod)).sort(byAge);
  const brokers: SeenBroker[] = [];
  for (let ordinal = 0; ordinal < Math.max(standing.length, spec.replicas); ordinal += 1) {
    const broker = brokerOf(ordinal, standing[ordinal], container, version);
    if (typeof broker === 'string') return err(broker);
    brokers.push(broker);
  }
  const seen = isUpToDate(object);
  const isDone =
    seen && [status.replicas, status.updatedReplicas, status.availableReplicas, standing.length].every((count) => count === spec.replicas);
  const isStill = seen && pods.length === standing.length && brokers.every(({ state }) => state === 'ready');
  return ok({ brokers, isDone, isMoving: !isStill || !(spec.paused || isDone) });
}

/** Pods of a Deployment have no number: the oldest is the first. */
const byAge = (a: Pod, b: Pod): number =>
  `${a.metadata.creationTimestamp} ${a.metadata.name}` < `${b.metadata.creationTimestamp} ${b.metadata.name}` ? -1 : 1;

/** The partition under which a new template moves nobody, for the pods that are there. */
export const partitionAtRest = (roll: Roll, replicas: number): number => restingPartition({ ...roll, replicas });
