import type { Job } from '../../ports/state-store.ts';

/** The fleet that a job is about; `undefined` for one that any replica may run. */
export function fleetOf(payload: Job['payload']): string | undefined {
  const { fleet } = payload;
  return typeof fleet === 'string' ? fleet : undefined;
}

/** A job carries its fleet as a flag: by it, a replica leaves the jobs of fleets alone that are not its own. */
export function flagsOf(payload: Job['payload']): readonly string[] | null {
  const fleet = fleetOf(payload);
  return fleet === undefined ? null : [fleet];
}
