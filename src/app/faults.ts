import type { Log } from '../ports/log.ts';

/** Exit status for a fault of our own, from sysexits.h. */
const EX_SOFTWARE = 70;

/**
 * Ends the process when an error reaches nobody. What it has left behind in memory is unknown then, and everything
 * that counts is in the database: a bot that is killed at any moment carries on after its next start, but nothing is
 * known of one that goes on in an unknown state.
 */
export function endOnFault(log: Log): void {
  const end =
    (what: string) =>
    (error: unknown): never => {
      try {
        log.error({ err: error }, `${what}: the bot ends; it carries on where it was at the next start`);
      } finally {
        // Waits for nothing: the line was handed to the system, or there is nobody to read it.
        process.exit(EX_SOFTWARE);
      }
    };
  process.on('uncaughtException', end('uncaught exception'));
  process.on('unhandledRejection', end('unhandled rejection'));
}
