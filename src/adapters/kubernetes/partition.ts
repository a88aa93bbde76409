import type { SeenBroker } from './brokers.ts';
import { isBroken, isTerminating } from './brokers.ts';

/** A StatefulSet and its pods, as far as the roll is concerned. The partition is an ordinal here: pods from it on are updated. */
export interface Roll {
  readonly partition: number;
  readonly first: number;
  readonly replicas: number;
  /** Pods are made one by one: while one is not ready, the controller touches no other. */
  readonly isOrdered: boolean;
  readonly brokers: readonly (SeenBroker & { readonly isUpdated: boolean })[];
}

/**
 * The partition under which a new template moves nothing by itself. While a pod is in restart, the partition must not lie above it, or
 * it would come back at the revision before the one that is given up; where pods are made side by side, the controller would take
 * others down beside it, so there only one that cannot come up otherwise is worth that.
 */
export function restingPartition({ brokers, isOrdered, first, replicas }: Omit<Roll, 'partition'>): number {
  const moved = brokers.filter((broker) => broker.state !== 'ready' && (isOrdered || isBroken(broker))).map(({ ordinal }) => ordinal);
  return Math.min(first + replicas, ...moved);
}

export type Step =
  | { readonly kind: 'partition'; readonly to: number; readonly why: string }
  /** A pod that is not ready, of a template that is no more: the controller waits for it and does not replace it. */
  | { readonly kind: 'replace'; readonly broker: SeenBroker }
  | { readonly kind: 'wait' };

const WAIT: Step = { kind: 'wait' };

/**
 * What the roll does next. Held or not, a partition goes up only over pods that exist at the new revision, and down only when every
 * pod is ready: so one pod is moved at a time, and the one in restart ends at the new revision.
 */
export function nextStep(roll: Roll, mode: 'run' | 'hold'): Step {
  const { brokers, partition } = roll;
  const outdated = brokers.filter(({ isUpdated }) => !isUpdated);
  const unready = brokers.filter(({ state }) => state !== 'ready');
  if (unready.length > 0) return whileUnready(roll, outdated, unready);
  const next = Math.max(...outdated.map(({ ordinal }) => ordinal));
  if (outdated.length > 0 && partition <= next) return WAIT;
  if (mode === 'hold') return WAIT;
  if (outdated.length > 0) return { kind: 'partition', to: next, why: `broker ${next} is next` };
  return partition === roll.first ? WAIT : { kind: 'partition', to: roll.first, why: 'every broker is updated' };
}

function whileUnready({ partition, isOrdered }: Roll, outdated: Roll['brokers'], unready: Roll['brokers']): Step {
  const wedged = isOrdered ? unready.find((broker) => !broker.isUpdated && broker.ordinal >= partition && isThere(broker)) : undefined;
  if (wedged !== undefined) return { kind: 'replace', broker: wedged };
  // What was above the partition when a new template came would be moved by the controller, one after another and without asking.
  const above = outdated.filter(({ ordinal, state }) => ordinal >= partition && state === 'ready').map(({ ordinal }) => ordinal);
  const isSafe = unready.every((broker) => broker.isUpdated && isThere(broker));
  if (above.length > 0 && isSafe) return { kind: 'partition', to: Math.max(...above) + 1, why: 'others wait for their turn' };
  return WAIT;
}

const isThere = ({ pod }: SeenBroker): boolean => pod !== undefined && !isTerminating(pod);
