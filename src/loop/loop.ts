import type { LoopSettings, Ports } from '../ports/ports.ts';
import type { Memory } from './memory.ts';

/** What every part of the loop is given. */
export interface Loop {
  readonly ports: Ports;
  readonly settings: LoopSettings;
  readonly memory: Memory;
}
