/**
 * Process entry: read the configuration, start, stop on a signal. With GitHub App credentials in the
 * environment this is the bot on GitHub; without, the same bot with a forge and data planes of its own.
 */

import { type Bot, startBot } from './app/bot.ts';
import { type AppConfig, readConfig } from './app/config.ts';
import { createLog } from './app/log.ts';
import { startLocal } from './local/local-mode.ts';

/** Exit status for wrong configuration, from sysexits.h. */
const EX_CONFIG = 78;
/** SIGTERM must be over by then: most supervisors kill after ten seconds. */
const DRAIN_MS = 9_000;

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
  // A mistake of ours in one corner must not end a program that others rely on; it must be seen, though.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));
  let bot: Bot;
  try {
    bot = settings.mode === 'local' ? await startLocal(settings, log) : await startBot(settings, log);
  } catch (error) {
    log.debug({ err: error }, 'start failed');
    process.stderr.write(`Flotilla cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    bot.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
}
