import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The first test that fails ends a mutant: what was quick last time comes first, and properties come last where nothing is known yet. */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = new Map(files.map((file) => [file, this.#cost(file)]));
    return files.toSorted((a, b) => (cost.get(a) ?? 0) - (cost.get(b) ?? 0));
  }

  #cost(file: TestSpecification): number {
    const path = file.moduleId.slice(this.ctx.config.root.length + 1);
    const known = this.ctx.cache.getFileTestResults(`${file.project.name}:${path}`);
    return known?.duration ?? (path.startsWith('test/property/') ? 1_000_000 : 0);
  }
}

/** The suites that start no server; the simulation takes too long for each mutant. Of these, only files that import what is mutated are run. */
export default defineConfig({
  test: {
    include: ['test/{unit,property,golden}/**/*.test.ts'],
    // They read the source as text, which is not itself while it is mutated.
    exclude: ['test/unit/layers.test.ts'],
    setupFiles: ['test/mutation/setup.ts'],
    // Each mutant gets a fresh worker anyway.
    isolate: false,
    testTimeout: 60_000,
    sequence: { sequencer: QuickestFirst },
  },
});
