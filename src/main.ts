/**
 * Process entry: read the configuration, start, stop on a signal. With GitHub App credentials in the
 * environment this is the bot on GitHub; without, the same bot with a forge and data planes of its own.
 */
import { readConfig } from './app/config.ts';
import { keepCompiled } from './app/keep-compiled.ts';

/** Exit status for wrong configuration, from sysexits.h. */
const EX_CONFIG = 78;

const config = readConfig(process.env);
if (!config.ok) {
  process.stderr.write(`Flotilla cannot start:\n${config.error.map((mistake) => `  - ${mistake}\n`).join('')}`);
  process.exit(EX_CONFIG);
}
const flush = keepCompiled(config.value.home);
const { run } = await import('./run.ts');
await run(config.value);
flush();
