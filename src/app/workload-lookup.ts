import { type SaidOfWorkloads, workloadsOn } from '../adapters/kubernetes/workload.ts';
import type { DesiredState } from '../core/desired/desired.ts';
import type { FleetId } from '../core/model/ids.ts';
import type { Policy } from '../core/reconcile/policy.ts';
import { type Memory, memoryOf, type Proposed } from '../loop/memory.ts';
import type { StateStore } from '../ports/state-store.ts';

interface Known {
  readonly desired: DesiredState;
  readonly policy: Policy;
  readonly proposed: Proposed | undefined;
  readonly said: SaidOfWorkloads;
}

/**
 * Which object of a data plane is which cluster, as the records of the fleet say: those that the loop remembers, and before it
 * remembers any, those that are stored. Worked out once for each state of the manifests.
 */
export function workloadLookup(
  memory: Memory,
  store: Pick<StateStore, 'desired' | 'policy'>,
  fleet: FleetId,
  dataPlane: string,
): () => Promise<SaidOfWorkloads | undefined> {
  let known: Known | undefined;
  return async () => {
    const { records, proposed } = memoryOf(memory, fleet);
    const desired = records?.records.desired ?? known?.desired ?? (await store.desired(fleet));
    const policy = records?.records.policy ?? known?.policy ?? (await store.policy(fleet));
    if (policy === undefined) return undefined;
    if (known?.desired !== desired || known.policy !== policy || known.proposed !== proposed) {
      const said: SaidOfWorkloads = {
        inForce: workloadsOn(dataPlane, desired.values(), (name) => policy.products[name]?.document),
        proposed: workloadsOn(dataPlane, proposed?.clusters ?? [], (name) => proposed?.products.get(name)?.value),
      };
      known = { desired, policy, proposed, said };
    }
    return known.said;
  };
}
