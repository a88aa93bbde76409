import { needsPlan } from '../core/command/accepted.ts';
import type { FleetId } from '../core/model/ids.ts';
import { PortError } from '../ports/port-error.ts';
import { type AskingLoop, learnPeople } from './authorise.ts';
import { tick } from './tick.ts';

/**
 * Decides at once on what people have asked. Who they are is asked before, because a decision waits for no network; a person who cannot be
 * found out waits, and nobody else.
 *
 * @throws PortError where somebody could not be found out: it is to be tried again.
 */
export async function carryOutNow(loop: AskingLoop, id: FleetId): Promise<void> {
  const asking = Promise.allSettled([learnPeople(loop, id)]);
  // Whoever is known already waits for nobody who is not.
  await tick(loop, id);
  const [asked] = await asking;
  const isWaitedFor = async (): Promise<boolean> => (await loop.ports.store.waitingCommands(id)).some(({ command }) => !needsPlan(command));
  let waits = await isWaitedFor();
  if (waits) {
    await tick(loop, id);
    waits = await isWaitedFor();
  }
  if (asked.status === 'rejected') throw asked.reason;
  // What was found out is believed for a minute, and all of it may have taken longer.
  if (waits) throw tooLate();
}

const tooLate = (): PortError =>
  new PortError({
    port: 'code-host',
    operation: 'who may',
    retry: { kind: 'retry-after', waitMs: 1_000 },
    message: 'who may command was found out too long ago; it is asked again',
  });
