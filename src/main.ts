/**
 * Process entry: read the configuration, start, stop on a signal. With GitHub App credentials in the
 * environment this is the bot on GitHub; without, the same bot with a forge and data planes of its own.
 */

import { startBot } from './app/bot.ts';
import { type AppConfig, readConfig } from './app/config.ts';
import { endOnFault } from './app/faults.ts';
import { createLog } from './app/log.ts';
import { stopOnSignal } from './app/stop-signals.ts';
import { startLocal } from './local/local-mode.ts';

/** Exit status for wrong configuration, from sysexits.h. */
const EX_CONFIG = 78;

const config = readConfig(process.env);
if (!config.ok) {
  process.stderr.write(`Flotilla cannot start:\n${config.error.map((mistake) => `  - ${mistake}\n`).join('')}`);
  process.exit(EX_CONFIG);
}
await run(config.value);

async function run(settings: AppConfig): Promise<void> {
  const log = createLog(
    settings.logLevel,
    [settings.apiToken, settings.github?.webhookSecret, settings.github?.privateKey].filter((secret) => secret !== undefined),
  );
  endOnFault(log);
  // What is printed for a person may find nobody there, like the log.
  process.stdout.on('error', () => undefined);
  const started = settings.mode === 'local' ? startLocal(settings, log) : startBot(settings, log);
  stopOnSignal(started, log);
  try {
    await started;
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    process.stderr.write(`Flotilla cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
