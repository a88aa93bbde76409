import { needsPlan } from '../core/command/accepted.ts';
import type { FleetId } from '../core/model/ids.ts';
import { PortError } from '../ports/port-error.ts';
import { type AskingLoop, learnPeople } from './authorise.ts';
import { Coalesced } from './coalesced.ts';
import { tick } from './tick.ts';

/**
 * Decides at once on what people have asked, and again with each of them of whom the code host has said who they are: a decision waits for
 * no network, and nobody for what is asked about others.
 *
 * @throws PortError where somebody could not be found out: it is to be tried again.
 */
export async function carryOutNow(loop: AskingLoop, id: FleetId): Promise<void> {
  const failed: unknown[] = [];
  const ticks = new Coalesced();
  const decide = () =>
    ticks.run(() =>
      tick(loop, id).catch((error: unknown) => {
        failed.push(error);
      }),
    );
  const asking = Promise.allSettled([learnPeople(loop, id, decide)]);
  await decide();
  const [asked] = await asking;
  const isWaitedFor = async (): Promise<boolean> => (await loop.ports.store.waitingCommands(id)).some(({ command }) => !needsPlan(command));
  let waits = await isWaitedFor();
  if (waits) {
    await decide();
    waits = await isWaitedFor();
  }
  if (failed.length > 0) throw failed[0];
  if (asked.status === 'rejected') throw soon(asked.reason);
  // What was found out is believed for a minute, and all of it may have taken longer.
  if (waits) throw againIn(1_000, 'who may command was found out too long ago; it is asked again');
}

const ASK_AGAIN_MS = 5_000;

/** A person waits: where the code host is away, it is asked again sooner than other work is tried. */
const soon = (error: unknown): unknown =>
  error instanceof PortError && error.retry.kind === 'retry-later' ? againIn(ASK_AGAIN_MS, error.message) : error;

const againIn = (waitMs: number, message: string): PortError =>
  new PortError({ port: 'code-host', operation: 'who may', retry: { kind: 'retry-after', waitMs }, message });
