import { InMemoryGitRepository } from '../../../src/ports/in-memory/git-repository.ts';
import { InMemoryManifestSource } from '../../../src/ports/in-memory/manifest-source.ts';
import { describeManifestSource } from './contract.ts';

describeManifestSource('in memory', () => {
  const remote = new InMemoryGitRepository();
  const source = new InMemoryManifestSource(remote);
  return { source, remote, loseMirror: () => source.lose(), stop: async () => undefined };
});
