import type { Log } from '../ports/log.ts';

/**
 * Ends the process in order at the first signal, and in any case after some seconds. A signal that comes while the bot
 * starts waits for the start: half of it cannot be stopped, and would be left running.
 *
 * @param started - fails when the start does, which ends the process by itself.
 * @param withinMs - less than whoever sends the signal waits before it kills.
 * @param onCutOff - ends at once what would be left running.
 */
export function stopOnSignal(started: Promise<{ stop(): Promise<void> }>, withinMs: number, onCutOff: () => void, log: Log): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      onCutOff();
      process.exit(1);
    }, withinMs).unref();
    started
      .then((bot) => bot.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
}
