import type { JobContext, JobHandlers } from '../../../src/adapters/postgres/queue.ts';
import type { Job } from '../../../src/ports/state-store.ts';

export type Handler = (payload: Job['payload'], context: JobContext) => Promise<void>;

/** One handler for every task. */
export const handlers = (handler: Handler): JobHandlers => ({
  sync: handler,
  tick: handler,
  observe: handler,
  review: handler,
  deliver: handler,
  publish: handler,
  sweep: handler,
  drift: handler,
  install: handler,
  reconcile: handler,
  command: handler,
  converse: handler,
  press: handler,
});

/** A promise that a test resolves. */
export const gate = () => Promise.withResolvers<void>();
