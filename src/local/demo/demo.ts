/**
 * The whole story unattended: pull request, plan, broken YAML, merge, rollout, a bad release, the pause, the revert,
 * drift. Prints what a person would read, and exits 0 only if every step was seen through git, REST and the CLI.
 */
import { isolated, story } from './story.ts';

const began = performance.now();
try {
  await isolated(story);
  process.stdout.write(`\nThe whole story was seen in ${Math.round((performance.now() - began) / 1_000)} s.\n`);
} catch (error) {
  process.stderr.write(`\nThe story broke off: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof Error && error.cause !== undefined) process.stderr.write(`${String(error.cause)}\n`);
  process.exitCode = 1;
}
