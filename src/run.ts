import { startBot } from './app/bot.ts';
import type { AppConfig } from './app/config.ts';
import { endOnFault } from './app/faults.ts';
import { createLog } from './app/log.ts';
import { stopOnSignal } from './app/stop-signals.ts';
import { endWorld, startLocal } from './local/local-mode.ts';

/** Starts the bot, and stops it on a signal. */
export async function run(settings: AppConfig): Promise<void> {
  const log = createLog(
    settings.logLevel,
    [settings.github?.webhookSecret, settings.github?.privateKey].filter((secret) => secret !== undefined),
  );
  endOnFault(log);
  // What is printed for a person may find nobody there, like the log.
  process.stdout.on('error', () => undefined);
  const started = settings.mode === 'local' ? startLocal(settings, log) : startBot(settings, log);
  stopOnSignal(started, settings.stopWithinMs, () => settings.mode === 'local' && endWorld(settings.home), log);
  try {
    await started;
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    process.stderr.write(`Flotilla cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
