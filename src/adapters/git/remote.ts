import { GitPluginError, type SimpleGit, simpleGit } from 'simple-git';
import { PortError } from '../../ports/port-error.ts';
import { type GitPlace, gitEnvironment, tellable } from './git-environment.ts';
import { GitFailed } from './git-process.ts';

export interface RemoteOptions {
  readonly cloneUrl: string;
  /** A fresh token for each conversation; `undefined` for a remote that asks for none. */
  readonly token: () => Promise<string | undefined>;
  /** A remote that says nothing for this long is given up. */
  readonly silenceMsMax: number;
  /** A conversation that takes longer than this in all is given up, however much it says. */
  readonly conversationMsMax: number;
}

const FETCH = [
  'fetch',
  // Not quiet: simple-git waits 50 ms longer for a command that printed nothing.
  '--verbose',
  '--atomic',
  ...['--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--no-auto-maintenance', '--no-show-forced-updates'],
];

/** Git is killed when its HTTP helper should have given up by now: curl measures speed over the last five seconds. */
const KILL_AFTER_MS = 8_000;
const HELPER_MS = 500;

/** Conversations with the watched repository's server, through simple-git. Everything thrown is a PortError. */
export class Remote {
  readonly #options: RemoteOptions;

  constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /** Makes an empty bare repository at the place. */
  async init(place: GitPlace): Promise<void> {
    // An empty template: no sample hooks, and none of the machine's either.
    await this.#talk(place, 'init', undefined, (git) => git.init(true, ['--template=']));
  }

  async fetch(place: GitPlace, refspecs: readonly string[]): Promise<void> {
    const token = await this.#options.token();
    await this.#talk(place, 'fetch', token, (git) => git.raw([...FETCH, this.#options.cloneUrl, ...refspecs]));
  }

  /** Which of these full ref names the remote has. */
  async existing(place: GitPlace, refs: readonly string[]): Promise<ReadonlySet<string>> {
    const token = await this.#options.token();
    const listing = await this.#talk(place, 'ls-remote', token, (git) => git.listRemote([this.#options.cloneUrl, ...refs]));
    return new Set(listing.split('\n').map((line) => line.split('\t')[1] ?? ''));
  }

  async #talk<T>(place: GitPlace, operation: string, token: string | undefined, task: (git: SimpleGit) => Promise<T>): Promise<T> {
    const { silenceMsMax, conversationMsMax } = this.#options;
    const silenceS = Math.ceil(silenceMsMax / 1_000);
    const environment = gitEnvironment(place, { token, silenceS });
    const git = simpleGit({
      baseDir: place.home,
      timeout: { block: silenceS * 1_000 + KILL_AFTER_MS },
      abort: AbortSignal.timeout(conversationMsMax),
      // A killed git leaves its HTTP helper behind, which keeps the pipes open until it gives up by itself.
      completion: { onClose: true, onExit: HELPER_MS },
      allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
      // The settings below are ours, written in this folder; nothing that a repository or a user says reaches them.
      unsafe: { allowUnsafeConfigEnvCount: true, allowUnsafeConfigPaths: true, allowUnsafeTemplateDir: true },
    }).env({ ...environment });
    const startedAt = performance.now();
    try {
      return await task(git);
    } catch (error) {
      const said = error instanceof Error ? tellable(error.message, token) : 'git gave no reason';
      const killed = error instanceof GitPluginError && (error.plugin === 'timeout' || error.plugin === 'abort');
      const gaveUp = killed || performance.now() - startedAt >= silenceMsMax;
      const message = gaveUp
        ? `the git server did not answer in time (${silenceMsMax / 1_000} s of silence, ${conversationMsMax / 1_000} s in all); it is asked again later`
        : `git ${operation} failed: ${said}; check that the server is up and that the app may read the repository's contents`;
      // The cause is made anew: the error of simple-git holds the output as it came.
      const cause = new GitFailed(gaveUp ? 'timeout' : 'exit', said);
      throw new PortError({ port: 'manifest-source', operation, retry: { kind: 'retry-later' }, message }, { cause });
    }
  }
}

/** @throws PortError for an address that git must not be given. */
export function checkCloneUrl(cloneUrl: string, allowFile: boolean): void {
  const url = URL.canParse(cloneUrl) ? new URL(cloneUrl) : undefined;
  const protocols = allowFile ? ['https:', 'http:', 'file:'] : ['https:', 'http:'];
  if (url !== undefined && protocols.includes(url.protocol) && url.username === '' && url.password === '') return;
  throw new PortError({
    port: 'manifest-source',
    operation: 'open',
    retry: { kind: 'needs-human' },
    message: 'the clone address must be an http or https address without a user or password in it; correct it in the configuration',
  });
}
