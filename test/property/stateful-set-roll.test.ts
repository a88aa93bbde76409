import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeenBroker } from '../../src/adapters/kubernetes/brokers.ts';
import { nextStep, type Roll, restingPartition } from '../../src/adapters/kubernetes/partition.ts';

type ModelPod = { revision: number; isReady: boolean } | undefined;

/** The StatefulSet controller, as far as a roll is concerned; and the pods, which come up when they are told to. */
class Model {
  readonly pods: ModelPod[];
  partition: number;
  current = 0;
  update = 0;
  mode: 'run' | 'hold' = 'run';
  mostDown = 0;
  /** Pods that were taken down, by ordinal. */
  readonly taken: number[] = [];
  readonly #isOrdered: boolean;
  /** A pod of this revision never comes up. */
  sick: number | undefined;

  constructor(replicas: number, isOrdered = true) {
    this.#isOrdered = isOrdered;
    this.pods = Array.from({ length: replicas }, () => ({ revision: 0, isReady: true }));
    this.partition = replicas;
  }

  roll(): Roll {
    const brokers = this.pods.map((pod, ordinal) => ({
      ordinal,
      version: '1.0.0',
      state: pod?.isReady === true ? ('ready' as const) : ('restarting' as const),
      words: undefined,
      // Only whether it is there, and is not being deleted, is asked of a pod.
      pod: pod && ({ metadata: { deletionTimestamp: undefined } } as SeenBroker['pod']),
      isUpdated: pod?.revision === this.update,
    }));
    return { partition: this.partition, first: 0, replicas: this.pods.length, isOrdered: this.#isOrdered, brokers };
  }

  order(): void {
    this.partition = restingPartition(this.roll());
    this.update += 1;
  }

  step(): void {
    const next = nextStep(this.roll(), this.mode);
    if (next.kind === 'partition') this.partition = next.to;
    if (next.kind === 'replace') this.#take(next.broker.ordinal);
  }

  /** What the controller does next; one thing at a time. */
  control(): void {
    for (const [ordinal, pod] of this.pods.entries()) {
      if (pod === undefined) {
        this.pods[ordinal] = { revision: ordinal < this.partition ? this.current : this.update, isReady: false };
        if (this.#isOrdered) return;
      }
      if (pod?.isReady === false && this.#isOrdered) return;
    }
    for (let ordinal = this.pods.length - 1; ordinal >= this.partition; ordinal -= 1) {
      if (this.pods[ordinal]?.revision !== this.update) {
        this.#take(ordinal);
        return;
      }
      if (this.pods[ordinal]?.isReady === false) return;
    }
    if (this.pods.every((pod) => pod?.revision === this.update)) this.current = this.update;
  }

  start(): void {
    for (const pod of this.pods) if (pod !== undefined) pod.isReady = pod.revision !== this.sick;
  }

  settle(): void {
    for (let turn = 0; turn < 10 * this.pods.length; turn += 1) {
      this.step();
      this.control();
      this.start();
    }
  }

  #take(ordinal: number): void {
    this.pods[ordinal] = undefined;
    this.taken.push(ordinal);
    this.mostDown = Math.max(this.mostDown, this.pods.filter((pod) => pod?.isReady !== true).length);
  }
}

const EVENTS = ['step', 'control', 'start'] as const;
const events = fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 });
const replicas = fc.integer({ min: 1, max: 7 });

describe('a StatefulSet that is rolled by its partition', () => {
  it('has at most one pod down, whatever happens when, also when another order comes in the middle', () => {
    fc.assert(
      fc.property(replicas, fc.array(fc.constantFrom(...EVENTS, 'order' as const), { maxLength: 80 }), (count, happens) => {
        const model = new Model(count);
        model.order();
        for (const what of happens) model[what]();
        expect(model.mostDown).toBeLessThanOrEqual(1);
        model.settle();
        expect(model.mostDown).toBeLessThanOrEqual(1);
        expect(model.pods.map((pod) => pod?.revision)).toEqual(model.pods.map(() => model.update));
      }),
    );
  });

  it('moves each pod once, from the last to the first', () => {
    fc.assert(
      fc.property(replicas, fc.boolean(), events, (count, isOrdered, happens) => {
        const model = new Model(count, isOrdered);
        model.order();
        for (const what of happens) model[what]();
        model.settle();
        expect(model.taken).toEqual(model.pods.map((_, at) => count - 1 - at));
        expect(model.mostDown).toBe(1);
      }),
    );
  });

  it('comes home from a revision that does not come up, also when that is all there ever was', () => {
    fc.assert(
      fc.property(replicas, fc.constantFrom(0, 1), events, (count, sick, happens) => {
        const model = new Model(count);
        model.sick = sick;
        model.start();
        model.order();
        for (const what of happens) model[what]();
        model.settle();
        model.order();
        model.settle();
        expect(model.pods.every((pod) => pod?.isReady === true && pod.revision === model.update)).toBe(true);
      }),
    );
  });

  it('when it is held, finishes the pod that was begun at the new revision, and touches no other', () => {
    fc.assert(
      fc.property(replicas, events, events, (count, before, after) => {
        const model = new Model(count);
        model.order();
        for (const what of before) model[what]();
        // Begun is also what the controller is free to take at this moment.
        const begun = model.pods.filter((pod, at) => at >= model.partition || pod?.revision === model.update).length;
        model.mode = 'hold';
        for (const what of after) model[what]();
        model.settle();
        expect(model.pods.filter((pod) => pod?.revision === model.update).length).toBe(begun);
        expect(model.taken.length).toBe(begun);
        model.mode = 'run';
        model.settle();
        expect(model.pods.every((pod) => pod?.isReady === true && pod.revision === model.update)).toBe(true);
      }),
    );
  });
});
