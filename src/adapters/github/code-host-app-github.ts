import type { CodeHostApp, InstalledRepository } from '../../ports/code-host.ts';
import { collectPages, type GitHubClient, PER_PAGE } from './client.ts';
import { asPortError } from './github-errors.ts';

const INSTALLATION_PAGES_MAX = 100;
const REPOSITORY_PAGES_MAX = 100;

/** The app on GitHub, with all its installations. */
export class CodeHostAppGitHub implements CodeHostApp {
  readonly #octokit: (installation?: number) => Promise<GitHubClient>;

  /** @param octokit - authenticated as the app, or as one of its installations: `(installation) => probot.auth(installation)`. */
  constructor(octokit: (installation?: number) => Promise<GitHubClient>) {
    this.#octokit = octokit;
  }

  async repositories(): Promise<readonly InstalledRepository[]> {
    try {
      const app = await this.#octokit();
      const pages = app.paginate.iterator(app.rest.apps.listInstallations, { per_page: PER_PAGE });
      const installations = await collectPages(pages, INSTALLATION_PAGES_MAX);
      const repositories: InstalledRepository[] = [];
      for (const { id, suspended_at } of installations) {
        if (suspended_at === null || suspended_at === undefined) repositories.push(...(await this.#repositoriesOf(id)));
      }
      return repositories;
    } catch (error) {
      throw asPortError('repositories', error);
    }
  }

  async #repositoriesOf(installation: number): Promise<readonly InstalledRepository[]> {
    const client = await this.#octokit(installation);
    const pages = client.paginate.iterator(client.rest.apps.listReposAccessibleToInstallation, { per_page: PER_PAGE });
    const found = await collectPages(pages, REPOSITORY_PAGES_MAX);
    return (
      found
        // Nothing can be written to them, so nothing could be reported.
        .filter((repository) => !repository.archived && !repository.disabled)
        .map((repository) => ({
          installation,
          owner: repository.owner.login,
          name: repository.name,
          defaultBranch: repository.default_branch,
          cloneUrl: repository.clone_url,
        }))
    );
  }
}
