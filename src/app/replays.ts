import { replayDeliveries } from '../loop/replay-deliveries.ts';
import type { Ports } from '../ports/ports.ts';

const EVERY_MS = 5 * 60_000;

/**
 * Asks at the start, and every few minutes, for webhooks that did not arrive. Beside the queue: it is of no fleet, and of several
 * replicas that all do it no harm comes.
 *
 * @returns ends it.
 */
export function startReplays(ports: Pick<Ports, 'store' | 'app' | 'clock' | 'log'>, everyMs = EVERY_MS): () => void {
  let running = false;
  const run = (): void => {
    if (running) return;
    running = true;
    replayDeliveries(ports)
      .catch((error: unknown) =>
        ports.log.warn({ err: error }, 'missed webhooks could not be asked for; the sweep finds what they were about'),
      )
      .finally(() => {
        running = false;
      });
  };
  run();
  const timer = setInterval(run, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
