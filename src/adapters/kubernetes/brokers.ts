import type { Broker, BrokerState } from '../../core/evidence/observation.ts';
import { isVersion, type Version } from '../../core/model/version.ts';
import { IMAGE, VERSION } from './annotations.ts';
import type { Pod, StatefulSet } from './objects.ts';

/** Reasons for which a container waits that do not pass by themselves. */
const STUCK = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'CreateContainerConfigError', 'CreateContainerError']);
/** A container that ended sooner than this, again and again, crashes; one that ran for long was restarted. */
const CRASH_MS_MAX = 60_000;
const CRASHES_MIN = 2;

export interface SeenBroker extends Broker {
  /** What is wrong, for a person; `undefined` when nothing is. */
  readonly words: string | undefined;
  /** `undefined` between two pods. */
  readonly pod: Pod | undefined;
}

export const isTerminating = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

export const isReady = (pod: Pod): boolean =>
  !isTerminating(pod) && pod.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

/** Which pod of a StatefulSet it is; `undefined` when its name does not say so. */
export function ordinalOf({ metadata }: Pod, set: Pick<StatefulSet, 'metadata'>): number | undefined {
  const text = metadata.name.slice(set.metadata.name.length + 1);
  return metadata.name.startsWith(`${set.metadata.name}-`) && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A pod, in its place; `undefined` where there is none now, which will run what the template says. */
export function brokerOf(ordinal: number, pod: Pod | undefined, container: string, next: Version): SeenBroker | string {
  if (pod === undefined) return { ordinal, version: next, state: 'restarting', words: `broker ${ordinal}: its pod is being made`, pod };
  const version = versionOf(pod.spec.containers, pod.metadata.annotations, container);
  if (version === undefined) return `the image of pod ${pod.metadata.name} names no version`;
  const { state, words } = stateOf(pod);
  return { ordinal, version, state, words: words && `broker ${ordinal}: ${words}`, pod };
}

type Containers = readonly { readonly name: string; readonly image: string }[];

/** What was ordered, as long as the image is the one that was ordered with it; else the tag of the image. */
export function versionOf(containers: Containers, annotations: Readonly<Record<string, string>>, container: string): Version | undefined {
  const image = imageOf(containers, container);
  const named = annotations[VERSION];
  if (named !== undefined && isVersion(named) && annotations[IMAGE] === image) return named;
  const tag = tagOf(image ?? '');
  return tag !== undefined && isVersion(tag) ? tag : undefined;
}

export const imageOf = (containers: Containers, container: string): string | undefined =>
  containers.find(({ name }) => name === container)?.image;

/** `registry:5000/kafka:4.1.1@sha256:...` has the tag `4.1.1`. */
export function tagOf(image: string): string | undefined {
  const name = image.split('@')[0] ?? '';
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : undefined;
}

/** The same repository with another tag, or with a digest. */
export function imageAt(image: string, version: Version, digest: string | undefined): string {
  const name = image.split('@')[0] ?? '';
  const tag = tagOf(image);
  const repository = tag === undefined ? name : name.slice(0, -tag.length - 1);
  return `${repository}:${version}${digest === undefined ? '' : `@${digest}`}`;
}

function stateOf(pod: Pod): { readonly state: BrokerState; readonly words: string | undefined } {
  if (isReady(pod)) return { state: 'ready', words: undefined };
  if (isTerminating(pod)) return { state: 'restarting', words: 'is stopping' };
  for (const { restartCount, state, lastState } of pod.status.containerStatuses) {
    const reason = state?.waiting?.reason;
    const why = state?.waiting?.message ?? lastState?.terminated?.reason;
    const words = `${restartCount} restarts${why === undefined ? '' : ` (${why.slice(0, 200)})`}`;
    if (reason === 'CrashLoopBackOff' || isCrashing(restartCount, lastState?.terminated)) {
      return { state: 'crash-loop', words: `crash loop, ${words}` };
    }
    if (reason !== undefined && STUCK.has(reason))
      return { state: 'stuck', words: `${reason}${why === undefined ? '' : `: ${why.slice(0, 200)}`}` };
  }
  return pod.spec.nodeName === undefined
    ? { state: 'waiting', words: 'waits for a node' }
    : { state: 'restarting', words: 'is not ready yet' };
}

/** By their clock alone: how long it lived. */
function isCrashing(
  restarts: number,
  last: { readonly startedAt?: string | undefined; readonly finishedAt?: string | undefined } | undefined,
): boolean {
  if (restarts < CRASHES_MIN || last?.startedAt === undefined || last.finishedAt === undefined) return false;
  return Date.parse(last.finishedAt) - Date.parse(last.startedAt) < CRASH_MS_MAX;
}

export const isBroken = ({ state }: Pick<Broker, 'state'>): boolean => state === 'crash-loop' || state === 'stuck';
