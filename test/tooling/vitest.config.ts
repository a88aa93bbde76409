import { defineConfig } from 'vitest/config';

const root = new URL('../..', import.meta.url).pathname;
const MINUTE_MS = 60_000;
/** Limits notice what hangs, and judge nothing else: a machine that is busy with other things is not a failure. */
const project = (name: string, minutes: number, env: Readonly<Record<string, string>> = {}) => ({
  extends: true as const,
  test: {
    name,
    env,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: minutes * MINUTE_MS,
    hookTimeout: minutes * MINUTE_MS,
    expect: { poll: { timeout: (minutes * MINUTE_MS) / 2 } },
  },
});
/** A bot on a new data folder compiles everything; the hundred that the tests start need not each do so. */
const COMPILED = { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compiled` };

export default defineConfig({
  root,
  test: {
    pool: 'forks',
    // Two cores: more workers would only make servers time out.
    maxWorkers: 2,
    projects: [
      project('unit', 2),
      project('property', 10),
      project('golden', 2),
      project('contract', 10),
      project('simulation', 10),
      // Longer than a person waits for one thing, so that what was waited for in vain is said.
      project('local', 15, COMPILED),
      project('infra', 15, COMPILED),
    ],
  },
});
