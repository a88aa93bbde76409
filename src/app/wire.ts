import { join } from 'node:path';
import type { Probot } from 'probot';
import { ManifestSourceGit } from '../adapters/git/manifest-source-git.ts';
import { CodeHostAppGitHub } from '../adapters/github/code-host-app-github.ts';
import { CodeHostGitHub } from '../adapters/github/code-host-github.ts';
import type { Memory } from '../loop/memory.ts';
import type { Clock } from '../ports/clock.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { DataPlane } from '../ports/data-plane.ts';
import type { Log } from '../ports/log.ts';
import type { ManifestParser } from '../ports/manifest-parser.ts';
import type { ManifestSource } from '../ports/manifest-source.ts';
import type { ParseCache, Ports } from '../ports/ports.ts';
import type { FleetRecord, StateStore } from '../ports/state-store.ts';
import type { AppConfig, GitHubConfig } from './config.ts';
import { type FleetNames, type Holds, leasedDataPlane } from './leased-writes.ts';
import { openDataPlane } from './open-data-plane.ts';
import { workloadLookup } from './workload-lookup.ts';

export interface WireOptions {
  readonly config: AppConfig;
  readonly github: GitHubConfig;
  readonly probot: Probot;
  readonly store: StateStore;
  readonly parsed: ParseCache;
  readonly parser: ManifestParser;
  readonly memory: Memory;
  readonly holds: Holds;
  readonly names: FleetNames;
  readonly clock: Clock;
  readonly log: Log;
}

/** Binds every port to its adapter. One instance for each repository and each data plane, made when first asked for. */
export function wirePorts({ config, github, probot, store, parsed, parser, memory, holds, names, clock, log }: WireOptions): Ports {
  const app = new CodeHostAppGitHub((installation) => probot.auth(installation));
  const hosts = remembered((fleet: FleetRecord): CodeHost => {
    names.note(fleet);
    return new CodeHostGitHub({
      octokit: () => probot.auth(fleet.installation),
      owner: fleet.owner,
      repo: fleet.name,
      appId: /^\d+$/.test(github.appId) ? Number(github.appId) : undefined,
      login: () => app.login(),
    });
  });
  const sources = remembered(
    (fleet: FleetRecord): ManifestSource =>
      new ManifestSourceGit({
        fleet: fleet.id,
        cloneUrl: fleet.cloneUrl,
        defaultBranch: fleet.defaultBranch,
        folder: join(config.home, 'mirrors'),
        token: () => hosts(fleet).gitToken(),
      }),
  );
  const dataPlanes = new Map<string, DataPlane>();
  return {
    clock,
    log,
    store,
    parsed,
    parser,
    app,
    host: hosts,
    source: sources,
    dataPlane: (fleet, described) => {
      const key = `${fleet.id} ${described.name} ${described.kind} ${described.urlFromEnv ?? ''} ${described.context ?? ''}`;
      const known = dataPlanes.get(key);
      if (known !== undefined) return known;
      const openedFor = { fleet: fleet.id, workloads: workloadLookup(memory, store, fleet.id, described.name) };
      const opened = openDataPlane(described, config.environment, clock, openedFor);
      const made = leasedDataPlane(opened, () => holds(fleet.id));
      dataPlanes.set(key, made);
      return made;
    },
  };
}

/** One instance for each repository, and a new one when its address or installation changes. */
function remembered<T>(make: (fleet: FleetRecord) => T): (fleet: FleetRecord) => T {
  const made = new Map<string, { readonly key: string; readonly value: T }>();
  return (fleet) => {
    const key = `${fleet.installation} ${fleet.owner}/${fleet.name} ${fleet.cloneUrl} ${fleet.defaultBranch}`;
    const known = made.get(fleet.id);
    if (known?.key === key) return known.value;
    const value = make(fleet);
    made.set(fleet.id, { key, value });
    return value;
  };
}
