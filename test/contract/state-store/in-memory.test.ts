import { InMemoryStateStore } from '../../../src/ports/in-memory/state-store.ts';
import { stateStoreContract } from './contract.ts';

stateStoreContract('in memory', async () => {
  const store = new InMemoryStateStore();
  return {
    store,
    jobs: async () => store.jobs.waiting(),
    close: async () => undefined,
  };
});
