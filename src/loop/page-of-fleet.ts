import type { FleetId } from '../core/model/ids.ts';
import type { LoopSettings } from '../ports/ports.ts';

/** The page of a fleet, as people reach it; `undefined` where nobody said how they do. */
export const pageOfFleet = ({ publicUrl }: Pick<LoopSettings, 'publicUrl'>, fleet: FleetId): string | undefined =>
  publicUrl === undefined ? undefined : `${publicUrl}/fleets/${fleet}`;
