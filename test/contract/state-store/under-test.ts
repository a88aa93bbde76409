import type { Job, StateStore } from '../../../src/ports/state-store.ts';

export interface StoreUnderTest {
  readonly store: StateStore;
  /** Jobs that wait. */
  jobs(): Promise<readonly Pick<Job, 'key' | 'task' | 'queue' | 'payload'>[]>;
  close(): Promise<void>;
}

/** Keys of the jobs that wait, sorted. */
export async function waitingKeys(under: StoreUnderTest): Promise<readonly string[]> {
  return (await under.jobs()).map((one) => one.key).sort();
}
