import type { FleetId } from '../core/model/ids.ts';
import { type Memory, memoryOf } from './memory.ts';

/**
 * Whoever writes for a fleet takes a turn, first come first served. All who do so are in the one process that holds the fleet: in its
 * turn nobody is overtaken, however busy the fleet is. The version of the fleet is the fence against another process.
 */
export const inTurn = <T>(memory: Memory, id: FleetId, work: () => Promise<T>): Promise<T> => memoryOf(memory, id).turns.run(id, work);
