import type { Observed, Running } from '../../../core/evidence/observation.ts';
import { invariant } from '../../../core/model/assert.ts';
import type { ClusterId } from '../../../core/model/ids.ts';
import type { WordOf } from '../../../core/model/vocabulary.ts';

/** What the pods of a cluster are made from; all of what runs but the number of them. */
export type Template = Omit<Running, 'replicas'>;

export const FAULT_KINDS = ['crash-loop', 'stuck', 'slow', 'unreachable'] as const;
export type FaultKind = WordOf<typeof FAULT_KINDS>;

/** Something that goes wrong on purpose. */
export interface Fault {
  readonly kind: FaultKind;
  /** Only brokers that run, or get, this version. `undefined`: whatever differs from what the whole cluster last ran. */
  readonly version: string | undefined;
  /** Only this broker. */
  readonly broker: number | undefined;
}

export interface SimulatedBroker {
  readonly ordinal: number;
  /** Key of the template it was last started from. */
  readonly runs: string;
  /** Since when it crashes over and over; `undefined` while it is ready. */
  readonly brokenSince: number | undefined;
}

/** The one broker that is being moved. */
export interface Move {
  readonly ordinal: number;
  readonly purpose: 'roll' | 'recover' | 'add' | 'remove';
  /** Key of the template it is started from. */
  readonly to: string;
  readonly startedAt: number;
  /** `undefined`: it never ends by itself. */
  readonly endsAt: number | undefined;
  readonly outcome: 'ready' | 'crash';
}

/**
 * One simulated cluster after its last event. Everything that follows from it by time alone is computed when
 * somebody looks, so that no timer has to run. Times are milliseconds of the world's own clock.
 */
export interface ClusterState {
  readonly cluster: ClusterId;
  readonly dataPlane: string;
  readonly product: string;
  /** Epoch 0: it runs what it was seeded with, and no order has come yet. */
  readonly accepted: Exclude<Observed['accepted'], undefined>;
  /** Key of the template that every broker should run: the accepted order's, or what somebody changed by hand. */
  readonly target: string;
  readonly replicas: number;
  /** What the accepted order asked for; differs from `target` and `replicas` after a change by hand. */
  readonly ordered: { readonly target: string; readonly replicas: number };
  /** Key of the template that the whole cluster last ran; `undefined` before the first time. */
  readonly settled: string | undefined;
  readonly templates: Readonly<Record<string, Template>>;
  readonly brokers: readonly SimulatedBroker[];
  readonly move: Move | undefined;
  readonly faults: readonly Fault[];
}

export const isChangedByHand = ({ ordered, target, replicas }: ClusterState): boolean =>
  ordered.target !== target || ordered.replicas !== replicas;

/** @throws InvariantError when the state points at a template that it has not kept. */
export function templateAt(state: ClusterState, key: string): Template {
  const template = state.templates[key];
  invariant(template !== undefined, `cluster ${state.cluster} keeps template ${key}`);
  return template;
}
