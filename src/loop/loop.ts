import type { LoopSettings, Ports } from '../ports/ports.ts';
import type { Memory } from './memory.ts';

/** What the loop works with. Each part of it asks for what it needs, so that its signature says what it may touch. */
export interface Loop {
  readonly ports: Ports;
  readonly settings: LoopSettings;
  readonly memory: Memory;
}

/** A loop with only some of the ports. */
export interface LoopWith<Name extends keyof Ports> extends Omit<Loop, 'ports'> {
  readonly ports: Pick<Ports, Name>;
}
