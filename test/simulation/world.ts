import type { SentObserved } from '../../src/core/evidence/parse.ts';
import { type ClusterId, type CommitSha, trusted } from '../../src/core/model/ids.ts';
import { InMemoryCodeHostApp, InMemoryRepository } from '../../src/ports/in-memory/code-host.ts';
import { InMemoryDataPlanes } from '../../src/ports/in-memory/data-plane.ts';
import { InMemoryGitRepository } from '../../src/ports/in-memory/git-repository.ts';
import { inMemoryManifestParser } from '../../src/ports/in-memory/manifest-parser.ts';
import { InMemoryManifestSource } from '../../src/ports/in-memory/manifest-source.ts';
import { called, type OnCall } from '../../src/ports/in-memory/on-call.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { Random } from '../support/small-world/random.ts';
import { Clocks } from './clocks.ts';
import type { Faults } from './faults.ts';
import type { FleetSpec } from './fleet-spec.ts';
import { editsBetween, manifestsOf } from './manifest-text.ts';
import { parsedFiles } from './parsed-files.ts';
import { type PlanesWatcher, Underway } from './watched-planes.ts';
import { hooked, type StoreWatcher, WatchedStore } from './watched-store.ts';

export const FLEET = trusted.fleet('acme/clusters');

/** Everything outside of the bot, and its database. */
export class SimulatedWorld {
  readonly clocks = new Clocks();
  readonly git = new InMemoryGitRepository();
  readonly planes: InMemoryDataPlanes;
  readonly underway: Underway;
  readonly store: WatchedStore;
  /** What each commit of the default branch says. */
  readonly specs = new Map<CommitSha, FleetSpec>();
  readonly history: FleetSpec[] = [];
  /** The hook of the process that runs: the code host has only one. */
  onHostCall: OnCall = () => undefined;
  readonly repository: InMemoryRepository;
  #spec: FleetSpec;
  /** Clusters that are there: they are never deleted. */
  readonly #known = new Set<ClusterId>();

  constructor(
    spec: FleetSpec,
    seed: string,
    random: Random,
    watcher: PlanesWatcher & StoreWatcher,
    faults: () => Faults,
    isPlain: (cluster: ClusterId) => boolean,
  ) {
    this.#spec = spec;
    this.planes = new InMemoryDataPlanes({ clock: this.clocks.world, seed });
    this.underway = new Underway({ planes: this.planes, clocks: this.clocks, random, watcher, faults, isPlain });
    this.store = new WatchedStore(watcher, this.clocks);
    this.repository = new InMemoryRepository({
      installation: 7,
      owner: 'acme',
      name: 'clusters',
      defaultBranch: 'main',
      cloneUrl: 'https://git.example/acme/clusters.git',
    });
    for (const login of ['lead', 'second', 'third']) this.repository.setRole(login, 'maintain');
    const first = this.git.commit(manifestsOf(spec), { message: 'the first manifests' });
    this.repository.setBehindCommit(first, { logins: ['author'], whyNotAll: undefined });
    this.#remember(first, spec);
  }

  /** The newest on the default branch, whether or not anybody has looked. */
  get spec(): FleetSpec {
    return this.#spec;
  }

  portsFor(onCall: OnCall): Ports {
    const quiet = { debug: silent, info: silent, warn: silent, error: silent };
    const source = new InMemoryManifestSource(this.git, onCall);
    const host = hookedHost(this.repository, onCall);
    return {
      clock: this.clocks.bot,
      log: quiet,
      store: hooked(this.store, onCall),
      app: new InMemoryCodeHostApp([this.repository], onCall),
      parsed: parsedFiles(this.git),
      parser: inMemoryManifestParser,
      source: () => source,
      host: () => host,
      dataPlane: (_fleet, { name }) => this.underway.port(name, onCall),
    };
  }

  /** Merges without a pull request, or by one. @returns the number of the pull request, which may conflict and then is none. */
  push(next: FleetSpec, title: string): void {
    const sha = this.git.commit(editsBetween(this.#spec, next), { message: title, author: 'author' });
    this.repository.setBehindCommit(sha, { logins: ['author'], whyNotAll: undefined });
    this.#remember(sha, next);
  }

  open(next: FleetSpec, title: string): number {
    const number = this.repository.openPull({ headSha: trusted.commit('0'.repeat(40)), author: 'author', title });
    const base = this.git.head();
    const headSha = this.git.commit(editsBetween(this.#spec, next), {
      ref: `refs/pull/${number}/head`,
      from: base ?? null,
      message: title,
      author: 'author',
    });
    this.repository.changePull(number, { headSha });
    return number;
  }

  /** The merge button: false when it is grey. */
  merge(number: number, headSha: CommitSha, next: FleetSpec, title: string): boolean {
    const base = this.git.head();
    if (base === undefined || this.git.mergeTree(base, headSha).kind === 'conflict') return false;
    const sha = this.git.merge(headSha, { message: title, author: 'author', squash: true });
    this.repository.mergePull(number, sha);
    this.#remember(sha, next);
    return true;
  }

  /** What is really there; `undefined`: nothing. */
  truth(cluster: ClusterId): SentObserved | undefined {
    if (!this.#known.has(cluster) && !this.exists(cluster)) return undefined;
    this.#known.add(cluster);
    return this.planes.inspect(cluster);
  }

  exists(cluster: ClusterId): boolean {
    return this.#known.has(cluster) || this.planes.clusters().some((one) => one.cluster === cluster);
  }

  #remember(sha: CommitSha, spec: FleetSpec): void {
    this.history.push(this.#spec);
    this.#spec = spec;
    this.specs.set(sha, spec);
  }
}

const silent = (): void => undefined;

/** The code host as one process reaches it. */
function hookedHost(repository: InMemoryRepository, onCall: OnCall): InMemoryRepository {
  return new Proxy(repository, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]) => called(onCall, `code-host.${String(name)}`, () => Reflect.apply(value, target, given));
    },
  });
}
