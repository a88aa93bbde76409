import { defineConfig } from 'vitest/config';

const root = new URL('../..', import.meta.url).pathname;
/** Suites that start processes get time for a slow machine; the fast ones fail fast. */
const project = (name: string, timeoutMs: number) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeoutMs, hookTimeout: timeoutMs * 2 },
});

export default defineConfig({
  root,
  test: {
    pool: 'forks',
    // Two cores: more workers would only make servers time out.
    maxWorkers: 2,
    projects: [
      project('unit', 10_000),
      project('property', 60_000),
      project('golden', 10_000),
      project('contract', 60_000),
      project('local', 180_000),
      project('infra', 300_000),
    ],
  },
});
